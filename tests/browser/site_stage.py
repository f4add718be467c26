"""The api with `site_samples` behind it, and a browser before it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from nompcore.bus import Bus
from nompcore.requests import (
    BlocksReply,
    HistoryReply,
    HistoryRequest,
    MinerHistoryReply,
    MinerHistoryRequest,
    MinerReply,
    MinerRequest,
    PageRequest,
    PaymentsReply,
)
from nompcore.subjects import (
    BLOCK_LIST,
    HISTORY,
    MINER,
    MINER_HISTORY,
    PAYMENT_LIST,
    STATS,
    network_key,
    pool_key,
)
from services.api.feeds.sse import sse_event
from tests.browser import site_samples as samples
from tests.service.api_service import RunningApi, running_api, writer
from tests.unit.api_samples import replica_stats


@dataclass(frozen=True, slots=True)
class Stage:
    """The served site, and payouts' connection, which changes what it shows."""

    api: RunningApi
    bus: Bus

    async def update(self, pool: str, **changes: Any) -> None:
        """Figures change, and the api tells the pages that listen."""
        await store(self.bus, pool, **changes)
        await self.api.gatherer.gather()
        self.api.portal.hub.publish(sse_event(b"{}"))


async def store(bus: Bus, pool: str, **changes: Any) -> None:
    """The snapshots of a pool."""
    await bus.bucket(STATS).store(pool_key(pool), samples.pool_snapshot(pool, **changes))
    await bus.bucket(STATS).store(network_key(pool), samples.network_snapshot(pool))


async def serve(bus: Bus, pool: str) -> None:
    """Answer for a pool as payouts does."""

    async def blocks(page: PageRequest) -> BlocksReply:
        rows = samples.blocks(pool)
        return BlocksReply(total=len(rows), blocks=rows[page.offset :][: page.limit])

    async def payments(page: PageRequest) -> PaymentsReply:
        rows = samples.payments()
        return PaymentsReply(total=len(rows), payments=rows[page.offset :][: page.limit])

    async def miner(request: MinerRequest) -> MinerReply:
        return samples.miner_reply(pool, request.address)

    async def miner_history(request: MinerHistoryRequest) -> MinerHistoryReply:
        return samples.miner_history(request.address)

    async def history(request: HistoryRequest) -> HistoryReply:
        return HistoryReply(points=[p for p in samples.history(pool) if p.time_ms >= request.since_ms])

    await bus.serve(BLOCK_LIST, blocks, pool)
    await bus.serve(PAYMENT_LIST, payments, pool)
    await bus.serve(MINER, miner, pool)
    await bus.serve(HISTORY, history, pool)
    await bus.serve(MINER_HISTORY, miner_history, pool)


@asynccontextmanager
async def site(nats_url: str) -> AsyncIterator[Stage]:
    """The site over two busy pools with two stratum processes each, after one gathering."""
    async with writer(nats_url) as bus:
        for pool in samples.POOLS:
            await store(bus, pool)
            await serve(bus, pool)
        async with running_api(nats_url, samples.portal_config()) as api:
            for pool in samples.POOLS:
                for replica in ("stratum-1", "stratum-2"):
                    api.portal.state.hear(replica_stats(replica, pool), samples.NOW_MS)
            await api.gatherer.gather()
            yield Stage(api, bus)
