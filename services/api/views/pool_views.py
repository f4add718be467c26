"""Pools as /api/v1 and the page show them: pure builders from what is live and what is configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from nompcore.config import PoolConfig, PortConfig, VarDiffConfig
from nompcore.messages import NetworkSnapshot, PoolSnapshot, WorkerSnapshot
from services.api.state.live import EMPTY_SNAPSHOT, LiveState, PoolLive, Pulse
from services.api.views import models
from services.api.views.amounts import amount
from services.api.views.hashrate_text import hashrate_text
from services.api.views.luck import lucks

# Enough to see who is at work; /api/stats lists everybody.
TOP_WORKERS = 20

PPM_PER_PERCENT = 10_000

TLS_OFF, TLS_ONLY = "off", "on"


def utc(time_ms: int) -> datetime:
    """Unix milliseconds as a time with zone."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)


@dataclass(frozen=True, slots=True)
class PoolViews:
    """Builds the views of the pools of one portal."""

    pools: Mapping[str, PoolConfig]
    stratum_host: str
    state: LiveState

    def summaries(self, now_ms: int) -> list[models.PoolSummary]:
        """All pools in the order of their names."""
        return [self.summary(name, now_ms) for name in sorted(self.pools)]

    def summary(self, name: str, now_ms: int) -> models.PoolSummary:
        """One pool; zeros and nulls for what has not been heard yet."""
        config, live = self.pools[name], self.state.pools[name]
        snapshot = live.pool or EMPTY_SNAPSHOT
        return models.PoolSummary(
            name=name,
            coin=config.coin.name,
            symbol=config.coin.symbol.upper(),
            algorithm=config.coin.algorithm,
            hashrate=snapshot.hashrate,
            hashrate_text=hashrate_text(snapshot.hashrate),
            miners=snapshot.miner_count,
            workers=snapshot.worker_count,
            network=self.network(name, now_ms),
            round=pool_round(snapshot, live.network),
            luck=lucks(live.blocks),
            blocks=models.BlockCounts(
                pending=snapshot.blocks_pending,
                confirmed=snapshot.blocks_confirmed,
                orphaned=snapshot.blocks_orphaned,
            ),
            shares=models.ShareCounts(valid=snapshot.valid_shares, invalid=snapshot.invalid_shares),
            paid=amount(snapshot.total_paid_sats, config.coin.decimals),
            payments=_payment_terms(config, live.pool),
            ports=self.ports(name),
            updated=utc(live.pool.time_ms) if live.pool else None,
            stale=self.state.is_stale(live.pool, now_ms),
        )

    def detail(self, name: str, now_ms: int) -> models.PoolDetail:
        """One pool with its replicas and strongest workers."""
        live = self.state.pools[name]
        return models.PoolDetail(
            **dict(self.summary(name, now_ms)),
            replicas=[_replica(pulse) for _, pulse in sorted(live.pulses.items())],
            top_workers=top_workers(live),
        )

    def network(self, name: str, now_ms: int) -> models.Network | None:
        """The coin's network as a pool's daemons see it; None until they have answered once."""
        coin, network = self.pools[name].coin, self.state.pools[name].network
        if network is None:
            return None
        return models.Network(
            chain=network.chain,
            height=network.height,
            difficulty=network.difficulty / coin.multiplier,
            share_difficulty=network.difficulty,
            hashrate=network.network_hashrate,
            hashrate_text=hashrate_text(network.network_hashrate),
            daemons=len(network.daemons),
            daemons_ok=sum(daemon.state == "ok" for daemon in network.daemons),
            daemon_states=[daemon.state for daemon in network.daemons],
            template_refused=network.template_refused,
            updated=utc(network.time_ms),
            stale=self.state.is_stale(network, now_ms),
        )

    def ports(self, name: str) -> list[models.Port]:
        """The stratum ports of a pool, in their order."""
        config = self.pools[name]
        return [self.port(config, number, port) for number, port in sorted(config.ports.items())]

    def port(self, config: PoolConfig, number: int, port: PortConfig) -> models.Port:
        """A port whose shares go to this pool."""
        address = f"{self.stratum_host}:{number}"
        return models.Port(
            port=number,
            difficulty=port.diff,
            variable_difficulty=port.var_diff is not None,
            vardiff=_vardiff(port.var_diff) if port.var_diff else None,
            tls=port.tls,
            tls_url=f"stratum+ssl://{address}" if port.tls != TLS_OFF else None,
            scheme=port.scheme or (config.payments.scheme.name if config.payments else None),
            url=f"stratum+ssl://{address}" if port.tls == TLS_ONLY else f"stratum+tcp://{address}",
        )


def _vardiff(settings: VarDiffConfig) -> models.VariableDifficulty:
    return models.VariableDifficulty(
        minimum=settings.min_diff,
        maximum=settings.max_diff,
        target_seconds=settings.target_time_seconds,
        retarget_seconds=settings.retarget_time_seconds,
        variance_percent=settings.variance_percent,
    )


def top_workers(live: PoolLive) -> list[models.TopWorker]:
    """The strongest workers first; equals in the order of their names."""
    workers = live.pool.workers if live.pool else []
    strongest = sorted(workers, key=lambda w: (-w.hashrate, w.worker))[:TOP_WORKERS]
    return [_top_worker(worker) for worker in strongest]


def _top_worker(worker: WorkerSnapshot) -> models.TopWorker:
    return models.TopWorker(
        worker=worker.worker,
        hashrate=worker.hashrate,
        hashrate_text=hashrate_text(worker.hashrate),
        valid=worker.valid,
        invalid=worker.invalid,
    )


def pool_round(snapshot: PoolSnapshot, network: NetworkSnapshot | None) -> models.Round:
    """The work since the last block."""
    known = network is not None and network.difficulty > 0
    effort = 100 * snapshot.round_difficulty / network.difficulty if network and known else None
    return models.Round(difficulty=snapshot.round_difficulty, effort_percent=effort)


def _payment_terms(config: PoolConfig, snapshot: PoolSnapshot | None) -> models.PaymentTerms:
    terms = config.payments
    if terms is None:
        return models.PaymentTerms(
            state="disabled", minimum=None, fee_percent=None, scheme=None, interval_seconds=None
        )
    return models.PaymentTerms(
        state=(snapshot or EMPTY_SNAPSHOT).payments_state,
        minimum=amount(terms.minimum_payment_sats, config.coin.decimals),
        fee_percent=format((Decimal(terms.fee_ppm) / PPM_PER_PERCENT).normalize(), "f"),
        scheme=terms.scheme.name,
        interval_seconds=terms.payment_interval_seconds,
    )


def _replica(pulse: Pulse) -> models.Replica:
    return models.Replica(
        name=pulse.stats.replica,
        connections=pulse.stats.connections,
        workers=pulse.stats.workers,
        accepted=pulse.stats.accepted,
        rejected=sum(pulse.stats.rejected.values()),
        blocks=pulse.stats.blocks,
        heard=utc(pulse.heard_ms),
    )
