"""Where a pool's tallies begin: the ledger has them as they were at a place of the log, the log has the rest.

The place moves on with the log's cutting, so what left the log is not lost to who rebuilds the tallies.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from nompcore.bus import Bus, Stored
from nompcore.errors import StreamReset
from nompcore.messages import ShareBatch
from nompcore.subjects import SHARE_BATCH, SHARES
from services.payouts import metrics
from services.payouts.counting.groups import Groups
from services.payouts.counting.tally_batch import fold
from services.payouts.counting.tally_state import TallyState
from services.payouts.counting.tally_store import TallyStore
from services.payouts.ledger.ledger import Ledger
from services.payouts.share_log.log_bases import Base, Place

log = logging.getLogger(__name__)

MESSAGES_AT_ONCE: Final = 500


class LogBase:
    """One pool's. `is_mpos`: its found rounds are MPOS's, and not kept."""

    def __init__(
        self, bus: Bus, ledger: Ledger, store: TallyStore, pool: str, *, is_mpos: bool = False
    ) -> None:
        self._bus = bus
        self._ledger = ledger
        self._store = store
        self._pool = pool
        self._is_mpos = is_mpos

    async def begin(self, position: int) -> int:
        """Before the log is read on from the tallies' position: where to read on.

        Raises StreamReset where the log is another one than the tallies were made of.
        """
        place = await asyncio.to_thread(self._ledger.bases.place, self._pool)
        state = await self._bus.log_state(SHARE_BATCH)
        if place is None or await self._store.was_rewound():
            await self._renew(place, state.created_ms)
            return await self._store.position()
        if place.log_created_ms != state.created_ms:
            raise StreamReset(SHARES.name, position, state.last_sequence)
        if position < place.sequence:
            await self._restore()
            return await self._store.position()
        return position

    async def _renew(self, place: Place | None, log_created_ms: int) -> None:
        """The tallies as they are become the base: of a pool that is new here, or whose log is a new one."""
        tallies = await self._store.snapshot()
        # The first versions had a log that forgot by age: what lies before its first message may be missing.
        cut_before = await self._first_sequence() if place is None and tallies.sequence else 0
        base = Base(log_created_ms, tallies, cut_before)
        await asyncio.to_thread(self._ledger.bases.move, self._pool, place, base)
        await self._store.forget_rewound()

    async def _first_sequence(self) -> int:
        stored = await self._bus.stretch(SHARE_BATCH, self._pool, 0, limit=1)
        return stored[0].sequence if stored else 0

    async def _restore(self) -> None:
        """Redis lost its data, or some of it."""
        base = await asyncio.to_thread(self._ledger.bases.find, self._pool)
        if base is None:
            return
        aside = self._store.aside()
        await self._store.write(aside, base.tallies)
        if await self._store.put_in_place(aside, 0):
            metrics.TALLIES_RESTORED.labels(self._pool).inc()
            log.warning("tallies begin anew from the ledger", extra={
                "pool": self._pool, "sequence": base.sequence,
            })  # fmt: skip

    async def advance(self, before: int, oldest_ms: int, groups: Groups, now_ms: int) -> Place | None:
        """Move the base on, to the message before sequence `before` at most, over no share younger than
        `oldest_ms`. Where it is then, and so how far the log may be cut; None if another replica does this.
        """
        place = await asyncio.to_thread(self._ledger.bases.place, self._pool)
        if place is None or before - 1 <= place.sequence:
            return place
        base = await asyncio.to_thread(self._ledger.bases.find, self._pool)
        if base is None or base.sequence != place.sequence:
            return None
        tallies = base.tallies
        await self.replay(tallies, before - 1, groups, oldest_ms=oldest_ms)
        if tallies.sequence == place.sequence:
            return place
        tallies.forget(now_ms, self._store.bucket_life_seconds)
        await self.drop_closed(tallies)
        moved = Base(place.log_created_ms, tallies, cut_before=tallies.sequence)
        if not await asyncio.to_thread(self._ledger.bases.move, self._pool, place, moved):
            return None
        return Place(moved.log_created_ms, moved.sequence, moved.cut_before)

    async def replay(
        self, tallies: TallyState, up_to: int, groups: Groups, *, oldest_ms: int | None = None
    ) -> None:
        """Add what the log holds behind the tallies' place. Raises StreamGap if some of it is gone."""
        while tallies.sequence < up_to:
            stored: Sequence[Stored[ShareBatch]] = await self._bus.stretch(
                SHARE_BATCH, self._pool, tallies.sequence, up_to=up_to, limit=MESSAGES_AT_ONCE
            )
            old = [*takewhile(lambda entry: _is_old(entry, oldest_ms), stored)]
            await asyncio.to_thread(_apply, tallies, old, groups)
            if not old or len(old) < len(stored):
                return

    async def drop_closed(self, tallies: TallyState) -> None:
        """Drop the found rounds that are not the tallies' any more."""
        found = [candidate.block_hash_display for candidate in tallies.candidates]
        if not self._is_mpos:
            found = [*await asyncio.to_thread(self._ledger.bases.closed, self._pool, found)]
        tallies.drop_rounds(found)


def _apply(tallies: TallyState, stored: Sequence[Stored[ShareBatch]], groups: Groups) -> None:
    if stored:
        tallies.apply(fold(stored, groups))


def _is_old(entry: Stored[ShareBatch], oldest_ms: int | None) -> bool:
    return oldest_ms is None or all(share.time_ms < oldest_ms for share in entry.message.shares)
