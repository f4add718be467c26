"""A key-value bucket as it is and as it changes, for ever: also after NATS was away."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.nuid import NUID

from nompcore.errors import BusUnavailable
from nompcore.jetstream import bucket_stream, is_removal
from nompcore.link import Link
from nompcore.patience import Patience
from nompcore.pull import Pull
from nompcore.stream_reader import INACTIVE_SECONDS, require_contiguous
from nompcore.subject_kinds import Bucket as BucketRow

log = logging.getLogger(__name__)

BATCH_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class Present:
    """All entries there are: at first, and whenever changes may have been missed."""

    entries: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """A key's new value, None when it was deleted or has ended."""

    key: str
    value: bytes | None


class BucketWatch:
    """Watches a whole bucket."""

    def __init__(self, link: Link, row: BucketRow) -> None:
        self._link = link
        self._row = row
        self._stream = bucket_stream(row)
        self._prefix = f"$KV.{row.name}."

    async def changes(self) -> AsyncIterator[Present | Change]:
        """Begins with what is present, and does so again after each interruption."""
        patience = Patience()
        while True:
            try:
                async with Pull(self._link, self._stream, await self._consumer(), BATCH_MESSAGES) as pull:
                    entries: dict[str, bytes] = {}
                    delivered = 0
                    # not so many as were pending: what tells that an entry ended is itself soon gone
                    while messages := await pull.next_present():
                        delivered = require_contiguous(messages, delivered)
                        for change in map(self._change, messages):
                            _apply(change, entries)
                    patience.reset()
                    yield Present(entries)
                    while True:
                        messages = await pull.next_batch()
                        delivered = require_contiguous(messages, delivered)
                        for change in map(self._change, messages):
                            yield change
            except BusUnavailable as error:
                if patience.tries == 0:
                    log.info("watch interrupted", extra={"bucket": self._row.name, "reason": str(error)})
                await patience.wait()

    async def _consumer(self) -> str:
        """Makes a consumer of the last message of every key; returns its name."""
        config = ConsumerConfig(
            name=f"{self._link.service}-{NUID().next().decode()}",
            filter_subject=f"{self._prefix}>",
            deliver_policy=DeliverPolicy.LAST_PER_SUBJECT,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=INACTIVE_SECONDS,
            mem_storage=True,
            num_replicas=1,
        )
        async with self._link.exchange(f"watch bucket {self._row.name}"):
            info = await self._link.js.add_consumer(self._stream, config)
        return info.name

    def _change(self, message: Msg) -> Change:
        value = None if is_removal(message.headers) else message.data
        return Change(message.subject.removeprefix(self._prefix), value)


def _apply(change: Change, entries: dict[str, bytes]) -> None:
    if change.value is None:
        entries.pop(change.key, None)
    else:
        entries[change.key] = change.value
