"""Compares a pool's tallies with the share log while payouts goes on: nothing is changed, nobody waits.

The tallies are read some keys at a time, with the position that they were complete up to; the log is followed
to that position before they are compared.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nompcore.bus import Bus
from nompcore.errors import NompError, StreamGap, StreamReset
from nompcore.subjects import SHARE_BATCH
from services.payouts.counting.groups import Groups
from services.payouts.counting.tally_differences import Difference, Unsure, differences, old_workers
from services.payouts.counting.tally_state import BUCKET, SEEN, TallyState, bucket_ends_s
from services.payouts.counting.tally_store import AMID, TRIES, TalliesBusy
from services.payouts.ledger.ledger import Ledger
from services.payouts.share_log.log_bases import Base
from services.payouts.share_log.pool_log import PoolLog

KEYS_AT_ONCE: Final = 200

ENDING_SECONDS: Final = 60
"""Buckets that end so soon may be gone before they are read."""


class CannotCheck(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """What the tallies should be cannot be known; the text says why."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`sequence`: the log's place up to which was compared."""

    sequence: int
    keys: int
    found: list[Difference]


class TallyCheck:
    """One pool's."""

    def __init__(self, bus: Bus, ledger: Ledger, log: PoolLog, pool: str, groups: Groups) -> None:
        self._bus = bus
        self._ledger = ledger
        self._log = log
        self._pool = pool
        self._groups = groups

    async def compare(self) -> Comparison:
        """CannotCheck where the log does not follow on what the ledger has."""
        base = await self.base()
        should, position = base.tallies, await self._log.store.position()
        if position < base.sequence:
            return Comparison(position, 0, [Difference("sequence", "", f"{base.sequence}…", str(position))])
        await self.replay(should, position)
        keys = sorted(await self._log.store.keys() | should.keys)
        workers, closed = await self._old_workers(should), set[str]()
        found: list[Difference] = []
        for some in _parts(keys):
            has = await self._read_at(some, should)
            closed |= await self._close(should)
            lasting = [key for key in some if not _ends_soon(key, self._log.store.bucket_life_seconds)]
            found += differences(should, has, lasting, Unsure(workers, closed))
        return Comparison(should.sequence, len(keys), found)

    async def base(self) -> Base:
        """What the ledger has, if it is of this log."""
        base = await asyncio.to_thread(self._ledger.bases.find, self._pool)
        state = await self._bus.log_state(SHARE_BATCH)
        if base is None:
            raise CannotCheck("payouts has not led this pool yet")
        if base.log_created_ms != state.created_ms or await self._log.store.was_rewound():
            raise CannotCheck("the share log is a new one: payouts has to take note of it first")
        return base

    async def replay(self, should: TallyState, up_to: int) -> None:
        """Follow the log."""
        try:
            await self._log.base.replay(should, up_to, self._groups)
        except (StreamGap, StreamReset) as error:
            raise CannotCheck(f"the share log does not follow on what the ledger has: {error}") from error

    async def _read_at(self, keys: Sequence[str], should: TallyState) -> TallyState:
        """Some keys as they are, with what they should be followed to the same place."""
        has = await self._read(keys)
        if has.sequence > should.sequence:
            await self.replay(should, has.sequence)
        return has

    async def _read(self, keys: Sequence[str]) -> TallyState:
        for _ in range(TRIES):
            has = await self._log.store.read(keys)
            if has.sequence != AMID:
                return has
            await asyncio.sleep(0.05)
        raise TalliesBusy("a stretch is being added all the time")

    async def _old_workers(self, should: TallyState) -> set[str]:
        seen = await self._log.store.read([SEEN])
        return old_workers((should, seen), time.time_ns() // 1_000_000)

    async def _close(self, should: TallyState) -> set[str]:
        """Drop the rounds that the ledger has; which they were. One that left the tallies is there before."""
        before = {candidate.block_hash_display for candidate in should.candidates}
        await self._log.base.drop_closed(should)
        return before - {candidate.block_hash_display for candidate in should.candidates}


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[first : first + KEYS_AT_ONCE] for first in range(0, len(keys), KEYS_AT_ONCE))


def _ends_soon(key: str, bucket_life_seconds: int) -> bool:
    return key.startswith(BUCKET) and bucket_ends_s(key, bucket_life_seconds) < time.time() + ENDING_SECONDS
