"""Pools watched on real NATS by several replicas of the notifier: one alert a change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nompcore.alarms import OperatorAlert
from nompcore.bus import Bus
from nompcore.lease import Lease
from nompcore.messages import Ban, DaemonState, NetworkSnapshot, ReplicaStats
from nompcore.subjects import (
    ALERT,
    ALERTED,
    BANS,
    JOBMAKER,
    LEADERS,
    NOTIFIER,
    REPLICA_STATS,
    STATS,
    STRATUM,
    lease_key,
    network_key,
)
from nompcore.wire import encode
from services.notifier.watch.bans import STORM_BANS
from services.notifier.watch.daemons import SETTLE_MS
from services.notifier.watch.pool_watch import PoolWatch
from services.notifier.watch.watching import Watching
from tests.counted import counted
from tests.servers import wait_until
from tests.service.test_notifier_alerts import Hand
from tests.unit.api_samples import NOW_MS, POOL

Connect = Callable[..., Awaitable[Bus]]
LOOK_MS = 5_000


def network(time_ms: int, *states: str) -> NetworkSnapshot:
    """What jobmaker says of the daemons d0, d1 …"""
    return NetworkSnapshot(
        pool=POOL,
        chain="main",
        height=1,
        difficulty=1,
        network_hashrate=0,
        job_id="",
        daemons=[DaemonState(name=f"d{number}", state=state) for number, state in enumerate(states)],
        time_ms=time_ms,
    )


async def stored(bus: Bus) -> list[OperatorAlert]:
    """All alerts in the stream."""
    return [one.message for one in await bus.stretch(ALERT, POOL, 0)]


async def look_on(jobmaker: Bus, clock: Hand, watches: list[PoolWatch], for_ms: int, *states: str) -> None:
    """Time passes: jobmaker tells of its daemons, and everybody looks, every five seconds."""
    for _ in range(for_ms // LOOK_MS + 1):
        await jobmaker.bucket(STATS).store(network_key(POOL), network(clock.now_ms, *states))
        await asyncio.gather(*(watch.look() for watch in watches))
        clock.now_ms += LOOK_MS


async def test_replicas_tell_a_change_once_and_so_does_one_that_starts_later(connect_bus: Connect) -> None:
    clock = Hand()
    jobmaker = await connect_bus(JOBMAKER)
    watches = [PoolWatch(await connect_bus(NOTIFIER), POOL, clock) for _ in range(2)]
    await look_on(jobmaker, clock, watches, SETTLE_MS, "ok", "ok")
    await look_on(jobmaker, clock, watches, SETTLE_MS, "ok", "silent")
    notifier = await connect_bus(NOTIFIER)
    assert [alert.kind for alert in await stored(notifier)] == ["daemon.down"]

    late = PoolWatch(notifier, POOL, clock)
    await look_on(jobmaker, clock, [late], SETTLE_MS, "ok", "silent")
    await look_on(jobmaker, clock, [late, *watches], SETTLE_MS, "ok", "ok")
    assert [alert.kind for alert in await stored(notifier)] == ["daemon.down", "daemon.back"]


async def test_a_jobmaker_that_is_silent_leaves_its_daemons_as_they_were(connect_bus: Connect) -> None:
    clock = Hand()
    jobmaker, notifier = await connect_bus(JOBMAKER), await connect_bus(NOTIFIER)
    watch = PoolWatch(notifier, POOL, clock)
    await look_on(jobmaker, clock, [watch], LOOK_MS, "ok")
    await jobmaker.bucket(STATS).store(network_key(POOL), network(clock.now_ms, "silent"))
    for _ in range(3 * SETTLE_MS // LOOK_MS):
        await watch.look()
        clock.now_ms += LOOK_MS

    assert await stored(notifier) == []


async def test_another_leader_is_seen_by_its_lease(connect_bus: Connect) -> None:
    clock = Hand()
    jobmaker, notifier = await connect_bus(JOBMAKER), await connect_bus(NOTIFIER)
    watch = PoolWatch(notifier, POOL, clock)
    for owner in ("jobmaker-1", "jobmaker-2"):
        lease = await Lease.wait(jobmaker, LEADERS, lease_key(JOBMAKER, POOL), owner)
        async with lease:
            await look_on(jobmaker, clock, [watch], SETTLE_MS, "ok")

    (alert,) = await stored(notifier)
    assert (alert.kind, alert.subject, alert.was, alert.now) == (
        "leader.changed",
        "jobmaker",
        "jobmaker-1",
        "jobmaker-2",
    )


async def test_pulses_and_bans_are_heard(connect_bus: Connect) -> None:
    clock = Hand()
    stratum, jobmaker = await connect_bus(STRATUM), await connect_bus(JOBMAKER)
    notifier = await connect_bus(NOTIFIER)
    await put_bans(stratum, 0, STORM_BANS)
    watching, stop = Watching(notifier, [POOL], clock), asyncio.Event()
    watch = watching.pools[POOL]

    async def has_told() -> bool:
        await watch.look()
        return bool(await stored(notifier))

    async with asyncio.TaskGroup() as group:
        running = group.create_task(watching.run(stop))
        await watching.knows_bans.wait()
        assert not await has_told()
        await pulse(stratum)
        await put_bans(stratum, STORM_BANS, STORM_BANS)
        await wait_until(has_told, what="the storm is told")
        stop.set()
        await running
    await look_on(jobmaker, clock, [watch], SETTLE_MS, "ok")

    assert [(alert.kind, alert.subject) for alert in await stored(notifier)] == [
        ("bans.storm", "pool"),
        ("replica.lost", "stratum-7"),
    ]
    assert counted("nomp_notifier_alerts_raised_total", pool=POOL, kind="bans.storm") >= 1


async def pulse(stratum: Bus) -> None:
    """Of a replica that lives."""
    stats = ReplicaStats(
        pool=POOL,
        replica="stratum-7",
        connections=0,
        workers=0,
        accepted=0,
        rejected={},
        blocks=0,
        time_ms=NOW_MS,
    )
    await stratum.send(REPLICA_STATS, stats, pool=POOL, replica="stratum-7")


async def put_bans(stratum: Bus, first: int, count: int) -> None:
    """So many addresses more."""
    for number in range(first, first + count):
        group = f"192.0.2.{number}"
        ban = Ban(group=group, reason="junk", pool=POOL, replica="stratum-7", until_ms=2**53)
        await stratum.bucket(BANS).put(group.replace(".", "-"), encode(ban), ttl_seconds=600)


@pytest.mark.parametrize("kept", [b"[", b'{"things": {"daemon:d0": 7}}'])
async def test_what_cannot_be_read_begins_anew(connect_bus: Connect, kept: bytes) -> None:
    clock = Hand()
    jobmaker, notifier = await connect_bus(JOBMAKER), await connect_bus(NOTIFIER)
    await notifier.bucket(ALERTED).put(f"pool.{POOL}", kept)
    watch = PoolWatch(notifier, POOL, clock)
    await look_on(jobmaker, clock, [watch], SETTLE_MS, "silent")

    assert [alert.kind for alert in await stored(notifier)] == ["daemon.down"]
