"""`/metrics`: the pools as Prometheus metrics, read from what is live when somebody scrapes.

What is not known has no sample. How this process itself does is on METRICS_PORT, as with every service.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Iterator

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from nompcore.messages import NetworkSnapshot, PoolSnapshot
from services.api.state.live import PoolLive
from services.api.state.portal import Portal
from services.api.views.luck import lucks

MS = 1000
PERCENT = 100

GAUGES = {
    "nomp_pool_hashrate": "hashes per second",
    "nomp_pool_miners": "payout addresses at work",
    "nomp_pool_workers": "workers at work",
    "nomp_pool_round_effort_ratio": "work of the current round over what a block takes on average",
    "nomp_pool_network_height": "height of the block being mined",
    "nomp_pool_network_difficulty": "difficulty of the network in the unit of shares",
    "nomp_pool_network_hashrate": "hashes per second of the network",
    "nomp_pool_template_refused": "1 while the daemon would refuse the blocks of its templates",
    "nomp_pool_payouts_answers": "1 while payouts answers about the pool",
    "nomp_pool_stratum_replicas": "stratum processes that were heard of",
    "nomp_pool_stratum_connections": "connections of miners to all of them",
}
LABELLED = {
    "nomp_pool_blocks": ("blocks found, by status", "status"),
    "nomp_pool_luck_ratio": ("average work over the work of the last blocks", "last"),
    "nomp_pool_payments_state": ("1 for the state that payments are in", "state"),
    "nomp_pool_daemons": ("coin daemons, by state", "state"),
    "nomp_pool_snapshot_age_seconds": ("age of what a service said last", "service"),
}
COUNTERS = {
    "nomp_pool_shares": ("shares received, by verdict", "verdict"),
    "nomp_pool_paid_sats": ("paid to miners, in the coin's smallest unit", "unit"),
}


class PoolCollector(Collector):
    """The pools of a portal. Labels are bounded: names and words of ours."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def collect(self) -> Iterable[Metric]:
        """One family per metric, one sample per pool and label."""
        gauges = {name: GaugeMetricFamily(name, text, labels=["pool"]) for name, text in GAUGES.items()}
        labelled = {
            name: GaugeMetricFamily(name, text, labels=["pool", label])
            for name, (text, label) in LABELLED.items()
        }
        counters = {
            name: CounterMetricFamily(name, text, labels=["pool", label])
            for name, (text, label) in COUNTERS.items()
        }
        for pool, live in self._portal.state.pools.items():
            for name, value in _plain(live):
                gauges[name].add_metric([pool], value)
            for name, label, value in _by_label(live, self._portal.now_ms()):
                labelled[name].add_metric([pool, label], value)
            for name, label, value in _counts(live.pool):
                counters[name].add_metric([pool, label], value)
        connected = self._portal.bus.connected
        yield GaugeMetricFamily("nomp_pool_api_connected", "1 while the api is connected to NATS", connected)
        yield from (*gauges.values(), *labelled.values(), *counters.values())


def pool_metrics_router(portal: Portal) -> APIRouter:
    """The route `/metrics`."""
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry()
    registry.register(PoolCollector(portal))

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _plain(live: PoolLive) -> Iterator[tuple[str, float]]:
    yield "nomp_pool_payouts_answers", live.payouts_answers
    yield "nomp_pool_stratum_replicas", len(live.pulses)
    connections = sum(pulse.stats.connections for pulse in live.pulses.values())
    yield "nomp_pool_stratum_connections", connections
    if live.pool is not None:
        yield "nomp_pool_hashrate", live.pool.hashrate
        yield "nomp_pool_miners", live.pool.miner_count
        yield "nomp_pool_workers", live.pool.worker_count
    if live.network is not None:
        yield from _network(live.network)
        if live.pool is not None and live.network.difficulty > 0:
            yield "nomp_pool_round_effort_ratio", live.pool.round_difficulty / live.network.difficulty


def _network(network: NetworkSnapshot) -> Iterator[tuple[str, float]]:
    yield "nomp_pool_network_height", network.height
    yield "nomp_pool_network_difficulty", network.difficulty
    yield "nomp_pool_template_refused", bool(network.template_refused)
    if network.network_hashrate > 0:
        yield "nomp_pool_network_hashrate", network.network_hashrate


def _by_label(live: PoolLive, now_ms: int) -> Iterator[tuple[str, str, float]]:
    if live.pool is not None:
        yield "nomp_pool_blocks", "pending", live.pool.blocks_pending
        yield "nomp_pool_blocks", "confirmed", live.pool.blocks_confirmed
        yield "nomp_pool_blocks", "orphaned", live.pool.blocks_orphaned
        yield "nomp_pool_payments_state", live.pool.payments_state.partition(":")[0], 1
        yield "nomp_pool_snapshot_age_seconds", "payouts", (now_ms - live.pool.time_ms) / MS
    if live.network is not None:
        for state, count in Tally(daemon.state for daemon in live.network.daemons).items():
            yield "nomp_pool_daemons", state, count
        yield "nomp_pool_snapshot_age_seconds", "jobmaker", (now_ms - live.network.time_ms) / MS
    for luck in lucks(live.blocks):
        if luck.percent is not None:
            yield "nomp_pool_luck_ratio", str(luck.last), luck.percent / PERCENT


def _counts(pool: PoolSnapshot | None) -> Iterator[tuple[str, str, float]]:
    if pool is not None:
        yield "nomp_pool_shares", "valid", pool.valid_shares
        yield "nomp_pool_shares", "invalid", pool.invalid_shares
        yield "nomp_pool_paid_sats", "sats", pool.total_paid_sats
