"""News of blocks over ZMQ: a daemon publishes the hash of each new tip (its `zmqpubhashblock`)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

from nompcore.encoding import HASH_SIZE
from nompcore.errors import EncodingError
from nompcore.patience import Patience
from services.jobmaker.news_metrics import ZMQ_CONNECTED, ZMQ_CONNECTS, ZMQ_GAPS, ZMQ_MALFORMED

log = logging.getLogger(__name__)

TOPIC = b"hashblock"
SEQUENCE_BYTES = 4

MAX_MESSAGE_BYTES = 1024
"""A publisher that sends longer parts than any of a hashblock is none of ours: ZMQ hangs up on it."""

FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS = 0.1, 5.0

HEARTBEAT_SECONDS = 10.0
"""A daemon that is gone without closing the connection is noticed after twice or three times as long."""

_ENDED = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_WATCHED = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_CONNECT_RETRIED | _ENDED


@dataclass(frozen=True, slots=True)
class HashBlock:
    """A new tip; `sequence` counts the daemon's messages of this topic since its start, modulo 2^32."""

    hash_display: str
    sequence: int


def parse_hashblock(parts: Sequence[bytes]) -> HashBlock:
    """A message of the topic. Raises EncodingError. Daemons publish hashes as people write them."""
    if len(parts) != 3 or parts[0] != TOPIC:
        raise EncodingError(f"{len(parts)} parts that are no hashblock")
    _, block_hash, sequence = parts
    if len(block_hash) != HASH_SIZE or len(sequence) != SEQUENCE_BYTES:
        raise EncodingError(f"a hash of {len(block_hash)} and a sequence of {len(sequence)} bytes")
    return HashBlock(block_hash.hex(), int.from_bytes(sequence, "little"))


def is_gap(before: int | None, sequence: int) -> bool:
    """Whether messages are missing between two; a smaller number is a daemon that was started anew."""
    return before is not None and sequence > before + 1


class ZmqNews:
    """One daemon's publisher, connected to again and again.

    ZMQ repeats what is refused, but gives up for good where the other side breaks its protocol: so each
    connection has a socket of its own.

    `on_block` is called with the hash, as people write it, of each block that the daemon announces;
    `on_missed` when others may have come unheard: after a gap, and when the daemon is connected again.
    """

    def __init__(
        self,
        pool_name: str,
        daemon_name: str,
        url: str,
        on_block: Callable[[str], None],
        *,
        on_missed: Callable[[], None],
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._facts = {"daemon": daemon_name, "url": url}
        self._url = url
        self._on_block = on_block
        self._on_missed = on_missed
        self._heartbeat_ms = _ms(heartbeat_seconds)
        self._sequence: int | None = None  # of the last message
        self._is_connected: bool | None = None  # None: nothing came of the first try yet
        self._connected_at: float | None = None  # this connection, on the loop's clock
        self._was_connected = False  # ever
        self._connected = ZMQ_CONNECTED.labels(pool_name, daemon_name)
        self._connects = ZMQ_CONNECTS.labels(pool_name, daemon_name)
        self._malformed = ZMQ_MALFORMED.labels(pool_name, daemon_name)
        self._gaps = ZMQ_GAPS.labels(pool_name, daemon_name)

    async def run(self) -> None:
        """Listen for ever. Raises ZMQError for a URL that ZMQ does not understand."""
        self._connected.set(0)
        patience = Patience(FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS)
        try:
            with zmq.asyncio.Context() as context:
                while True:
                    self._connected_at = None
                    await self._connect(context)
                    if self._lasted():
                        patience.reset()
                    await patience.wait()
        finally:
            self._connected.set(0)

    async def _connect(self, context: zmq.asyncio.Context) -> None:
        """One connection, however long it takes to be made, until it ends."""
        with context.socket(zmq.SUB) as subscriber:
            self._set_options(subscriber)
            with subscriber.get_monitor_socket(_WATCHED) as monitor:
                subscriber.connect(self._url)
                await self._listen(subscriber, monitor)
            with contextlib.suppress(zmq.Again):
                while True:  # what came before the end
                    self._take(await subscriber.recv_multipart(zmq.NOBLOCK))

    async def _listen(self, subscriber: zmq.asyncio.Socket, monitor: zmq.asyncio.Socket) -> None:
        poller = zmq.asyncio.Poller()
        poller.register(monitor, zmq.POLLIN)
        poller.register(subscriber, zmq.POLLIN)
        while True:
            ready = dict(await poller.poll())
            if monitor in ready:
                event = parse_monitor_message(await monitor.recv_multipart())["event"]
                self._become(event == zmq.EVENT_HANDSHAKE_SUCCEEDED)
                if event & _ENDED:
                    return
            if subscriber in ready:
                self._take(await subscriber.recv_multipart())

    def _set_options(self, subscriber: zmq.asyncio.Socket) -> None:
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES),
            (zmq.RECONNECT_IVL, _ms(FIRST_RETRY_SECONDS)),
            (zmq.RECONNECT_IVL_MAX, _ms(RETRY_CAP_SECONDS)),
            (zmq.HEARTBEAT_IVL, self._heartbeat_ms),
            (zmq.HEARTBEAT_TIMEOUT, 2 * self._heartbeat_ms),
            (zmq.TCP_KEEPALIVE, 1),
            # With it on, "localhost" would only be ::1, where few daemons publish.
            (zmq.IPV6, int("[" in self._url)),
        ):
            subscriber.setsockopt(option, value)
        subscriber.subscribe(TOPIC)

    def _become(self, is_connected: bool) -> None:
        if is_connected == self._is_connected:
            return
        self._is_connected = is_connected
        self._connected.set(is_connected)
        if not is_connected:
            log.warning("no block news over ZMQ", extra=self._facts)
            return
        self._connected_at = asyncio.get_running_loop().time()
        self._connects.inc()
        log.info("block news over ZMQ", extra=self._facts)
        if self._was_connected:
            self._on_missed()
        self._was_connected = True

    def _lasted(self) -> bool:
        """Whether the connection was one: a publisher that hangs up at once is not hurried after."""
        since = self._connected_at
        return since is not None and asyncio.get_running_loop().time() - since >= RETRY_CAP_SECONDS

    def _take(self, parts: Sequence[bytes]) -> None:
        try:
            block = parse_hashblock(parts)
        except EncodingError:
            self._malformed.inc()
            return
        if is_gap(self._sequence, block.sequence):
            self._gaps.inc()
            self._on_missed()
        self._sequence = block.sequence
        self._on_block(block.hash_display)


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
