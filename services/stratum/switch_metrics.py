"""The switches' counters as Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from services.stratum.switch import Switch


class SwitchMetrics(Collector):
    """All switches of this process; labels are names of the configuration."""

    def __init__(self, switches: Mapping[str, Switch]) -> None:
        self._switches = switches

    def register(self, registry: CollectorRegistry) -> None:
        """Show up on the metrics page."""
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Runs in the metrics server's thread."""
        moves = CounterMetricFamily(
            "stratum_switched", "times a switch went to another pool", labels=["switch"]
        )
        miners = CounterMetricFamily(
            "stratum_miners_moved", "connections moved by a switch", labels=["switch"]
        )
        waits = CounterMetricFamily(
            "stratum_switch_waits", "switches that had to wait for a pool's first job", labels=["switch"]
        )
        unknown = CounterMetricFamily(
            "stratum_switch_unknown_pools", "orders for pools that a switch does not have", labels=["switch"]
        )
        mined = GaugeMetricFamily(
            "stratum_switch_connections", "connections of a switch's ports", labels=["switch", "pool"]
        )
        for name, switch in self._switches.items():
            moves.add_metric([name], switch.counters.moves)
            miners.add_metric([name], switch.counters.miners_moved)
            waits.add_metric([name], switch.counters.waits)
            unknown.add_metric([name], switch.counters.unknown_pools)
            mined.add_metric([name, switch.current.config.name], len(switch.connections))
        return moves, miners, waits, unknown, mined
