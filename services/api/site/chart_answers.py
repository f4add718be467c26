"""Charts as JSON. Made once per gathering and pool, however many look."""

from __future__ import annotations

import asyncio

import msgspec

from nompcore.errors import BusError
from nompcore.requests import BlockRow, PageRequest
from services.api.site.charts import pool_charts
from services.api.site.miner_charts import miner_charts
from services.api.state.portal import Portal

CHARTED_BLOCKS = PageRequest(limit=200)

# Curves without blocks are worth more than curves that keep a page waiting.
WAIT_SECONDS = 1.0


class ChartAnswers:
    """The bodies of `/charts/<pool>`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._made: dict[str, tuple[int, bytes]] = {}

    async def charts(self, pool: str) -> bytes:
        """The charts of a pool; those of blocks are empty while payouts is away."""
        revision = self._portal.state.revision
        if self._made.get(pool, (-1, b""))[0] != revision:
            self._made[pool] = (revision, await self._make(pool))
        return self._made[pool][1]

    async def miner(self, pool: str, address: str) -> bytes:
        """The charts of a miner. Raises BusUnavailable while payouts is away."""
        return msgspec.json.encode(miner_charts(await self._portal.details.miner_history(pool, address)))

    async def _make(self, pool: str) -> bytes:
        live, config = self._portal.state.pools[pool], self._portal.config.pools[pool]
        blocks: list[BlockRow] = live.recent_blocks
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                blocks = (await self._portal.details.blocks(pool, CHARTED_BLOCKS)).blocks
        except (BusError, TimeoutError):
            pass  # counted by Details; the newest blocks are still known
        return msgspec.json.encode(pool_charts(live.history, blocks, config.coin))
