"""Reading a stream in order, from a position the reader keeps: nothing skipped, nothing twice, for ever."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.nuid import NUID

from nompcore import metrics
from nompcore.errors import BusError, BusUnavailable, StreamGap, StreamReset
from nompcore.link import Link
from nompcore.messages import Message
from nompcore.patience import Patience
from nompcore.pull import Pull, PullBroken
from nompcore.subject_kinds import Storage, Stream, Subject
from nompcore.wire import decode

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Message)

BATCH_MESSAGES = 500

READING_MESSAGES = 100
"""Of a reading by who follows a stream: two of them are in memory at once, of up to 500 shares a message."""

INACTIVE_SECONDS = 60
"""After this long without its reader the server forgets the consumer."""

STRETCH_INACTIVE_SECONDS = 5
"""The same for the consumer of one stretch: many of them follow each other."""

MAX_REFUSALS = 3
"""Requests in a row that bring nothing although messages wait: they were removed meanwhile."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A message and its sequence in the stream."""

    sequence: int
    message: T


@dataclass(frozen=True, slots=True)
class LogState:
    """Which stream it is and how far it goes. `created_ms` is another one after NATS lost its data."""

    created_ms: int
    last_sequence: int
    messages: int = 0  # of the pool that was asked about, else of all
    bytes: int = 0  # of all pools' messages


class StreamReader(Generic[T]):
    """Reads the messages of one pool from the stream of `subject`, after `after_sequence`."""

    def __init__(self, link: Link, subject: Subject[T], pool: str, after_sequence: int) -> None:
        if subject.stream is None:
            raise ValueError(f"{subject.pattern} is in no stream")
        self._link = link
        self._subject = subject
        self._stream: Stream = subject.stream
        self._filter = subject.of(pool)
        self._position = after_sequence
        self._created: datetime | None = None  # when the stream read so far was created

    async def batches(self) -> AsyncIterator[list[Stored[T]]]:
        """Batches of at most READING_MESSAGES, for ever; what comes while one is being handled is the next.

        Raises StreamGap or StreamReset, see `_check_position`.
        """
        patience = Patience()
        while True:
            try:
                async with Pull(
                    self._link, self._stream.name, await self._consumer(), READING_MESSAGES
                ) as pull:
                    delivered = 0
                    while True:
                        messages = await pull.next_reading()
                        delivered = require_contiguous(messages, delivered)
                        patience.reset()
                        if batch := self._decoded(messages):
                            yield batch
            except BusUnavailable as error:
                if patience.tries == 0:
                    log.info("reading interrupted", extra={"subject": self._filter, "reason": str(error)})
                await patience.wait()

    async def stretch(self, up_to: int | None, limit: int) -> list[Stored[T]]:
        """What the stream holds now after the position, as far as `up_to`, and no more than about `limit`.

        Raises StreamGap or StreamReset as `batches` does, and BusUnavailable when it cannot be known.
        """
        found: list[Stored[T]] = []
        consumer, delivered = await self._new_consumer(STRETCH_INACTIVE_SECONDS), 0
        wanted, refusals = min(limit, consumer.num_pending or 0), 0
        try:
            async with Pull(self._link, self._stream.name, consumer.name, BATCH_MESSAGES) as pull:
                while delivered < wanted and (up_to is None or self._position < up_to):
                    messages = await pull.next_present()
                    delivered = require_contiguous(messages, delivered)
                    found.extend(self._decoded(messages))
                    refusals = 0 if messages else refusals + 1
                    if refusals == MAX_REFUSALS:
                        raise BusUnavailable(f"{self._filter}: {wanted - delivered} messages do not come")
        finally:
            await self._drop(consumer.name)
        return [stored for stored in found if up_to is None or stored.sequence <= up_to]

    async def _drop(self, consumer: str) -> None:
        """Have the server forget a consumer. It would by itself, but who reads a busy log stretch by stretch
        makes hundreds meanwhile, and a stream has room for some. Nobody waits for the answer."""
        client = self._link.nc
        with contextlib.suppress(nats.errors.Error):  # not connected: then it ends by itself
            name = f"$JS.API.CONSUMER.DELETE.{self._stream.name}.{consumer}"
            await client.publish(name, reply=client.new_inbox())

    async def _consumer(self) -> str:
        """Makes a consumer that starts after the position; returns its name."""
        return (await self._new_consumer(INACTIVE_SECONDS)).name

    async def _new_consumer(self, inactive_seconds: float) -> ConsumerInfo:
        """Makes a consumer that starts after the position, and is told how many messages wait for it."""
        await self._check_position()
        return await self._add_consumer(self._position + 1, inactive_seconds)

    async def _add_consumer(self, first_sequence: int, inactive_seconds: float) -> ConsumerInfo:
        config = ConsumerConfig(
            name=f"{self._link.service}-{NUID().next().decode()}",
            filter_subject=self._filter,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first_sequence,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=inactive_seconds,
            mem_storage=True,
            num_replicas=1,
        )
        async with self._link.exchange(f"read {self._filter}"):
            return await self._link.js.add_consumer(self._stream.name, config)

    async def _check_position(self) -> None:
        """Raises StreamReset or StreamGap when the stream cannot go on where reading stopped.

        A stream in memory or with a limit a subject loses messages by design: it is simply read on,
        after a reset from its start.

        From others a pool's messages go from its oldest on, and never the last one that was read. So while
        any message at or before the position is there, none behind it is missing, however far other pools'
        messages have gone. Who begins at 0 wants what there is.
        """
        async with self._link.exchange(f"look at stream {self._stream.name}"):
            info = await self._link.js.stream_info(self._stream.name)
        first, last = info.state.first_seq, info.state.last_seq
        was_reset = last < self._position or (self._created is not None and info.created != self._created)
        self._created = info.created
        if self._stream.storage is Storage.MEMORY or self._stream.max_messages_per_subject > 0:
            self._position = 0 if was_reset else self._position
        elif was_reset:
            raise StreamReset(self._stream.name, self._position, last)
        elif self._position and (first > self._position + 1 or info.state.num_deleted):
            first = await self._first_kept() or first
            if first > self._position + 1:
                raise StreamGap(self._stream.name, self._position, first)

    async def _first_kept(self) -> int | None:
        """The sequence of the pool's oldest message; None without any."""
        consumer = await self._add_consumer(1, STRETCH_INACTIVE_SECONDS)
        if not consumer.num_pending:
            return None
        async with Pull(self._link, self._stream.name, consumer.name, 1) as pull:
            for _ in range(MAX_REFUSALS):
                if messages := await pull.next_present():
                    return messages[0].metadata.sequence.stream
        raise BusUnavailable(f"{self._filter}: the oldest message does not come")

    def _decoded(self, messages: list[Msg]) -> list[Stored[T]]:
        """What can be decoded; what cannot is nothing anybody could act on: counted, logged, passed."""
        batch: list[Stored[T]] = []
        for message in messages:
            self._position = message.metadata.sequence.stream
            try:
                batch.append(Stored(self._position, decode(self._subject.message, message.data)))
            except BusError as error:
                metrics.BUS_UNDECODABLE.labels(self._subject.pattern).inc()
                log.error(
                    "undecodable message in a stream",
                    extra={"subject": self._filter, "sequence": self._position, "reason": str(error)},
                )
        return batch


def require_contiguous(messages: list[Msg], delivered: int) -> int:
    """The consumer numbers its deliveries: a hole means the client dropped some. Returns the last number."""
    for message in messages:
        delivered += 1
        if message.metadata.sequence.consumer != delivered:
            raise PullBroken(f"delivery {delivered} is missing")
    return delivered
