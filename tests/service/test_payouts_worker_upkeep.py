"""Workers' figures in a Redis of the first versions are taken over, and those long gone are forgotten."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from nompcore.messages import RejectCount
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.figures import Figures, WorkerFigures
from services.payouts.counting.tallies import Tallies, key_prefix
from services.payouts.counting.tally_batch import fold
from services.payouts.counting.worker_upkeep import REFUSED_LIFE_SECONDS, WORKER_LIFE_SECONDS
from services.payouts.failpoint import Failpoints
from tests.service.tally_dump import dump
from tests.unit.payouts_samples import POOL, share, share_batch, stored

PREFIX = key_prefix(POOL)
NOW_MS = int(time.time() * 1000)


@pytest.fixture
def tallies(redis: Redis) -> Tallies:
    return Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())


async def figures_of(redis: Redis, address: str) -> list[WorkerFigures]:
    return await Figures(redis, POOL, window_seconds=300, multiplier=1).miner(address, NOW_MS)


async def fill_as_the_first_versions_did(redis: Redis) -> None:
    """Two workers of one miner, and a name that only ever had shares refused."""
    await redis.set(PREFIX + "sequence", 40)
    await redis.hset(PREFIX + "round:current", "a", str(5 * WORK_PER_DIFFICULTY))
    await redis.hset(PREFIX + "round:workers", "a.1", str(5 * WORK_PER_DIFFICULTY))
    for name, valid, best, last_ms in (("a.1", 12, "64.5", NOW_MS), ("a.2", 1, "2.0", NOW_MS - 9)):
        figures: dict[Any, Any] = {"valid": valid, "best": best, "last_ms": last_ms}
        figures |= {"address": "a", "ip": "192.0.2.9"}
        await redis.hset(f"{PREFIX}worker:{name}", mapping=figures)
    await redis.hset(PREFIX + "worker:a.1", "invalid:stale", "2")
    await redis.hset(PREFIX + "worker:nobody", mapping={"invalid:duplicate": 7})
    await redis.zadd(PREFIX + "miner:a", {"a.1": NOW_MS, "a.2": NOW_MS - 9})


async def test_figures_of_the_first_versions_are_taken_over_once(redis: Redis, tallies: Tallies) -> None:
    await fill_as_the_first_versions_did(redis)
    assert await tallies.workers.take_over() == 3
    first, second = await figures_of(redis, "a")
    assert (first.worker, first.valid, first.invalid, first.best_share_difficulty) == (
        "a.1", 12, {"stale": 2}, 64.5,
    )  # fmt: skip
    assert (first.last_share_ms, first.ip, first.round_difficulty) == (NOW_MS, "192.0.2.9", 5)
    assert (second.worker, second.valid) == ("a.2", 1)
    assert await redis.hexists(PREFIX + "workers:refused", "nobody")
    assert not [key async for key in redis.scan_iter(PREFIX + "worker:*")]
    assert not await redis.exists(PREFIX + "miner:a")
    before = await dump(redis)
    assert await tallies.workers.take_over() == 0
    assert await dump(redis) == before


async def test_shares_go_on_where_the_first_versions_were(redis: Redis, tallies: Tallies) -> None:
    await fill_as_the_first_versions_did(redis)
    await tallies.workers.take_over()
    assert await tallies.position() == 40
    await tallies.apply(40, fold(stored(share_batch([share("a.1", 2, time_ms=NOW_MS)]), first=41)))
    (first, _) = await figures_of(redis, "a")
    assert (first.valid, first.round_difficulty) == (13, 7)


async def test_an_interrupted_take_over_goes_on(redis: Redis, tallies: Tallies) -> None:
    """Some were moved, and have shares since."""
    await tallies.apply(0, fold(stored(share_batch([share("a.1", 1, time_ms=NOW_MS)]))))
    await fill_as_the_first_versions_did(redis)
    await tallies.workers.take_over()
    first, second = await figures_of(redis, "a")
    assert (first.worker, first.valid, second.valid) == ("a.1", 13, 1)


async def test_workers_are_forgotten_when_the_log_has_forgotten_them(redis: Redis, tallies: Tallies) -> None:
    long_ago_ms = NOW_MS - WORKER_LIFE_SECONDS * 1000 - 60_000
    rejects = [RejectCount(worker="a.old", reason="stale", count=1)]
    shares = [share("a.old", 1, time_ms=long_ago_ms), share("a.new", 1, time_ms=NOW_MS)]
    await tallies.apply(0, fold(stored(share_batch(shares, rejects=rejects))))
    await tallies.workers.forget()
    assert [worker.worker for worker in await figures_of(redis, "a")] == ["a.new"]
    for key in ("valid", "best", "seen", "home", "invalid"):
        assert not await redis.hexists(f"{PREFIX}workers:{key}", "a.old")
    assert await redis.hexists(PREFIX + "workers:valid", "a.new")


async def test_names_without_a_share_are_forgotten_sooner(redis: Redis, tallies: Tallies) -> None:
    names = ("old", "new", "worker")
    rejects = [RejectCount(worker=name, reason="stale", count=1) for name in names]
    await tallies.apply(0, fold(stored(share_batch([], rejects=rejects))))
    await tallies.apply(1, fold(stored(share_batch([share("worker", time_ms=NOW_MS)]), first=2)))
    ended = NOW_MS // 1000 - REFUSED_LIFE_SECONDS - 60
    await redis.hset(PREFIX + "workers:refused", mapping={"old": ended, "worker": ended})
    await tallies.workers.forget()
    assert sorted(await redis.hkeys(PREFIX + "workers:invalid")) == [b"new", b"worker"]
    assert await redis.hkeys(PREFIX + "workers:refused") == [b"new"]


async def test_a_worker_that_moves_to_another_address_is_that_miners(redis: Redis, tallies: Tallies) -> None:
    await tallies.apply(0, fold(stored(share_batch([share("a.1", time_ms=NOW_MS)]))))
    moved = msgspec.structs.replace(share("a.1", time_ms=NOW_MS), address="b")
    await tallies.apply(1, fold(stored(share_batch([moved]), first=2)))
    assert await figures_of(redis, "a") == []
    assert [worker.worker for worker in await figures_of(redis, "b")] == ["a.1"]
