"""The JSON-RPC of simcoind: one module for each area of calls, `table` brings them together."""
