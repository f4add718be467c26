"""The socket, and what stands between it and every route: limits, headers, errors, the OpenAPI document."""
