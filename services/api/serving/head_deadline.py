"""Limits of what a client may keep waiting: uvicorn has none for heads, and none for pipelined requests."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# A browser sends its request with the connection or opens it in reserve; a reserve can be opened again.
HEAD_SECONDS = 10.0

# Proxies take 8 or 16 KiB; a part of a head that has come at once may be longer, and is not kept.
MAX_HEAD_BYTES = 65_536

# Browsers do not pipeline. Each waiting request is some KiB that cost their sender twenty bytes.
MAX_PIPELINED = 16


class HeadDeadlineProtocol(HttpToolsProtocol):
    """HTTP/1.1 that closes a connection whose next request head is not complete in time, or too long."""

    head_seconds = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Parts of a head do not prolong its time; a complete one ends it."""
        super().data_received(data)
        if self._is_upgraded:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
            return
        self._await_head()
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """A head is complete. Raises ValueError, which the parser turns into 400, for one too many."""
        self._head_bytes = 0
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ValueError("too many pipelined requests")
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """From now on another protocol has the connection."""
        self._is_upgraded = True
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody to wait for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.abort()
