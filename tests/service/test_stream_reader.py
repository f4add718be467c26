"""Reading a stream in order over crashes of NATS: nothing skipped, nothing twice, and losses told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from nompcore import messages as m
from nompcore import metrics
from nompcore.bus import Bus, Stored
from nompcore.errors import BusUnavailable, StreamGap, StreamReset
from nompcore.stream_reader import READING_MESSAGES
from nompcore.subjects import JOB, SHARE_BATCH
from tests.servers import NatsServer, wait_until
from tests.service.bus_samples import POOL, job, share_batch

Connect = Callable[..., Awaitable[Bus]]
Batches = AsyncIterator[list[Stored[m.ShareBatch]]]


async def take(batches: Batches, count: int) -> list[Stored[m.ShareBatch]]:
    """The next `count` messages."""
    taken: list[Stored[m.ShareBatch]] = []
    async with asyncio.timeout(60):
        while len(taken) < count:
            taken += await anext(batches)
    assert len(taken) == count
    return taken


async def publish(bus: Bus, numbers: range, pool: str = POOL) -> None:
    """Publishes batches, each until it is stored."""
    for number in numbers:
        await publish_until_stored(bus, number, pool)


async def publish_until_stored(bus: Bus, number: int, pool: str) -> None:
    """What stratum does while NATS is away: the same id again."""
    while True:
        try:
            await bus.publish(SHARE_BATCH, share_batch(number, pool), pool=pool, msg_id=f"{pool}-{number}")
        except BusUnavailable:
            await asyncio.sleep(0.05)
        else:
            return


def ids(stored: list[Stored[m.ShareBatch]]) -> list[int]:
    """The numbers of the batches."""
    return [int(one.message.batch_id) for one in stored]


async def test_a_reader_gets_the_messages_of_its_pool_in_order_and_then_new_ones(
    connect_bus: Connect,
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(3))
    await publish(stratum, range(3), pool="another")
    await publish(stratum, range(3, 6))
    batches = payouts.read(SHARE_BATCH, POOL, 0)

    old = await take(batches, 6)
    await publish(stratum, range(6, 8))
    new = await take(batches, 2)

    assert ids(old + new) == list(range(8))
    assert [one.sequence for one in old + new] == [1, 2, 3, 7, 8, 9, 10, 11]


async def test_a_reader_starts_after_the_sequence_it_knows(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(5))

    assert ids(await take(payouts.read(SHARE_BATCH, POOL, 3), 2)) == [3, 4]


async def test_more_than_a_batch_comes_in_several(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    async with asyncio.TaskGroup() as tasks:
        for number in range(1100):
            tasks.create_task(stratum.publish(SHARE_BATCH, share_batch(number), pool=POOL))

    stored = await take(payouts.read(SHARE_BATCH, POOL, 0), 1100)

    assert [one.sequence for one in stored] == list(range(1, 1101))


async def test_a_backlog_comes_in_full_readings(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    count = 5 * READING_MESSAGES + 1
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(stratum.publish(SHARE_BATCH, share_batch(number), pool=POOL))

    batches = payouts.read(SHARE_BATCH, POOL, 0)
    async with asyncio.timeout(60):
        sizes = [len(await anext(batches)) for _ in range(6)]

    assert sizes == [*[READING_MESSAGES] * 5, 1]


async def test_nothing_is_on_its_way_to_a_reader_that_rests(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(1))
    batches = payouts.read(SHARE_BATCH, POOL, 0)
    await take(batches, 1)

    await publish(stratum, range(1, 40))

    async with nats_server.operator() as client:
        (consumer,) = await client.jetstream().consumers_info("SHARES")
    assert consumer.delivered and consumer.delivered.consumer_seq == 1
    assert ids(await anext(batches)) == list(range(1, 40))


async def test_crashes_of_nats_cost_a_reader_nothing(connect_bus: Connect, nats_server: NatsServer) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    batches = payouts.read(SHARE_BATCH, POOL, 0)
    seen: list[int] = []

    async def read_all() -> None:
        while len(seen) < 300:
            seen.extend(ids(await anext(batches)))

    async def crash_twice() -> None:
        for enough in (50, 150):
            await wait_until(lambda enough=enough: len(seen) >= enough)
            await nats_server.restart_after_kill()

    async with asyncio.timeout(100), asyncio.TaskGroup() as tasks:
        tasks.create_task(publish(stratum, range(300)))
        tasks.create_task(read_all())
        tasks.create_task(crash_twice())

    assert seen == list(range(300))


async def test_a_reader_of_a_stream_in_memory_goes_on_after_a_crash(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker, stratum = await connect_bus("jobmaker"), await connect_bus("stratum")
    await jobmaker.publish(JOB, job(1), pool=POOL)
    await jobmaker.publish(JOB, job(2), pool=POOL)
    jobs = stratum.read(JOB, POOL, 0)
    assert [one.message for one in await anext(jobs)] == [job(2)]

    await nats_server.restart_after_kill()
    await wait_until(lambda: jobmaker.connected)
    await jobmaker.ensure()
    await jobmaker.publish(JOB, job(3), pool=POOL)

    async with asyncio.timeout(60):
        assert [one.message for one in await anext(jobs)] == [job(3)]


async def test_a_reader_finds_again_a_consumer_that_was_deleted(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(2))
    batches = payouts.read(SHARE_BATCH, POOL, 0)
    await take(batches, 2)

    async with nats_server.operator() as client:
        (consumer,) = await client.jetstream().consumers_info("SHARES")
        await client.jetstream().delete_consumer("SHARES", consumer.name)
    await publish(stratum, range(2, 4))

    assert ids(await take(batches, 2)) == [2, 3]


async def test_messages_removed_before_they_were_read_are_told_as_a_gap(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(10))
    async with nats_server.operator() as client:
        await client.jetstream().purge_stream("SHARES", seq=6)

    with pytest.raises(StreamGap) as caught:
        await anext(payouts.read(SHARE_BATCH, POOL, 3))

    assert (caught.value.after_sequence, caught.value.resume_after) == (3, 5)
    assert ids(await take(payouts.read(SHARE_BATCH, POOL, caught.value.resume_after), 5)) == [5, 6, 7, 8, 9]


async def test_what_other_pools_lost_is_no_gap_of_an_idle_one(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(2))
    await publish(stratum, range(6), pool="busy")

    await payouts.cut(SHARE_BATCH, "busy", 8)
    await payouts.cut(SHARE_BATCH, POOL, 2)
    await publish(stratum, range(2, 4))

    assert ids(await take(payouts.read(SHARE_BATCH, POOL, 2), 2)) == [2, 3]
    await publish(stratum, range(6, 7), pool="busy")
    assert ids(await take(payouts.read(SHARE_BATCH, "busy", 8), 1)) == [6]
    await publish(stratum, range(1), pool="new")
    assert ids(await take(payouts.read(SHARE_BATCH, "new", 0), 1)) == [0]


async def test_what_an_idle_pool_keeps_hides_no_gap_of_another(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(1), pool="idle")
    await publish(stratum, range(6))

    await payouts.cut(SHARE_BATCH, POOL, 6)

    with pytest.raises(StreamGap) as caught:
        await anext(payouts.read(SHARE_BATCH, POOL, 3))
    assert caught.value.resume_after == 5
    assert ids(await take(payouts.read(SHARE_BATCH, POOL, 5), 2)) == [4, 5]


async def test_only_its_cutter_cuts_a_stream_and_below_a_sequence_only(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(3))

    with pytest.raises(ValueError, match="not cut by stratum"):
        await stratum.cut(SHARE_BATCH, POOL, 3)
    for sequence in (0, 1):
        await payouts.cut(SHARE_BATCH, POOL, sequence)

    assert ids(await take(payouts.read(SHARE_BATCH, POOL, 0), 3)) == [0, 1, 2]
    assert (await payouts.log_state(SHARE_BATCH, POOL)).messages == 3


async def test_a_stream_that_was_read_to_its_end_and_then_emptied_has_no_gap(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(4))
    async with nats_server.operator() as client:
        await client.jetstream().purge_stream("SHARES")
    batches = payouts.read(SHARE_BATCH, POOL, 4)
    await publish(stratum, range(4, 5))

    assert ids(await take(batches, 1)) == [4]


async def test_data_of_nats_lost_while_reading_are_told_as_a_reset(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(3))
    batches = payouts.read(SHARE_BATCH, POOL, 0)
    await take(batches, 3)

    await nats_server.kill()
    nats_server.wipe()
    await nats_server.start()
    await wait_until(lambda: stratum.connected)
    await stratum.ensure()
    await publish(stratum, range(100, 110))  # the new stream is longer than the position

    async with asyncio.timeout(60):
        with pytest.raises(StreamReset):
            await anext(batches)


async def test_a_position_beyond_the_end_of_the_stream_is_told_as_a_reset(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(3))

    with pytest.raises(StreamReset) as caught:
        await anext(payouts.read(SHARE_BATCH, POOL, 4))

    assert (caught.value.after_sequence, caught.value.last_sequence) == (4, 3)


async def test_a_message_that_is_no_batch_is_counted_and_passed(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    undecodable = metrics.BUS_UNDECODABLE.labels(SHARE_BATCH.pattern)
    before = undecodable._value.get()
    async with nats_server.operator() as client:
        await client.jetstream().publish(SHARE_BATCH.of(POOL), b'{"pool": 1}')
    await publish(stratum, range(1))

    (stored,) = await take(payouts.read(SHARE_BATCH, POOL, 0), 1)

    assert stored.sequence == 2
    assert undecodable._value.get() == before + 1
