"""Several payouts: they share the pools, a dead one's go to the others, and a stopped one does no harm."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from nompcore.bus import Bus
from nompcore.subjects import LEASES, SHARE_BATCH
from nompcore.target import WORK_PER_DIFFICULTY as ONE
from services.payouts.counting.redis_client import connect
from tests.servers import wait_until
from tests.service.payouts_pools import Command, write_pools
from tests.unit.payouts_samples import share, share_batch

Connect = Callable[..., Awaitable[Bus]]

POOLS = ["pool-a", "pool-b", "pool-c", "pool-d"]
DEADLINE_SECONDS = 60.0


class Stage:
    """Four pools, one Redis, one ledger, and as many payouts as a test wants."""

    def __init__(self, directory: Path, bus: Bus, redis: Redis, urls: dict[str, str]) -> None:
        self.bus, self.redis = bus, redis
        self._directory, self._urls = directory, urls
        self.replicas: list[Command] = []
        self.published = dict.fromkeys(POOLS, 0)

    def start(self, name: str) -> Command:
        """One more payouts."""
        replica = Command(self._directory, replica=name, **self._urls)
        replica.start()
        self.replicas.append(replica)
        return replica

    async def leaders(self) -> list[str]:
        """Who leads each pool; empty for nobody."""
        entries = [await self.bus.bucket(LEASES).get(f"payouts.{pool}") for pool in POOLS]
        return [entry.value.decode().partition(" ")[0] if entry else "" for entry in entries]

    async def until_led(self, counts: dict[str, int]) -> None:
        """Wait until each replica leads so many."""

        async def so_many() -> bool:
            leaders = await self.leaders()
            return {name: leaders.count(name) for name in counts} == counts

        await wait_until(so_many, seconds=DEADLINE_SECONDS, what=f"{counts}, it is {await self.leaders()}")

    async def mine(self, times: int = 1) -> None:
        """Shares for every pool."""
        now_ms = time.time_ns() // 1_000_000
        for _ in range(times):
            for pool in POOLS:
                batch = share_batch([share("a.1", 1, time_ms=now_ms)], pool=pool)
                await self.bus.publish(SHARE_BATCH, batch, pool=pool)
                self.published[pool] += 1

    async def until_counted(self) -> None:
        """Wait until every share is in the tallies; none is there twice."""

        async def all_counted() -> bool:
            return await self.work() == {pool: count * ONE for pool, count in self.published.items()}

        await wait_until(all_counted, seconds=DEADLINE_SECONDS, what=f"all shares counted {self.published}")

    async def work(self) -> dict[str, int]:
        """What the tallies have of each pool's running round."""
        return {
            pool: int(await self.redis.hget(f"nomp:{{{pool}}}:round:current", "a") or 0) for pool in POOLS
        }


@pytest.fixture
async def stage(tmp_path: Path, connect_bus: Connect, nats_url: str, valkey_url: str) -> AsyncIterator[Stage]:
    write_pools(tmp_path, POOLS)
    await connect_bus("stratum")
    bus = await connect_bus("payouts")
    urls = {"nats_url": nats_url, "redis_url": valkey_url, "ledger_url": f"sqlite:///{tmp_path}/ledger.db"}
    async with connect(valkey_url) as redis:
        made = Stage(tmp_path, bus, redis, urls)
        try:
            yield made
        finally:
            for replica in made.replicas:
                await replica.kill()


async def test_two_share_the_pools_and_one_goes_on_with_all_of_them(stage: Stage) -> None:
    one = stage.start("one")
    await stage.until_led({"one": 4})  # the first takes them all: better than that nobody does
    await stage.mine()
    stage.start("two")
    await stage.until_led({"one": 2, "two": 2})
    await stage.mine(3)
    await stage.until_counted()

    await one.kill()
    await stage.mine(2)
    await stage.until_led({"two": 4})
    await stage.until_counted()


async def test_a_leader_that_was_stopped_and_goes_on_counts_nothing_twice(stage: Stage) -> None:
    one, two = stage.start("one"), stage.start("two")
    await stage.until_led({"one": 2, "two": 2})
    await stage.mine(5)
    await stage.until_counted()

    assert one.process is not None
    one.process.freeze()
    await stage.mine(5)
    await stage.until_led({"two": 4})
    await stage.until_counted()
    one.process.thaw()  # it believes for a moment that it leads, and finds the tallies moved on
    await stage.mine(5)
    await stage.until_counted()
    await stage.until_led({"one": 2, "two": 2})
    await stage.mine(5)
    await stage.until_counted()
    for replica in (one, two):
        assert "crashed" not in replica.output
        assert "share log was" not in replica.output  # neither cut nor reset
