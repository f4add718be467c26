"""Live feeds: server-sent events and WebSockets over one source of news and figures."""
