"""Extranonce1 prefixes over a real NATS: taken in turn, kept through an outage, lost only to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from nompcore.bus import Bus
from nompcore.jetstream import bucket_config
from nompcore.subject_kinds import Bucket
from nompcore.subjects import STRATUM
from services.stratum.extranonce import INDICES, ORDINARY, upstream_layout
from services.stratum.prefixes import Prefixes
from tests.servers import NatsServer, wait_until

Connect = Callable[..., Awaitable[Bus]]

QUICK = Bucket("quick-extranonce", (STRATUM,), (STRATUM,), ttl_seconds=2.0)


@dataclass(slots=True)
class Replica:
    bus: Bus
    prefixes: Prefixes
    held: int = 0
    lapsed: int = 0
    lost: list[str] = field(default_factory=list)

    def on_held(self) -> None:
        self.held += 1

    def on_lapsed(self) -> None:
        self.lapsed += 1


@pytest.fixture
async def connect(connect_bus: Connect, nats_server: NatsServer) -> Connect:
    """Like `connect_bus`, with leases that end in seconds."""
    async with nats_server.operator() as client:
        await client.jetstream().add_stream(bucket_config(QUICK))
    return connect_bus


@asynccontextmanager
async def running(connect: Connect, name: str) -> AsyncIterator[Replica]:
    """A replica that holds a prefix."""
    bus = await connect(STRATUM, replica=name)
    replica = Replica(bus, Prefixes(bus, name, QUICK))
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(
            replica.prefixes.run(replica.on_held, replica.on_lapsed, replica.lost.append)
        )
        await wait_until(lambda: replica.held > 0, what="a prefix is held")
        try:
            yield replica
        finally:
            task.cancel()


def prefix_of(replica: Replica) -> int:
    taken = replica.prefixes.take()
    assert taken is not None
    return int(taken[:4], 16)


async def test_prefixes_are_taken_in_turn_also_after_they_were_given_back(connect: Connect) -> None:
    async with running(connect, "one") as one, running(connect, "two") as two:
        first, second = prefix_of(one), prefix_of(two)
    async with running(connect, "three") as three:
        third = prefix_of(three)

    assert {first, second} | {third} == {(first + step) % 65536 for step in range(3)}
    assert third == (max(first, second, key=lambda one: (one - first) % 65536) + 1) % 65536


async def test_before_a_prefix_is_used_up_another_one_is_leased(connect: Connect) -> None:
    async with running(connect, "one") as one:
        given = [one.prefixes.take() for _ in range(INDICES - ORDINARY.scarce + 1)]
        await wait_until(lambda: one.held == 2, what="the second prefix")
        given += [one.prefixes.take() for _ in range(ORDINARY.scarce)]

    assert None not in given
    assert len(set(given)) == len(given) == INDICES + 1


async def test_an_outage_longer_than_the_lease_costs_nobody_the_prefix(
    connect: Connect, nats_server: NatsServer
) -> None:
    async with running(connect, "one") as one:
        before = one.prefixes.take()
        await nats_server.kill()
        await wait_until(lambda: one.lapsed == 1, what="the lease lapses")

        assert one.prefixes.take() is None
        assert not one.prefixes.held
        await nats_server.start()
        await wait_until(lambda: one.held == 2, what="it is regained")

        after = one.prefixes.take()
        assert before is not None
        assert after is not None
        assert int(after, 16) == int(before, 16) + 1
        assert one.lost == []


async def test_a_prefix_that_somebody_else_has_is_lost_and_another_one_is_leased(connect: Connect) -> None:
    async with running(connect, "one") as one:
        first = prefix_of(one)

        await one.bus.bucket(QUICK).put(f"{first:04x}", b"somebody else")

        await wait_until(lambda: one.held == 2, what="another prefix")
        assert one.lost == [f"{first:04x}"]
        assert prefix_of(one) == (first + 1) % 65536


class Moving:
    """Jobs of one block after the other."""

    serial = oldest_serial = 1


async def test_what_is_given_back_while_the_lease_has_lapsed_is_given_again(
    connect: Connect, nats_server: NatsServer
) -> None:
    """Miners leave during an outage as well, and short extranonce1 are few."""
    bus, jobs, lapsed = await connect(STRATUM, replica="one"), Moving(), asyncio.Event()
    own = Prefixes(bus, "one", QUICK, layout=upstream_layout("ltc"), jobs=jobs)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(own.run(lambda: None, lapsed.set, lambda prefix: None))
        await wait_until(lambda: own.held, what="a prefix")
        taken = own.take()
        assert taken is not None

        await nats_server.kill()
        await lapsed.wait()
        own.give_back(taken)
        jobs.serial = jobs.oldest_serial = 2
        await nats_server.start()
        await wait_until(lambda: own.held, what="it is regained")

        assert own.take() == taken
        running.cancel()


class StandingStill:
    """Jobs of one block."""

    serial = oldest_serial = 1


async def test_a_pool_of_its_own_prefixes_gives_no_two_miners_of_two_replicas_the_same(
    connect: Connect,
) -> None:
    layout = upstream_layout("ltc")
    async with asyncio.TaskGroup() as tasks:
        buses = [await connect(STRATUM, replica=name) for name in ("one", "two")]
        replicas = [Prefixes(bus, "r", QUICK, layout=layout, jobs=StandingStill()) for bus in buses]
        running = [
            tasks.create_task(each.run(lambda: None, lambda: None, lambda prefix: None)) for each in replicas
        ]
        given: list[str] = []
        for _ in range(300):
            for each in replicas:
                await wait_until(lambda of=each: of.held, what="a prefix")
                taken = each.take()
                assert taken is not None
                given.append(taken)
        for task in running:
            task.cancel()

    assert len(set(given)) == len(given) == 600
    assert {len(one) for one in given} == {4}
