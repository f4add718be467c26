"""Single places of a pool's share log: what the message there says, and whether a mark means this log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nompcore.bus import Bus
from nompcore.errors import StreamGap, StreamReset
from nompcore.messages import Share
from nompcore.subjects import SHARE_BATCH
from services.payouts.counting.tally_batch import Mark
from services.payouts.ledger.round_rows import Round
from services.payouts.share_log.log_needs import Standing


class LogPlaces:
    """One pool's log, while it is not reset."""

    def __init__(self, bus: Bus, pool: str) -> None:
        self._bus = bus
        self._pool = pool
        self._log_created_ms = 0
        self._seen: set[Mark] = set()

    async def network_difficulty(self, sequence: int) -> float:
        """What the shares of a message say; 0 where they say nothing."""
        return max((share.network_difficulty for share in await self._shares(sequence)), default=0)

    async def standing_here(self, standing: Standing, log_created_ms: int) -> Standing:
        """Without what is marked in another log: its numbers mean nothing in this one, which is behind it."""
        began = {
            group: mark if await self._is_here(mark, log_created_ms) else replace(mark, sequence=0)
            for group, mark in standing.began.items()
        }
        found = [(candidate, await self._here(mark, log_created_ms)) for candidate, mark in standing.found]
        return replace(standing, began=began, found=found)

    async def rounds_here(self, rounds: Mapping[str, Round], log_created_ms: int) -> dict[str, Round]:
        """The same for rounds of the ledger."""
        return {
            block_hash: replace(decided, began=await self._here(decided.began, log_created_ms))
            for block_hash, decided in rounds.items()
        }

    async def _here(self, mark: Mark | None, log_created_ms: int) -> Mark | None:
        return mark if mark and await self._is_here(mark, log_created_ms) else None

    async def _is_here(self, mark: Mark, log_created_ms: int) -> bool:
        if log_created_ms != self._log_created_ms:
            self._log_created_ms, self._seen = log_created_ms, set()
        if mark not in self._seen:
            shares = await self._shares(mark.sequence)
            if not any(share.block_hash_display == mark.block_hash_display for share in shares):
                return False
            self._seen.add(mark)
        return True

    async def _shares(self, sequence: int) -> list[Share]:
        try:
            stored = await self._bus.stretch(
                SHARE_BATCH, self._pool, max(0, sequence - 1), up_to=sequence, limit=1
            )
        except (StreamGap, StreamReset):
            return []
        return [share for entry in stored if entry.sequence == sequence for share in entry.message.shares]
