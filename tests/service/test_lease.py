"""One owner at a time, against a real NATS server that also dies and falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nompcore import metrics
from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.jetstream import bucket_config
from nompcore.lease import Lease
from nompcore.subject_kinds import Bucket
from nompcore.subjects import PAYOUTS
from tests.servers import NatsServer, wait_until

Connect = Callable[..., Awaitable[Bus]]

TTL_SECONDS = 2.0
QUICK = Bucket("quick", (PAYOUTS,), (PAYOUTS,), ttl_seconds=TTL_SECONDS)
KEY = "pool.litecoin"


@pytest.fixture
async def connect(connect_bus: Connect, nats_server: NatsServer) -> Connect:
    """Like `connect_bus`, with a bucket of a short time to live in place."""
    async with nats_server.operator() as client:
        await client.jetstream().add_stream(bucket_config(QUICK))
    return connect_bus


async def held(bus: Bus, owner: str = "one") -> Lease:
    """The lease, which is known to be free."""
    lease = await Lease.acquire(bus, QUICK, KEY, owner)
    assert lease is not None
    return lease


async def renewed(bus: Bus, times: int) -> None:
    """Returns when the key has changed that many times more."""
    first: int | None = None

    async def often_enough() -> bool:
        nonlocal first
        entry = await bus.bucket(QUICK).get(KEY)
        assert entry is not None
        first = first or entry.revision
        return entry.revision >= first + times

    await wait_until(often_enough)


async def test_a_lease_has_one_owner_until_it_is_released(connect: Connect) -> None:
    one, two = await connect("payouts"), await connect("payouts")

    async with await held(one) as lease:
        assert lease.held
        assert await Lease.acquire(two, QUICK, KEY, "two") is None

    assert not lease.held
    assert lease.lost.is_set()
    assert (await held(two, "two")).held


async def test_a_lease_is_renewed_for_as_long_as_it_is_wanted(connect: Connect) -> None:
    one, two = await connect("payouts"), await connect("payouts")

    async with await held(one) as lease:
        # a renewal every third of a life: ten of them are more than three lives
        await renewed(two, 10)
        assert lease.held
        assert await Lease.acquire(two, QUICK, KEY, "two") is None


async def test_without_renewal_the_owner_stops_before_the_next_one_starts(connect: Connect) -> None:
    one, two = await connect("payouts"), await connect("payouts")
    abandoned = await held(one)
    held_when_taken: list[bool] = []

    async with asyncio.timeout(30):
        taken = await Lease.wait(two, QUICK, KEY, "two")
        held_when_taken.append(abandoned.held)

    assert taken.held
    assert held_when_taken == [False]


async def test_waiting_for_a_lease_ends_soon_after_its_release(connect: Connect) -> None:
    one, two = await connect("payouts"), await connect("payouts")

    async with asyncio.TaskGroup() as tasks:
        async with await held(one):
            waiting = tasks.create_task(Lease.wait(two, QUICK, KEY, "two"))
            await asyncio.sleep(0)
            assert not waiting.done()
        async with asyncio.timeout(30):
            taken = await waiting

    assert taken.held


async def test_a_lease_is_lost_when_nats_is_away(connect: Connect, nats_server: NatsServer) -> None:
    one = await connect("payouts")
    lost = metrics.LEASES_LOST.labels(QUICK.name)
    before = lost._value.get()

    async with await held(one) as lease:
        await nats_server.kill()
        async with asyncio.timeout(30):
            await lease.lost.wait()
        assert not lease.held

    assert lost._value.get() == before + 1


async def test_a_lease_is_lost_when_nats_is_silent(connect: Connect, nats_server: NatsServer) -> None:
    one = await connect("payouts")

    async with await held(one) as lease:
        nats_server.freeze()
        async with asyncio.timeout(30):
            await lease.lost.wait()
        assert not lease.held
        nats_server.thaw()


async def test_a_short_absence_of_nats_does_not_cost_the_lease(
    connect: Connect, nats_server: NatsServer
) -> None:
    one, two = await connect("payouts"), await connect("payouts")

    async with await held(one) as lease:
        await nats_server.restart_after_kill()
        await wait_until(lambda: one.connected and two.connected)
        await renewed(two, 4)
        assert lease.held
        assert await Lease.acquire(two, QUICK, KEY, "two") is None


async def test_a_lease_that_somebody_else_took_is_lost_at_the_next_renewal(connect: Connect) -> None:
    one, two = await connect("payouts"), await connect("payouts")

    async with await held(one) as lease:
        await two.bucket(QUICK).put(KEY, b"an operator's doing")
        async with asyncio.timeout(30):
            await lease.lost.wait()
        assert not lease.held

    entry = await two.bucket(QUICK).get(KEY)
    assert entry is not None
    assert entry.value == b"an operator's doing"


async def test_a_renewal_that_was_done_but_not_answered_keeps_the_lease(connect: Connect) -> None:
    one = await connect("payouts")

    async with await held(one) as lease:
        bucket = one.bucket(QUICK)
        entry = await bucket.get(KEY)
        assert entry is not None
        # what the server has after a renewal whose answer was lost on the way
        revision = await bucket.update(KEY, entry.value, entry.revision)
        assert revision is not None

        async def was_renewed() -> bool:
            now = await bucket.get(KEY)
            return now is not None and now.revision > revision

        await wait_until(was_renewed)
        assert lease.held


async def test_a_lease_taken_by_a_process_of_the_same_name_is_lost(connect: Connect) -> None:
    one, namesake = await connect("payouts"), await connect("payouts")

    async with await held(one, "pool-1") as lease:
        await namesake.bucket(QUICK).delete(KEY)
        await held(namesake, "pool-1")
        async with asyncio.timeout(30):
            await lease.lost.wait()


async def test_an_earlier_process_of_the_same_name_counts_as_somebody_else(connect: Connect) -> None:
    one = await connect("payouts")
    await held(one, "pool-1")

    assert await Lease.acquire(one, QUICK, KEY, "pool-1") is None


async def test_an_error_of_the_leased_work_is_raised_as_it_is_and_releases(connect: Connect) -> None:
    one, two = await connect("payouts"), await connect("payouts")

    with pytest.raises(ZeroDivisionError):
        async with await held(one):
            raise ZeroDivisionError

    assert await Lease.acquire(two, QUICK, KEY, "two") is not None


async def test_a_lapsed_lease_is_regained_while_nobody_else_has_it(
    connect: Connect, nats_server: NatsServer
) -> None:
    one, two = await connect("payouts"), await connect("payouts")
    lease = await Lease.acquire(one, QUICK, KEY, "one")
    assert lease is not None
    async with lease:
        await nats_server.kill()
        await asyncio.wait_for(lease.lost.wait(), 30)
    await nats_server.start()
    await wait_until(lambda: one.connected and two.connected)

    again = await lease.regain()

    assert again is not None
    assert again.held
    assert await Lease.acquire(two, QUICK, KEY, "two") is None


async def test_a_lease_that_somebody_else_took_is_not_regained(connect: Connect) -> None:
    one, two = await connect("payouts"), await connect("payouts")
    lease = await Lease.acquire(one, QUICK, KEY, "one")
    assert lease is not None
    await two.bucket(QUICK).put(KEY, b"two")

    assert await lease.regain() is None


async def test_without_nats_nothing_is_acquired(connect: Connect, nats_server: NatsServer) -> None:
    one = await connect("payouts")
    await nats_server.kill()
    await wait_until(lambda: not one.connected)

    with pytest.raises(BusUnavailable):
        await Lease.acquire(one, QUICK, KEY, "one")


async def test_waiting_for_a_lease_outlasts_an_absence_of_nats(
    connect: Connect, nats_server: NatsServer
) -> None:
    one = await connect("payouts")
    await nats_server.kill()
    await wait_until(lambda: not one.connected)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(Lease.wait(one, QUICK, KEY, "one"))
        await nats_server.start()
        assert (await waiting).held
