"""How old figures are, what brings new ones, and what stays while NATS is away."""

from __future__ import annotations

import asyncio

from nompcore.subjects import BLOCK_CONFIRMED
from tests.servers import NatsServer, wait_until
from tests.service.api_service import POOL_PATH, assert_problem, full_api, writer
from tests.unit import api_samples as samples
from tests.unit import notifier_samples as events


async def test_an_old_snapshot_is_flagged(nats_url: str) -> None:
    config = samples.portal_config(update_interval_seconds=5)
    async with full_api(nats_url, config) as api:
        api.portal.state.pools[samples.POOL].pool = samples.pool_snapshot(time_ms=samples.NOW_MS - 15_001)
        pool = (await api.client.get(POOL_PATH)).json()
        health = (await api.client.get("/health")).json()

    assert pool["stale"]
    assert health["pools"][samples.POOL]["stale"]
    assert health["pools"][samples.POOL]["pool_age_seconds"] == 15.0


async def test_an_event_brings_the_next_gathering_forward(nats_url: str) -> None:
    config, stop = samples.portal_config(update_interval_seconds=3600), asyncio.Event()
    async with full_api(nats_url, config) as api, writer(nats_url) as bus:
        state = api.portal.state
        async with asyncio.TaskGroup() as group:
            group.create_task(api.gatherer.run(stop))
            await wait_until(lambda: state.revision == 2, what="the first gathering of the loop")
            await bus.publish(BLOCK_CONFIRMED, events.block_confirmed(), pool=samples.POOL)
            await wait_until(lambda: state.revision == 3, what="the early gathering")
            stop.set()


async def test_a_lost_nats_is_unhealthy_and_the_last_figures_are_kept(
    nats_url: str, nats_server: NatsServer
) -> None:
    async with full_api(nats_url) as api:
        assert (await api.client.get("/health")).status_code == 200
        await nats_server.stop()
        await wait_until(lambda: not api.portal.bus.connected, what="the connection is lost")
        await api.gatherer.gather()

        health = await api.client.get("/health")
        stats = await api.client.get("/api/stats")
        blocks = await api.client.get(f"{POOL_PATH}/blocks")
        await nats_server.start()
        await wait_until(lambda: api.portal.bus.connected, what="the connection is back")
        again = await api.client.get("/health")

    assert (health.status_code, health.json()["status"]) == (503, "unavailable")
    assert not health.json()["pools"][samples.POOL]["payouts_answers"]
    assert stats.json() == samples.nomp_vector("nomp_stats.json")
    assert_problem(blocks, 503, "payouts unavailable")
    assert again.status_code == 200
