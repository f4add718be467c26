"""The connection to NATS: made with patience, remade for ever, its errors in our words."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from random import SystemRandom
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client, Server
from nats.js import JetStreamContext

from nompcore import metrics
from nompcore.errors import BusError, BusUnavailable
from nompcore.logs import without_credentials

log = logging.getLogger(__name__)

API_TIMEOUT_SECONDS = 5.0
"""For requests to JetStream and for the write of a full send buffer."""

PING_SECONDS, PINGS_MISSED = 5, 2
"""A server that is gone without closing the connection is noticed after 10 to 15 s."""

RECONNECT_SECONDS = (0.1, 0.5)
"""Range of the wait before each try: short, as shares wait; spread, as all services come at once."""

PENDING_BYTES = 8 * 1024 * 1024
"""Unsent bytes above which senders wait: one message of the largest size."""

DRAIN_SECONDS = 10

_UNAVAILABLE = (
    TimeoutError,
    nats.errors.NoRespondersError,
    nats.errors.ConnectionClosedError,
    nats.errors.ConnectionDrainingError,
    nats.errors.ConnectionReconnectingError,
    nats.errors.OutboundBufferLimitError,
    nats.js.errors.NoStreamResponseError,
    nats.js.errors.ServiceUnavailableError,
    nats.js.errors.ServerError,
    nats.js.errors.NotFoundError,  # of a stream or consumer: `ensure` or its owner makes it (again)
)


@contextlib.contextmanager
def bus_errors(what: str) -> Iterator[None]:
    """Raises the NATS client's errors as BusUnavailable (worth repeating) or BusError, saying what failed."""
    try:
        yield
    except _UNAVAILABLE as error:
        raise BusUnavailable(f"{what}: {_text(error)}") from error
    except nats.errors.Error as error:
        raise BusError(f"{what}: {_text(error)}") from error


@contextlib.contextmanager
def _cancellation_kept() -> Iterator[None]:
    """Around calls of the NATS client: who was cancelled meanwhile ends, also where an answer came too.

    `asyncio.wait_for` of Python 3.11, on which the client waits, then gives the answer and swallows the
    cancellation (bpo-37658); a task that should end went on for ever.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    yield
    if task and task.cancelling() > before:
        raise asyncio.CancelledError


def _text(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error).removeprefix("nats: ") or type(error).__name__


class Link:
    """One connection of one process. `nc` and `js` are the NATS client's own."""

    def __init__(self, service: str, replica: str) -> None:
        self.service = service
        self.replica = replica
        self.nc = Client()
        self.js: JetStreamContext = self.nc.jetstream(timeout=API_TIMEOUT_SECONDS)
        self.on_lost: set[Callable[[], None]] = set()  # called at once when the connection is lost
        self.on_regained: list[Callable[[], Awaitable[None]]] = []  # awaited in order after it is remade
        self._closed = asyncio.Event()
        self._closing = False
        self._last_failure = ""
        self._in_flight: set[asyncio.Timeout] = set()
        self._random = SystemRandom()

    async def connect(self, url: str) -> None:
        """Returns when connected, however long that takes. `url` may be several, separated by commas."""
        log.info("connecting to NATS", extra={"url": without_credentials(url)})
        await self.nc.connect(
            url.split(","),
            name=f"{self.service}/{self.replica}",
            inbox_prefix=f"_INBOX_{self.service}",
            error_cb=self._failed,
            disconnected_cb=self._lost,
            reconnected_cb=self._regained,
            closed_cb=self._ended,
            reconnect_to_server_handler=self._next_server,
            reconnect_time_wait=1,
            max_reconnect_attempts=-1,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=PINGS_MISSED,
            pending_size=PENDING_BYTES,
            flush_timeout=API_TIMEOUT_SECONDS,
            drain_timeout=DRAIN_SECONDS,
        )
        metrics.BUS_CONNECTED.set(1)
        log.info("connected to NATS")

    @property
    def connected(self) -> bool:
        """Whether a message sent now would go out now."""
        return self.nc.is_connected

    @contextlib.asynccontextmanager
    async def exchange(self, what: str, timeout_seconds: float = API_TIMEOUT_SECONDS) -> AsyncIterator[None]:
        """Around sending something and awaiting the answer. Raises BusUnavailable or BusError, saying `what`.

        Not connected is an error at once, since the client would keep the message and send it late. When the
        connection is lost the answer is lost with it: that is an error then, not at the timeout.
        """
        if not self.nc.is_connected:
            raise BusUnavailable(f"{what}: not connected to NATS")
        with bus_errors(what):
            async with asyncio.timeout(timeout_seconds) as deadline:
                self._in_flight.add(deadline)
                try:
                    with _cancellation_kept():
                        yield
                finally:
                    self._in_flight.discard(deadline)

    async def settle(self) -> None:
        """Returns when the server has taken note of new subscriptions: what is sent from now on reaches them.

        Should the connection be lost meanwhile, they are made anew with the next one.
        """
        with contextlib.suppress(BusUnavailable):
            async with self.exchange("settle"):
                await self.nc.flush()  # its ping overtakes what the client has not written yet, …
                await self.nc.flush()  # … which is written by the answer: this one comes after it

    async def watch(self) -> None:
        """Returns after `close`; raises BusError when the client gave the connection up for good."""
        await self._closed.wait()
        if not self._closing:
            raise BusError("the connection to NATS is closed for good")

    async def close(self) -> None:
        """Finishes what was received, sends what is unsent, and disconnects."""
        self._closing = True
        try:
            await self.nc.drain()
        except (nats.errors.Error, TimeoutError) as error:
            # not connected: there is nothing to drain and nobody to send to
            log.warning("left NATS without draining", extra={"reason": _text(error)})
            await self.nc.close()

    def _next_server(self, servers: list[Server], _info: dict[str, Any]) -> tuple[Server | None, float]:
        return self._random.choice(servers), self._random.uniform(*RECONNECT_SECONDS)

    async def _failed(self, error: Exception) -> None:
        kind, reason = type(error).__name__, _text(error)
        metrics.BUS_ERRORS.labels(kind).inc()
        # an absent server is the same error several times a second
        level = logging.DEBUG if reason == self._last_failure else logging.WARNING
        self._last_failure = reason
        log.log(level, "NATS client error", extra={"kind": kind, "reason": reason})

    async def _lost(self) -> None:
        metrics.BUS_CONNECTED.set(0)
        if not self._closing:
            log.warning("connection to NATS lost")
        for deadline in self._in_flight:
            if not deadline.expired():
                deadline.reschedule(0)
        for callback in tuple(self.on_lost):
            callback()

    async def _regained(self) -> None:
        metrics.BUS_CONNECTED.set(1)
        metrics.BUS_RECONNECTS.inc()
        self._last_failure = ""
        log.info("connected to NATS again")
        for callback in tuple(self.on_regained):
            try:
                await callback()
            except Exception:  # raised into the client, it would end or restart the reconnection
                metrics.BUS_ERRORS.labels("on-reconnect").inc()
                log.exception("a callback after the reconnection failed")

    async def _ended(self) -> None:
        self._closed.set()
