"""Server-sent events: one hub that everybody listens to, and the response that feeds one listener.

A listener holds no queue. It waits for the hub's newest event, so memory does not grow with the number of
events missed; one that cannot take an event within `SEND_TIMEOUT_SECONDS` is dropped and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import ClassVar

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.api.feeds.seats import MAX_LISTENERS, Seats
from services.api.serving.rate_limit import SENDER
from services.api.serving.request_metrics import CONNECTION
from services.api.state.metrics import LISTENERS_DROPPED

# The socket's buffers hold many events: whoever has not drained them by now is not reading.
SEND_TIMEOUT_SECONDS = 10.0


def sse_event(data: bytes) -> bytes:
    """One event, as NOMP frames it; `data` must be one line (JSON is)."""
    return b"data: " + data + b"\n\n"


class EventHub:
    """The newest event and those who wait for the next."""

    def __init__(self, limit: int = MAX_LISTENERS) -> None:
        self.seats = Seats(limit)
        self._sequence = 0
        self._event = b""
        self._closed = False
        self._changed = asyncio.Event()

    def publish(self, event: bytes) -> None:
        """Replace the newest event and wake everybody."""
        self._event = event
        self._sequence += 1
        self._wake()

    def close(self) -> None:
        """End every stream; later listeners end at once."""
        self._closed = True
        self._wake()

    async def events(self) -> AsyncIterator[bytes]:
        """A bare newline at once, as NOMP sends it, then every new event until the hub closes."""
        sequence = self._sequence
        yield b"\n"
        while not self._closed:
            if self._sequence == sequence:
                await self._changed.wait()
            else:
                sequence = self._sequence
                yield self._event

    @property
    def listeners(self) -> int:
        """How many listen now, to this and to all other feeds."""
        return self.seats.taken

    def seat(self, sender: str = "") -> AbstractContextManager[None]:
        """Count a listener while it listens."""
        return self.seats.seat(sender)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class EventStream(StreamingResponse):
    """A listener's response: events until either side leaves or the listener is too slow."""

    media_type = "text/event-stream"

    # no-store: a cache would keep the stream; X-Accel-Buffering: nginx would hold events back
    HEADERS: ClassVar = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

    def __init__(
        self,
        hub: EventHub,
        *,
        events: AsyncIterator[bytes] | None = None,
        send_timeout_seconds: float = SEND_TIMEOUT_SECONDS,
    ) -> None:
        """Streams the hub's events, or those given; a listener in either case."""
        hub.seats.refuse_when_full()
        super().__init__(events or hub.events(), headers=self.HEADERS)
        self._hub = hub
        self._send_timeout_seconds = send_timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until either side leaves."""
        sender = scope.get(SENDER, "")
        self._hub.seats.refuse_when_full(sender)
        with self._hub.seat(sender):
            try:
                async with asyncio.timeout(None) as presence:
                    leaving = asyncio.create_task(self._end_when_left(receive, presence))
                    try:
                        # All that stands between is about the head: an event goes straight to the connection.
                        await self._stream(send, scope.get(CONNECTION, send))
                    finally:
                        leaving.cancel()
            except TimeoutError:
                if not presence.expired():
                    raise

    async def _end_when_left(self, receive: Receive, presence: asyncio.Timeout) -> None:
        await self.listen_for_disconnect(receive)
        presence.reschedule(asyncio.get_running_loop().time())

    async def _stream(self, send: Send, send_event: Send) -> None:
        """A send blocks while the socket's buffer is full, which ends in the time-out."""
        head = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        try:
            async with asyncio.timeout(self._send_timeout_seconds):
                await send(head)
            async for event in self.body_iterator:
                async with asyncio.timeout(self._send_timeout_seconds):
                    await send_event({"type": "http.response.body", "body": event, "more_body": True})
            await send_event({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            LISTENERS_DROPPED.inc()
