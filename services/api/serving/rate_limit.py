"""Answers 429 to whoever asks too often."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.serving.client_address import TrustedProxies, client_group
from services.api.serving.problem import too_many_requests
from services.api.serving.token_buckets import TokenBuckets
from services.api.state.metrics import CLIENTS_FORGOTTEN, RATE_LIMITED

SENDER = "nomp_sender"
"""Key in the scope of a request: the group of addresses that it comes from."""

UNLIMITED = ("/health", "/static/")
"""What load balancers ask, and files that cost nothing: a page loads several at once."""


class Gate:
    """Who may ask, and how often. A rate of 0 is no limit."""

    def __init__(
        self,
        rate: float = 0,
        burst: int = 1,
        proxies: TrustedProxies | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._buckets = TokenBuckets(rate, burst) if rate else None
        self._proxies = proxies or TrustedProxies(())
        self._clock = clock

    def wait_seconds(self, scope: Scope) -> float:
        """0.0 for a request that is let through, else how long its sender has to wait."""
        if self._buckets is None or scope["path"].startswith(UNLIMITED):
            return 0.0
        forgotten = self._buckets.forgotten
        wait_seconds = self._buckets.take(scope.get(SENDER) or self.sender_of(scope), self._clock())
        CLIENTS_FORGOTTEN.inc(self._buckets.forgotten - forgotten)
        return wait_seconds

    def sender_of(self, scope: Scope) -> str:
        """The group of addresses that a request comes from."""
        peer = scope["client"][0] if scope.get("client") else ""
        forwarded = Headers(scope=scope).getlist("x-forwarded-for")
        return client_group(self._proxies.client_of(peer, forwarded))


class RateLimit:
    """Stands before everything that costs something, WebSockets too."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope[SENDER] = self._gate.sender_of(scope)
        wait_seconds = self._gate.wait_seconds(scope)
        if not wait_seconds:
            await self._app(scope, receive, send)
            return
        RATE_LIMITED.inc()
        await too_many_requests(math.ceil(wait_seconds))(scope, receive, send)
