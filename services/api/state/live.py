"""What the api knows right now: the snapshots, pulses and rows it last heard. No store, no IO, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nompcore.messages import (
    NetworkSnapshot,
    PoolSnapshot,
    ReplicaStats,
)
from nompcore.requests import BlockRow, HistoryPoint, PaymentRow
from nompcore.upstream import UpstreamSnapshot

# A snapshot this many update intervals old no longer tells the present.
STALE_INTERVALS = 3

# jobmaker writes its snapshot every 5 s however short the update interval is.
STALE_FLOOR_SECONDS = 15

# Replicas pulse every few seconds; one silent this long is gone or cut off.
REPLICA_SILENCE_MS = 30_000

# A pool with more stratum processes than this is not ours; the bound keeps junk pulses from filling memory.
MAX_REPLICAS = 256

MS = 1000

# Stands for a pool whose shares have not been tallied yet.
EMPTY_SNAPSHOT = PoolSnapshot(
    pool="",
    hashrate=0.0,
    worker_count=0,
    miner_count=0,
    valid_shares=0,
    invalid_shares=0,
    valid_blocks=0,
    invalid_blocks=0,
    blocks_pending=0,
    blocks_confirmed=0,
    blocks_orphaned=0,
    total_paid_sats=0,
    round_difficulty=0.0,
    workers=[],
    payments_state="unknown",
    time_ms=0,
)


@dataclass(frozen=True, slots=True)
class Pulse:
    """A replica's last report and when it arrived by our own clock (theirs may be off)."""

    stats: ReplicaStats
    heard_ms: int


@dataclass(slots=True)
class PoolLive:
    """Everything known of one pool."""

    network: NetworkSnapshot | None = None
    upstream: UpstreamSnapshot | None = None  # where it has upstream pools
    pool: PoolSnapshot | None = None
    history: list[HistoryPoint] = field(default_factory=list)  # oldest first
    blocks: list[BlockRow] = field(default_factory=list)  # as many as luck is told over, newest first
    recent_blocks: list[BlockRow] = field(default_factory=list)  # the first few of these
    recent_payments: list[PaymentRow] = field(default_factory=list)  # newest first
    payouts_answers: bool = False
    pulses: dict[str, Pulse] = field(default_factory=dict)


class LiveState:
    """The pools at present. `revision` moves with every gathering: what is derived can be kept until then."""

    def __init__(self, pools: Iterable[str], *, interval_seconds: float, retention_seconds: float) -> None:
        self.pools = {name: PoolLive() for name in pools}
        self.revision = 0
        self.gathered_ms = 0
        self._stale_ms = round(max(STALE_INTERVALS * interval_seconds, STALE_FLOOR_SECONDS) * MS)
        self._retention_ms = round(retention_seconds * MS)

    def gathered(self, now_ms: int) -> None:
        """Close one gathering: silent replicas leave, derived answers become outdated."""
        for live in self.pools.values():
            silent = [name for name, p in live.pulses.items() if now_ms - p.heard_ms > REPLICA_SILENCE_MS]
            for name in silent:
                del live.pulses[name]
        self.gathered_ms = now_ms
        self.revision += 1

    def hear(self, stats: ReplicaStats, now_ms: int) -> bool:
        """Keep a replica's pulse; False when its pool is not ours or holds too many replicas already."""
        live = self.pools.get(stats.pool)
        if live is None or (stats.replica not in live.pulses and len(live.pulses) >= MAX_REPLICAS):
            return False
        live.pulses[stats.replica] = Pulse(stats, now_ms)
        return True

    def last_history_ms(self, pool: str) -> int:
        """Time of the newest point held, 0 when there is none."""
        history = self.pools[pool].history
        return history[-1].time_ms if history else 0

    def add_history(self, pool: str, points: Iterable[HistoryPoint], now_ms: int) -> None:
        """Append the points newer than those held and drop what is older than the retention."""
        live, newest = self.pools[pool], self.last_history_ms(pool)
        live.history.extend(p for p in points if p.time_ms > newest)
        oldest = now_ms - self._retention_ms
        live.history = [p for p in live.history if p.time_ms >= oldest]

    def is_stale(
        self, snapshot: NetworkSnapshot | PoolSnapshot | UpstreamSnapshot | None, now_ms: int
    ) -> bool:
        """True when a snapshot is missing or too old to tell the present."""
        return snapshot is None or now_ms - snapshot.time_ms > self._stale_ms
