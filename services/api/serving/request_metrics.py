"""Counts requests by route, status and time to the response's head."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.state.metrics import REQUEST_SECONDS, REQUESTS

# Paths nobody serves share one label: strangers must not be able to create time series.
UNMATCHED = "unmatched"


CONNECTION = "nomp_connection"
"""Key in the scope of a request: sends straight to its connection, once the head is sent."""


class RequestMetrics:
    """Measures every HTTP request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[CONNECTION] = send
        started = time.monotonic()

        async def send_measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", UNMATCHED)
                REQUESTS.labels(route, str(message["status"])).inc()
                REQUEST_SECONDS.labels(route).observe(time.monotonic() - started)
            await send(message)

        await self._app(scope, receive, send_measured)
