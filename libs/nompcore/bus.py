"""Typed messages over NATS; subjects, streams and buckets come from the table in `subjects.py` alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import StreamConfig

from nompcore import metrics
from nompcore import subject_kinds as kinds
from nompcore.bucket import Bucket
from nompcore.errors import BusError, BusUnavailable
from nompcore.jetstream import streams_of, without_age_limit
from nompcore.link import Link, bus_errors
from nompcore.messages import Message
from nompcore.objects import Objects
from nompcore.patience import Patience
from nompcore.rpc import Rpc
from nompcore.stream_reader import BATCH_MESSAGES, LogState, Stored, StreamReader
from nompcore.stream_writer import StreamWriter
from nompcore.wire import decode, encode
from nompcore.work_queue import ACK_WAIT_SECONDS, HANDLERS, WorkQueue

__all__ = ["Bus", "Stored"]

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Message)
Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)

_NAME_IN_USE = 10058
"""JetStream error number: the stream exists with another configuration."""


class Bus:
    """A service's connection to all others. Made by `Bus.connect`, ended by `drain`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._rpc = Rpc(link)
        self._writer = StreamWriter(link)
        link.on_regained.append(self.ensure)

    @classmethod
    async def connect(cls, url: str, *, service: str, replica: str) -> Bus:
        """Tries until connected, and again whenever the connection is lost. The URL has the credentials."""
        link = Link(service, replica)
        await link.connect(url)
        bus = cls(link)
        await bus._rpc.register()
        await bus._writer.open()
        return bus

    @property
    def connected(self) -> bool:
        """Whether NATS is connected now."""
        return self._link.connected

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Awaits `callback` after each reconnection, when the service's streams exist again."""
        self._link.on_regained.append(callback)

    async def watch(self) -> None:
        """Returns after `drain`; raises BusError when the connection is closed for good."""
        await self._link.watch()

    async def drain(self) -> None:
        """Finishes what was received, sends what is unsent, and disconnects."""
        await self._link.close()

    # ---- streams, buckets and stores as the table wants them ----

    async def ensure(self) -> None:
        """Creates the streams, buckets and stores of this service's rows; tries until JetStream answers."""
        for config in streams_of(self._link.service):
            await self._ensure_stream(config)

    async def _ensure_stream(self, config: StreamConfig) -> None:
        patience = Patience()
        while True:
            try:
                async with self._link.exchange(f"create stream {config.name}"):
                    await self._link.js.add_stream(config)
            except BusUnavailable as error:
                if patience.tries == 0:
                    log.info("JetStream is not ready", extra={"stream": config.name, "reason": str(error)})
                await patience.wait()
            except BusError as error:
                if not _is_name_in_use(error):
                    raise
                await self._adapt_stream(str(config.name))
                return
            else:
                return

    async def _adapt_stream(self, name: str) -> None:
        """Lift the age limit of a stream that is to be cut by this service; leave any other as it is.

        The services' users may change no stream, as whoever may could have it copy what it likes: unless this
        connection is an operator's, the server does not answer, and an operator is asked for.
        """
        try:
            async with self._link.exchange(f"look at stream {name}"):
                present = (await self._link.js.stream_info(name)).config
            wanted = without_age_limit(self._link.service, present)
            if wanted is None:
                log.warning("stream exists with another configuration, left as it is", extra={"stream": name})
                return
            metrics.STREAMS_AGEING.labels(name).set(1)
            async with self._link.exchange(f"change stream {name}"):
                await self._link.js.update_stream(wanted)
        except BusError as error:
            log.error(
                "stream forgets by age what may be needed; as an operator: nats stream edit --max-age=0",
                extra={"stream": name, "reason": str(error)},
            )
            return
        metrics.STREAMS_AGEING.labels(name).set(0)
        log.info("stream has no age limit any more", extra={"stream": name})

    # ---- messages ----

    async def publish(
        self,
        subject: kinds.Subject[T],
        message: T,
        *,
        pool: str,
        msg_id: str | None = None,
        timeout_seconds: float = 5,
    ) -> int:
        """Stores a message in the subject's stream; returns its sequence once NATS has acknowledged it.

        A `msg_id` already seen within the stream's duplicate window is not stored again and returns the first
        sequence. BusUnavailable means unknown: repeat with the same `msg_id`.
        """
        name = subject.of(pool)
        return await self._writer.publish(name, encode(message), msg_id, timeout_seconds)

    async def send(self, subject: kinds.Subject[T], message: T, *, pool: str, replica: str = "") -> None:
        """Sends a message that may be lost to whoever listens; while not connected it is, and is counted."""
        if not self._link.connected:
            metrics.BUS_DROPPED.labels(subject.pattern).inc()
            return
        name = subject.of(pool, replica)
        with bus_errors(f"send {name}"):
            await self._link.nc.publish(name, encode(message))

    async def subscribe(self, subject: kinds.Subject[T], handler: Callable[[T], Awaitable[None]]) -> None:
        """Each message of all pools, live, to `handler`, one after another: keep it short.

        Sees messages of streams too. What comes while not connected is missed. What is no such message, or
        makes the handler fail, is logged and counted, and the next one handled.
        """

        async def handle(message: Msg) -> None:
            try:
                decoded = decode(subject.message, message.data)
            except BusError as error:
                metrics.BUS_UNDECODABLE.labels(subject.pattern).inc()
                log.warning("undecodable message", extra={"subject": message.subject, "reason": str(error)})
                return
            try:
                await handler(decoded)
            except Exception:  # one failure must not end the subscription
                metrics.BUS_HANDLER_ERRORS.labels(subject.pattern).inc()
                log.exception("message not handled", extra={"subject": message.subject})

        with bus_errors(f"subscribe {subject.wildcard}"):
            await self._link.nc.subscribe(subject.wildcard, cb=handle)
        await self._link.settle()

    async def last(self, subject: kinds.Subject[T], pool: str) -> T | None:
        """The last message of a pool in the subject's stream. Raises BusUnavailable."""
        if subject.stream is None:
            raise ValueError(f"{subject.pattern} is in no stream")
        name = subject.of(pool)
        async with self._link.exchange(f"last {name}"):
            try:
                message = await self._link.js.get_msg(subject.stream.name, subject=name, direct=True)
            except nats.js.errors.NotFoundError:
                return None
        return decode(subject.message, message.data or b"")

    def read(
        self, subject: kinds.Subject[T], pool: str, after_sequence: int
    ) -> AsyncIterator[list[Stored[T]]]:
        """Every message of one pool after a position, in order, in batches, for ever.

        Raises StreamGap when messages of the pool after the position were removed before they were read, and
        StreamReset when the stream is a new one (NATS lost its data): the reader decides what its position
        means then. Position 0 wants what there is. A message that cannot be decoded is counted, logged and
        passed.
        """
        return StreamReader(self._link, subject, pool, after_sequence).batches()

    async def stretch(
        self,
        subject: kinds.Subject[T],
        pool: str,
        after_sequence: int,
        *,
        up_to: int | None = None,
        limit: int = BATCH_MESSAGES,
    ) -> list[Stored[T]]:
        """The messages of one pool that a stream holds now after a position, in order, as far as `up_to`.

        At most `limit` of them, rounded up to what one request brings. Raises StreamGap and StreamReset as
        `read` does; BusUnavailable means unknown.
        """
        return await StreamReader(self._link, subject, pool, after_sequence).stretch(up_to, limit)

    async def log_state(self, subject: kinds.Subject[T], pool: str = "") -> LogState:
        """The stream of a subject as it is now, and how much of it is the pool's. Raises BusUnavailable."""
        if subject.stream is None:
            raise ValueError(f"{subject.pattern} is in no stream")
        name = subject.of(pool) if pool else None
        async with self._link.exchange(f"look at stream {subject.stream.name}"):
            info = await self._link.js.stream_info(subject.stream.name, subjects_filter=name)
        created_ms = int(info.created.timestamp() * 1000) if info.created else 0
        own = (info.state.subjects or {}).get(name, 0) if name else info.state.messages
        return LogState(created_ms, info.state.last_seq, own, info.state.bytes)

    async def cut(self, subject: kinds.Subject[T], pool: str, before_sequence: int) -> None:
        """Removes the pool's messages below a sequence for ever. Repeating it is harmless.

        Only for the service that the table names as the stream's cutter. BusUnavailable means unknown.
        """
        if subject.stream is None or subject.stream.cutter != self._link.service:
            raise ValueError(f"{subject.pattern} is not cut by {self._link.service}")
        if before_sequence <= 1:
            return  # and to the server, no sequence at all would mean everything
        name = subject.of(pool)
        async with self._link.exchange(f"cut {name}"):
            await self._link.js.purge_stream(subject.stream.name, seq=before_sequence, subject=name)

    async def work(
        self,
        subject: kinds.Subject[T],
        durable: str,
        handler: Callable[[T], Awaitable[None]],
        stop: asyncio.Event,
        *,
        ack_wait_seconds: float = ACK_WAIT_SECONDS,
        handlers: int = HANDLERS,
        max_unsettled: int | None = None,
    ) -> None:
        """Each message of all pools to `handler`, at least once, until `stop` is set.

        A message is acknowledged after the handler returns. If it raises, the message comes again, after
        1, 2, 4 … 30 seconds, for ever. Processes of the service that name the same `durable` share the
        messages. Up to `handlers` run at a time, so the order is not kept. A message whose process died comes
        again after `ack_wait_seconds`. So many as `max_unsettled` may be in hand or wait to come again before
        no further ones come; without it 1000, as the server has it.
        """
        await WorkQueue(self._link, subject, durable, handler, ack_wait_seconds, handlers, max_unsettled).run(
            stop
        )

    # ---- requests ----

    async def serve(
        self, endpoint: kinds.Endpoint[Q, R], handler: Callable[[Q], Awaitable[R]],
        pool: str, replica: str = "",
    ) -> None:  # fmt: skip
        """Answers requests about `pool`. A NompError of the handler goes to the client as its text."""
        await self._rpc.serve(endpoint, handler, pool, replica)

    async def request(
        self, endpoint: kinds.Endpoint[Q, R], message: Q,
        *, pool: str, replica: str = "", timeout_seconds: float = 5,
    ) -> R:  # fmt: skip
        """Asks whoever serves `endpoint`. BusUnavailable, at once if nobody does; BusError if refused."""
        place = {"pool": pool, "replica": replica}
        return await self._rpc.request(endpoint, message, **place, timeout_seconds=timeout_seconds)

    # ---- shared state ----

    def bucket(self, row: kinds.Bucket) -> Bucket:
        """A key-value bucket."""
        return Bucket(self._link, row)

    def objects(self, row: kinds.ObjectStore) -> Objects:
        """An object store."""
        return Objects(self._link, row)


def _is_name_in_use(error: BusError) -> bool:
    cause = error.__cause__
    return isinstance(cause, nats.js.errors.APIError) and cause.err_code == _NAME_IN_USE
