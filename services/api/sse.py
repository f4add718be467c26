"""Server-sent events: one hub that everybody listens to, and the response that feeds one listener.

A listener holds no queue. It waits for the hub's newest event, so memory does not grow with the number of
events missed; one that cannot take an event within `SEND_TIMEOUT_SECONDS` is dropped and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import ClassVar

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from services.api.metrics import LISTENERS, LISTENERS_DROPPED, LISTENERS_REFUSED
from services.api.problem import ProblemError

# Each costs a socket and a task; browsers beyond this get 503 and keep reading the plain endpoints.
MAX_LISTENERS = 1000

# The socket's buffers hold many events: whoever has not drained them by now is not reading.
SEND_TIMEOUT_SECONDS = 10.0


def sse_event(data: bytes) -> bytes:
    """One event, as NOMP frames it; `data` must be one line (JSON is)."""
    return b"data: " + data + b"\n\n"


class EventHub:
    """The newest event and those who wait for the next."""

    def __init__(self, limit: int = MAX_LISTENERS) -> None:
        self._limit = limit
        self._listeners = 0
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
        """How many listen now."""
        return self._listeners

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Count a listener while it listens."""
        self._take(+1)
        try:
            yield
        finally:
            self._take(-1)

    def refuse_when_full(self) -> None:
        """Raise a 503 problem when no more listeners are taken."""
        if self._listeners >= self._limit:
            LISTENERS_REFUSED.inc()
            raise ProblemError(503, "too many listeners", "poll /api/stats instead")

    def _take(self, seats: int) -> None:
        self._listeners += seats
        LISTENERS.set(self._listeners)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class EventStream(StreamingResponse):
    """A listener's response: the hub's events until either side leaves or the listener is too slow."""

    # no-store: a cache would keep the stream; X-Accel-Buffering: nginx would hold events back
    HEADERS: ClassVar = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

    def __init__(self, hub: EventHub, *, send_timeout_seconds: float = SEND_TIMEOUT_SECONDS) -> None:
        hub.refuse_when_full()
        super().__init__(hub.events(), headers=self.HEADERS, media_type="text/event-stream")
        self._hub = hub
        self._send_timeout_seconds = send_timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream. A send blocks while the socket's buffer is full, which ends in the time-out."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(self._send_timeout_seconds):
                await send(message)

        with self._hub.seat():
            try:
                await super().__call__(scope, receive, send_in_time)
            except TimeoutError:
                LISTENERS_DROPPED.inc()
