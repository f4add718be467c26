"""Past hashrates of single workers, in a real Redis: taken once a step, by whichever replica leads."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.figures import Figures
from services.payouts.counting.tallies import Tallies
from services.payouts.counting.tally_batch import fold
from services.payouts.counting.trails import (
    SETTLE_SECONDS,
    SHOWN_WORKERS,
    STEP_SECONDS,
    STEPS,
    Trails,
    rate_at,
    record,
)
from services.payouts.failpoint import Failpoints
from tests.unit.payouts_samples import POOL, share, share_batch, stored

STEP_MS = STEP_SECONDS * 1000
FIRST_MS = 4_000_000_000_000 // STEP_MS * STEP_MS
"""Far from now: buckets of this time do not end while the test runs."""

HASHES = WORK_PER_DIFFICULTY / STEP_SECONDS
"""Hashes per second of one share of difficulty 1 in a step; the multiplier is 1."""


class World:
    """One pool whose clock is the test's."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.tallies = Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())
        self.trails = self.replica()
        self._sequence = 0

    def replica(self) -> Trails:
        """As another process has them."""
        figures = Figures(self.redis, POOL, window_seconds=300, multiplier=1)
        return Trails(self.redis, figures, POOL, window_seconds=300)

    async def mine(self, step: int, **difficulties: float) -> None:
        """Shares in the middle of a step; `a_1=2` is one of worker `a.1`."""
        time_ms = FIRST_MS + step * STEP_MS + STEP_MS // 2
        shares = [
            share(name.replace("_", "."), value, time_ms=time_ms) for name, value in difficulties.items()
        ]
        after, self._sequence = self._sequence, self._sequence + 1
        batch = fold(stored(share_batch(shares), first=self._sequence))
        assert batch is not None
        await self.tallies.apply(after, batch)


def taken_at(step: int) -> int:
    """When a step can be taken, at the earliest."""
    return FIRST_MS + (step + 1) * STEP_MS + SETTLE_SECONDS * 1000


async def test_each_step_is_what_was_mined_in_it(redis: Redis) -> None:
    world = World(redis)
    await world.mine(0, a_1=2.0, a_2=1.0, b=8.0)
    await world.trails.take(taken_at(0))
    await world.mine(1, a_2=4.0)
    await world.trails.take(taken_at(1))

    trail = await world.trails.of("a", taken_at(1))
    assert trail.first_ms == FIRST_MS
    assert trail.hashrates == pytest.approx([3 * HASHES, 4 * HASHES])
    assert [*trail.workers] == ["a.2", "a.1"]  # the strongest first
    assert trail.workers["a.1"] == pytest.approx([2 * HASHES, 0.0])


async def test_a_step_is_taken_once_and_not_before_it_is_over(redis: Redis) -> None:
    world = World(redis)
    await world.mine(0, a=2.0)
    await world.trails.take(taken_at(0) - 1)
    assert (await world.trails.of("a", taken_at(0))).hashrates == []
    await world.trails.take(taken_at(0))
    await world.mine(0, a=5.0)  # too late
    for trails in (world.trails, world.replica()):
        await trails.take(taken_at(0) + 1)
        assert (await trails.of("a", taken_at(0))).hashrates == pytest.approx([2 * HASHES])


async def test_a_step_that_nobody_could_take_is_a_gap(redis: Redis) -> None:
    world = World(redis)
    await world.mine(0, a=1.0)
    await world.trails.take(taken_at(0))
    await world.mine(1, a=1.0)
    await world.mine(2, a=3.0)
    await world.replica().take(taken_at(1) + 300_000)  # its first buckets may have ended
    await world.replica().take(taken_at(2))
    assert (await world.trails.of("a", taken_at(2))).hashrates == pytest.approx([HASHES, None, 3 * HASHES])


async def test_a_day_later_nothing_of_it_is_shown_and_soon_nothing_is_kept(redis: Redis) -> None:
    world = World(redis)
    await world.mine(0, a=2.0)
    await world.trails.take(taken_at(0))
    later = STEPS  # the same place of the ring
    await world.mine(later, b=1.0)
    await world.trails.take(taken_at(later))
    assert (await world.trails.of("a", taken_at(later))).hashrates == [0.0]
    lives = [await redis.ttl(key) async for key in redis.scan_iter("nomp-trails:*")]
    assert len(lives) == 3  # a, b and the pool
    assert all(0 < seconds <= (STEPS + 1) * STEP_SECONDS for seconds in lives)


async def test_of_very_many_workers_the_strongest_are_shown_and_all_are_counted(redis: Redis) -> None:
    world = World(redis)
    count = 3 * SHOWN_WORKERS
    await world.mine(0, **{f"a_{number}": float(number + 1) for number in range(count)})
    await world.trails.take(taken_at(0))
    trail = await world.trails.of("a", taken_at(0))
    assert [*trail.workers] == [f"a.{number}" for number in range(count - 1, count - 1 - SHOWN_WORKERS, -1)]
    assert trail.hashrates == pytest.approx([HASHES * count * (count + 1) / 2])


async def test_nobody_is_known_of_an_address_without_workers(redis: Redis) -> None:
    world = World(redis)
    await world.mine(0, a=2.0)
    await world.trails.take(taken_at(0))
    trail = await world.trails.of("nobody", taken_at(0))
    assert (trail.hashrates, trail.workers) == ([], {})


def test_a_record_is_that_of_its_lap_only() -> None:
    step = FIRST_MS // STEP_MS
    ring = bytes(step % STEPS * len(record(step, 1.0))) + record(step, 1.5)
    assert rate_at(ring, step) == 1.5
    assert rate_at(ring, step + STEPS) is None
    assert rate_at(ring[:-1], step) is None
    assert rate_at(None, step) is None
    assert rate_at(bytes(len(ring)), step) is None
