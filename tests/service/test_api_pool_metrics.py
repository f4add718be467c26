"""`/metrics` of the api, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from nompcore.subjects import REPLICA_STATS
from tests.servers import wait_until
from tests.service.api_service import RunningApi, full_api, running_api, writer
from tests.unit import api_samples as samples

Samples = dict[tuple[str, tuple[str, ...]], float]


async def scraped(api: RunningApi) -> Samples:
    """(name, values of the labels but the pool) → value."""
    answer = await api.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (
            sample.name,
            tuple(value for label, value in sorted(sample.labels.items()) if label != "pool"),
        ): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_pool_is_told_whole(nats_url: str) -> None:
    async with full_api(nats_url) as api, writer(nats_url) as bus:
        await bus.send(REPLICA_STATS, samples.replica_stats(), pool=samples.POOL, replica="host-1")
        await wait_until(lambda: bool(api.portal.state.pools[samples.POOL].pulses), what="the pulse is heard")
        told = await scraped(api)

    expected = {
        ("nomp_pool_hashrate", ()): 2_500_000.0,
        ("nomp_pool_workers", ()): 3,
        ("nomp_pool_miners", ()): 2,
        ("nomp_pool_shares_total", ("valid",)): 1234,
        ("nomp_pool_shares_total", ("invalid",)): 5,
        ("nomp_pool_paid_sats_total", ("sats",)): 7_506_250_000,
        ("nomp_pool_blocks", ("confirmed",)): 4,
        ("nomp_pool_payments_state", ("running",)): 1,
        ("nomp_pool_round_effort_ratio", ()): 0.25,
        ("nomp_pool_luck_ratio", ("64",)): 2.0,
        ("nomp_pool_network_height", ()): 2_950_123,
        ("nomp_pool_daemons", ("ok",)): 1,
        ("nomp_pool_daemons", ("unreachable",)): 1,
        ("nomp_pool_snapshot_age_seconds", ("jobmaker",)): 1.0,
        ("nomp_pool_stratum_replicas", ()): 1,
        ("nomp_pool_stratum_connections", ()): 12,
        ("nomp_pool_payouts_answers", ()): 1,
        ("nomp_pool_api_connected", ()): 1,
    }
    assert {key: told.get(key) for key in expected} == expected


async def test_what_is_not_known_has_no_sample(nats_url: str) -> None:
    async with running_api(nats_url) as api:
        told = await scraped(api)

    assert {name for name, _ in told} == {
        "nomp_pool_api_connected",
        "nomp_pool_payouts_answers",
        "nomp_pool_stratum_connections",
        "nomp_pool_stratum_replicas",
    }
