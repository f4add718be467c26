"""The pools' counters as Prometheus metrics, read when somebody scrapes: a share costs no metric object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from services.stratum.ban_list import BanList
from services.stratum.counters import PoolCounters
from services.stratum.pool import Pool

_SIMPLE = {
    "accepted": ("stratum_shares_accepted", "shares stored and answered with true"),
    "blocks": ("stratum_blocks_found", "block candidates"),
    "batches": ("stratum_batches", "share batches stored"),
    "batch_shares": ("stratum_batch_shares", "shares in stored batches"),
    "publish_failures": (
        "stratum_publish_failures",
        "tries to store a share batch that were not acknowledged",
    ),
    "batches_lost": ("stratum_batches_lost", "share batches given up"),
    "shares_lost": ("stratum_shares_lost", "shares in batches given up; their miners got an error"),
    "reject_counts_lost": ("stratum_reject_counts_lost", "refused shares that payouts will not hear of"),
    "work": ("stratum_work", "difficulty of the accepted shares"),
    "forwarded": ("stratum_shares_forwarded", "shares handed on for the upstream pool"),
    "forwards_lost": ("stratum_forwards_lost", "such shares that could not be stored for jobmaker in time"),
    "jobs_refused": ("stratum_jobs_refused", "jobs that could not be decoded"),
    "jobs_reissued": ("stratum_jobs_reissued", "jobs sent to a miner again with another difficulty"),
    "logins_failed": ("stratum_logins_failed", "refused mining.authorize"),
    "logins_known": ("stratum_logins_known", "logins that MPOS confirmed a short time before"),
    "logins_unchecked": ("stratum_logins_unchecked", "logins refused because MPOS could not be asked"),
    "sessions_parked": ("stratum_sessions_parked", "ended sessions that their miners can resume"),
    "sessions_resumed": ("stratum_sessions_resumed", "sessions resumed with their extranonce1"),
    "sessions_missed": ("stratum_sessions_missed", "returning miners of whom nothing was parked"),
    "sessions_lost": ("stratum_sessions_lost", "ended sessions that could not be parked"),
    "connections_total": ("stratum_connections_opened", "connections admitted"),
    "bytes_received": ("stratum_bytes_received", "bytes from miners"),
    "bytes_sent": ("stratum_bytes_sent", "bytes to miners"),
}
"""Field of `PoolCounters` → metric and help."""


class PoolMetrics(Collector):
    """All pools of this process. Labels are bounded: pool names, our own reason words, known methods."""

    def __init__(self, pools: Mapping[str, Pool], bans: BanList) -> None:
        self._pools = pools
        self._bans = bans

    def register(self, registry: CollectorRegistry) -> None:
        """Show up on the metrics page."""
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """One family per metric, one sample per pool and label. Runs in the metrics server's thread."""
        counters = {name: pool.counters for name, pool in self._pools.items()}
        for field, (metric, text) in _SIMPLE.items():
            family = CounterMetricFamily(metric, text, labels=["pool"])
            for name, values in counters.items():
                family.add_metric([name], getattr(values, field))
            yield family
        yield self._connections()
        yield from self._banned()
        yield from _labelled(counters)

    def _banned(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("stratum_addresses_banned", "bans in force here", value=len(self._bans))
        yield CounterMetricFamily(
            "stratum_bans_unshared", "bans that hold on this replica only", value=self._bans.unshared
        )

    def _connections(self) -> Metric:
        family = GaugeMetricFamily("stratum_connections", "open connections", labels=["pool"])
        for name, pool in self._pools.items():
            family.add_metric([name], len(pool.connections))
        return family


def _labelled(counters: Mapping[str, PoolCounters]) -> Iterable[Metric]:
    rejected = CounterMetricFamily(
        "stratum_shares_rejected", "shares answered with an error", labels=["pool", "reason"]
    )
    unsupported = CounterMetricFamily(
        "stratum_unknown_methods", "requests for methods this server does not have", labels=["pool", "method"]
    )
    hangups = CounterMetricFamily(
        "stratum_hangups", "connections refused or closed by the server", labels=["pool", "reason"]
    )
    bans = CounterMetricFamily("stratum_bans", "addresses banned by this replica", labels=["pool", "reason"])
    for name, values in counters.items():
        for offence, count in list(values.bans.items()):
            bans.add_metric([name, offence], count)
        for reason, count in values.rejected.items():
            rejected.add_metric([name, reason.code], count)
        for method, count in list(values.unsupported.items()):
            unsupported.add_metric([name, method], count)
        for why, count in list(values.hangups.items()):
            hangups.add_metric([name, why], count)
    return rejected, unsupported, hangups, bans
