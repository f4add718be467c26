"""The versioned interface below `/api/v1`: `router` is all of it."""
