"""One pool, looked at: what is not as operators were told last is published, and written down.

Any number of replicas do the same. What they publish of one change has one id, so that the stream keeps it
once, and whoever writes down first is believed by the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from nompcore.bucket import Entry
from nompcore.bus import Bus
from nompcore.messages import NetworkSnapshot, PoolSnapshot, ReplicaStats
from nompcore.subjects import (
    ALERT,
    ALERTED,
    JOBMAKER,
    LEADERS,
    LEASES,
    PAYOUTS,
    STATS,
    lease_key,
    network_key,
    pool_key,
)
from services.notifier.metrics import ALERTS_RAISED, TOLD_UNREADABLE
from services.notifier.watch.bans import BanCount
from services.notifier.watch.daemons import observed_daemons
from services.notifier.watch.hashrate import averaged, observed_hashrate
from services.notifier.watch.leaders import observed_leader, owner_of
from services.notifier.watch.observed import Observed
from services.notifier.watch.replicas import Pulse, observed_replicas
from services.notifier.watch.settling import Unsettled
from services.notifier.watch.told import PoolTold, told_bytes, told_of
from services.notifier.watch.verdicts import FORGET_MS, Verdict, judge

FRESH_MS = 30_000
"""A snapshot that is not renewed for so long says nothing of the daemons."""

POOL_SNAPSHOT_MS = 30_000
"""payouts renews it at the pace of the web site; with all its workers it may have half a megabyte."""


class PoolWatch:
    """Of one pool. What it hears is kept in memory, what it told in KV."""

    def __init__(self, bus: Bus, pool: str, now_ms: Callable[[], int]) -> None:
        self._bus = bus
        self._pool = pool
        self._now_ms = now_ms
        self._listening_since_ms = now_ms()
        self._pulses: dict[str, Pulse] = {}
        self._bans = BanCount(now_ms())
        self._unsettled: Mapping[str, Unsettled] = {}
        self._network_time_ms = 0
        self._network_renewed_ms = 0
        self._pool_loaded_ms = 0

    def hear(self, stats: ReplicaStats) -> None:
        """A replica lives."""
        self._pulses[stats.replica] = Pulse(self._now_ms(), stats.draining)

    def banned(self) -> None:
        """An address more is banned."""
        self._bans.add(self._now_ms())

    def listen_anew(self) -> None:
        """What was sent until now may not have been heard."""
        self._listening_since_ms = self._now_ms()

    async def look(self) -> None:
        """Once. Raises BusError; then the next look makes good what was not done."""
        now_ms = self._now_ms()
        entry = await self._bus.bucket(ALERTED).get(self._key)
        before = self._read(entry)
        told = await self._with_average(before, now_ms)
        observations = await self._observations(told, now_ms)
        verdict = judge(self._pool, told, self._unsettled, observations, now_ms)
        await self._tell(verdict)
        if verdict.told != before:
            await self._write_down(verdict.told, entry)
        self._unsettled = verdict.unsettled

    @property
    def _key(self) -> str:
        return f"pool.{self._pool}"

    def _read(self, entry: Entry | None) -> PoolTold:
        """Nothing where nothing was told yet, or where it cannot be read."""
        told = told_of(entry.value) if entry else PoolTold()
        if told is None:
            TOLD_UNREADABLE.labels(self._pool).inc()
            return PoolTold()
        return told

    async def _with_average(self, told: PoolTold, now_ms: int) -> PoolTold:
        if now_ms - self._pool_loaded_ms < POOL_SNAPSHOT_MS:
            return told
        snapshot = await self._bus.bucket(STATS).load(pool_key(self._pool), PoolSnapshot)
        self._pool_loaded_ms = now_ms
        if snapshot is None:
            return told
        average = averaged(told.average, snapshot.hashrate, snapshot.time_ms)
        return msgspec.structs.replace(told, average=average)

    async def _observations(self, told: PoolTold, now_ms: int) -> list[Observed]:
        self._forget_silent(now_ms)
        known = told.names("replica")
        bans = self._bans.observed(self._pool, told.state_of("bans:pool"), now_ms)
        return [
            *await self._daemons(now_ms),
            *observed_replicas(self._pool, known, self._pulses, self._listening_since_ms, now_ms),
            *[await self._leader(service, told) for service in (JOBMAKER, PAYOUTS)],
            observed_hashrate(self._pool, told.average),
            *([bans] if bans else []),
        ]

    async def _daemons(self, now_ms: int) -> list[Observed]:
        """None while jobmaker renews its snapshot no more."""
        snapshot = await self._bus.bucket(STATS).load(network_key(self._pool), NetworkSnapshot)
        if snapshot is None:
            return []
        if snapshot.time_ms != self._network_time_ms:
            self._network_time_ms, self._network_renewed_ms = snapshot.time_ms, now_ms
        return observed_daemons(snapshot) if now_ms - self._network_renewed_ms < FRESH_MS else []

    async def _leader(self, service: str, told: PoolTold) -> Observed:
        bucket = self._bus.bucket(LEADERS if service == JOBMAKER else LEASES)
        entry = await bucket.get(lease_key(service, self._pool))
        owner = owner_of(entry.value if entry else None)
        return observed_leader(self._pool, service, owner, told.state_of(f"leader:{service}"))

    def _forget_silent(self, now_ms: int) -> None:
        self._pulses = {
            name: pulse for name, pulse in self._pulses.items() if now_ms - pulse.heard_ms < FORGET_MS
        }

    async def _tell(self, verdict: Verdict) -> None:
        for alert in verdict.alerts:
            await self._bus.publish(ALERT, alert, pool=self._pool, msg_id=alert.alert_id)
            ALERTS_RAISED.labels(self._pool, alert.kind).inc()

    async def _write_down(self, told: PoolTold, entry: Entry | None) -> None:
        """Where another replica was first, its word stands."""
        bucket = self._bus.bucket(ALERTED)
        if entry is None:
            await bucket.create(self._key, told_bytes(told))
        else:
            await bucket.update(self._key, told_bytes(told), entry.revision)
