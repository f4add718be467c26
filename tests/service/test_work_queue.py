"""Work that is acknowledged only when done, over failing handlers, stops and crashes of NATS."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nompcore import messages as m
from nompcore import metrics
from nompcore.bus import Bus
from nompcore.errors import ComeAgain
from nompcore.subjects import BLOCK_SUBMITTED, BLOCKS, TIP
from nompcore.work_queue import WorkQueue
from tests.servers import NatsServer, wait_until
from tests.service.bus_samples import POOL, block_submitted

Connect = Callable[..., Awaitable[Bus]]


async def unacknowledged(server: NatsServer, durable: str) -> int:
    """Messages delivered or waiting that nobody has acknowledged."""
    async with server.operator() as client:
        info = await client.jetstream().consumer_info(BLOCKS.name, durable)
    return (info.num_ack_pending or 0) + (info.num_pending or 0)


async def test_each_message_is_handled_once_by_processes_that_share_a_durable(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker = await connect_bus("jobmaker")
    stop = asyncio.Event()
    handled: list[int] = []

    async def handle(block: m.BlockSubmitted) -> None:
        handled.append(block.height)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            payouts = await connect_bus("payouts")
            tasks.create_task(payouts.work(BLOCK_SUBMITTED, "mature", handle, stop))
        for height in range(30):
            await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(height), pool=POOL)
        await wait_until(lambda: len(handled) >= 30)
        stop.set()

    assert sorted(handled) == list(range(30))
    assert await unacknowledged(nats_server, "payouts-mature") == 0


async def test_a_message_whose_handler_failed_comes_again(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker, payouts = await connect_bus("jobmaker"), await connect_bus("payouts")
    errors = metrics.BUS_HANDLER_ERRORS.labels(BLOCK_SUBMITTED.pattern)
    before = errors._value.get()
    stop = asyncio.Event()
    tries: list[int] = []

    async def fail_twice(block: m.BlockSubmitted) -> None:
        tries.append(block.height)
        if len(tries) == 3:
            stop.set()
            return
        raise RuntimeError("the daemon is away")

    await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(1), pool=POOL)
    async with asyncio.timeout(60):
        await payouts.work(BLOCK_SUBMITTED, "mature", fail_twice, stop)

    assert tries == [1, 1, 1]
    assert errors._value.get() == before + 2
    await payouts.drain()
    assert await unacknowledged(nats_server, "payouts-mature") == 0


async def test_messages_that_have_to_come_again_hold_up_nobody_and_are_no_errors(
    connect_bus: Connect,
) -> None:
    jobmaker, payouts = await connect_bus("jobmaker"), await connect_bus("payouts")
    errors = metrics.BUS_HANDLER_ERRORS.labels(BLOCK_SUBMITTED.pattern)
    before = errors._value.get()
    stop, last_done = asyncio.Event(), asyncio.Event()
    tries: list[int] = []

    async def handle(block: m.BlockSubmitted) -> None:
        tries.append(block.height)
        if block.height == 20:
            last_done.set()
        elif not last_done.is_set():
            raise ComeAgain(0.2, "the last one is not done yet")

    for height in range(1, 21):
        await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(height), pool=POOL)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(payouts.work(BLOCK_SUBMITTED, "mature", handle, stop))
        await last_done.wait()
        await wait_until(lambda: all(tries.count(height) >= 2 for height in range(1, 20)))
        stop.set()

    assert tries.count(20) == 1
    assert errors._value.get() == before


async def test_at_most_eight_handlers_run_at_a_time(connect_bus: Connect) -> None:
    jobmaker, payouts = await connect_bus("jobmaker"), await connect_bus("payouts")
    stop, open_gate = asyncio.Event(), asyncio.Event()
    running = 0
    most = 0
    done = 0

    async def handle(_: m.BlockSubmitted) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await open_gate.wait()
        running -= 1
        done += 1

    for height in range(20):
        await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(height), pool=POOL)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(payouts.work(BLOCK_SUBMITTED, "mature", handle, stop))
        await wait_until(lambda: running == 8)
        open_gate.set()
        await wait_until(lambda: done == 20)
        stop.set()

    assert most == 8


async def test_stopping_waits_for_the_handler_and_leaves_the_rest_to_others(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker, payouts = await connect_bus("jobmaker"), await connect_bus("payouts")
    stop, begun, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    finished: list[int] = []

    async def handle(block: m.BlockSubmitted) -> None:
        begun.set()
        await go_on.wait()
        finished.append(block.height)

    await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(1), pool=POOL)
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(payouts.work(BLOCK_SUBMITTED, "mature", handle, stop))
        await begun.wait()
        stop.set()
        await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(2), pool=POOL)
        assert not working.done()
        go_on.set()

    assert finished == [1]
    await payouts.drain()
    assert await unacknowledged(nats_server, "payouts-mature") == 1


async def test_work_goes_on_after_crashes_of_nats(connect_bus: Connect, nats_server: NatsServer) -> None:
    jobmaker, payouts = await connect_bus("jobmaker"), await connect_bus("payouts")
    stop, in_hand, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    handled: list[int] = []

    async def handle(block: m.BlockSubmitted) -> None:
        in_hand.set()
        await go_on.wait()
        handled.append(block.height)

    async with asyncio.timeout(100), asyncio.TaskGroup() as tasks:
        tasks.create_task(payouts.work(BLOCK_SUBMITTED, "mature", handle, stop))
        await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(1), pool=POOL)
        await in_hand.wait()
        await nats_server.restart_after_kill()
        await wait_until(lambda: jobmaker.connected and payouts.connected)
        go_on.set()
        await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(2), pool=POOL)
        await wait_until(lambda: {1, 2} <= set(handled))
        await nats_server.restart_after_kill()
        await wait_until(lambda: jobmaker.connected)
        await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(3), pool=POOL)
        await wait_until(lambda: 3 in handled)
        stop.set()


async def test_a_process_that_dies_with_work_in_hand_leaves_it_unacknowledged(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker, payouts = await connect_bus("jobmaker"), await connect_bus("payouts")
    begun = asyncio.Event()

    async def never_end(_: m.BlockSubmitted) -> None:
        begun.set()
        await asyncio.Event().wait()

    await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(1), pool=POOL)
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(payouts.work(BLOCK_SUBMITTED, "mature", never_end, asyncio.Event()))
        await begun.wait()
        working.cancel()

    assert await unacknowledged(nats_server, "payouts-mature") == 1


async def test_work_of_a_process_that_died_goes_to_another(connect_bus: Connect) -> None:
    jobmaker = await connect_bus("jobmaker")
    first, second = await connect_bus("payouts"), await connect_bus("payouts")
    begun, stop = asyncio.Event(), asyncio.Event()

    async def never_end(_: m.BlockSubmitted) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def handle(_: m.BlockSubmitted) -> None:
        stop.set()

    def queue(
        bus: Bus, handler: Callable[[m.BlockSubmitted], Awaitable[None]]
    ) -> WorkQueue[m.BlockSubmitted]:
        return WorkQueue(bus._link, BLOCK_SUBMITTED, "mature", handler, ack_wait_seconds=1)

    await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(1), pool=POOL)
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(queue(first, never_end).run(asyncio.Event()))
        await begun.wait()
        working.cancel()

    async with asyncio.timeout(60):
        await queue(second, handle).run(stop)


async def test_a_message_in_a_slow_handlers_hand_is_given_to_nobody_else(connect_bus: Connect) -> None:
    jobmaker, payouts = await connect_bus("jobmaker"), await connect_bus("payouts")
    enough, stop = asyncio.Event(), asyncio.Event()
    begun: list[int] = []

    async def handle(block: m.BlockSubmitted) -> None:
        begun.append(block.height)
        if block.height == 1:
            await enough.wait()
            stop.set()
        elif begun.count(2) < 3:  # comes again after 1 s and 2 s: longer than the server waits for the other
            raise RuntimeError("again")
        else:
            enough.set()

    await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(1), pool=POOL)
    await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(2), pool=POOL)
    async with asyncio.timeout(60):
        await WorkQueue(payouts._link, BLOCK_SUBMITTED, "mature", handle, ack_wait_seconds=1).run(stop)

    assert begun.count(1) == 1


async def test_rubbish_in_the_stream_is_counted_and_does_not_come_again(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    payouts = await connect_bus("payouts")
    undecodable = metrics.BUS_UNDECODABLE.labels(BLOCK_SUBMITTED.pattern)
    before = undecodable._value.get()
    stop = asyncio.Event()
    handled: list[int] = []

    async def handle(block: m.BlockSubmitted) -> None:
        handled.append(block.height)

    async with nats_server.operator() as client:
        await client.jetstream().publish(BLOCK_SUBMITTED.of(POOL), b"rubbish")
    jobmaker = await connect_bus("jobmaker")
    await jobmaker.publish(BLOCK_SUBMITTED, block_submitted(1), pool=POOL)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(payouts.work(BLOCK_SUBMITTED, "mature", handle, stop))
        await wait_until(lambda: handled == [1])
        stop.set()

    assert undecodable._value.get() == before + 1
    await payouts.drain()
    assert await unacknowledged(nats_server, "payouts-mature") == 0


async def test_a_subject_without_a_stream_cannot_be_worked_on(connect_bus: Connect) -> None:
    async def handle(_: m.Tip) -> None: ...

    jobmaker = await connect_bus("jobmaker")
    with pytest.raises(ValueError, match="in no stream"):
        await jobmaker.work(TIP, "tips", handle, asyncio.Event())
