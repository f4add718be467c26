"""Whether silence is a miner's own: shares are counted as they come as long as payouts' figures are fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nompcore.bus import Bus
from nompcore.errors import BusError
from nompcore.messages import PoolSnapshot
from nompcore.subjects import STATS, pool_key

FRESH_MS = 3 * 60 * 1000
"""Snapshots come every minute at the slowest that is usual."""

LOOKS = 3
"""One after another: a leader that has just started may still be counting what has piled up."""


class PoolTrust:
    """Of all pools, one look at a time."""

    def __init__(self, bus: Bus, pools: Iterable[str], now_ms: Callable[[], int]) -> None:
        self._stats = bus.bucket(STATS)
        self._fresh = dict.fromkeys(pools, 0)  # looks in a row
        self._now_ms = now_ms

    def is_trusted(self, pool: str) -> bool:
        """Whether the figures of a pool have been fresh for some looks."""
        return self._fresh.get(pool, 0) >= LOOKS

    async def look(self) -> None:
        """Look at every pool. What NATS does not tell is not fresh."""
        for pool in self._fresh:
            self._fresh[pool] = self._fresh[pool] + 1 if await self._is_fresh(pool) else 0

    async def _is_fresh(self, pool: str) -> bool:
        try:
            snapshot = await self._stats.load(pool_key(pool), PoolSnapshot)
        except BusError:
            return False
        return snapshot is not None and self._now_ms() - snapshot.time_ms <= FRESH_MS
