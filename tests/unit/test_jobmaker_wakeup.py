"""A sleep that can be cut short, and tasks that end although they lose a cancellation."""

from __future__ import annotations

import asyncio

from nompcore.ending import end_tasks
from services.jobmaker.wakeup import Wakeup

FOREVER = None


async def test_a_ring_ends_the_sleep() -> None:
    wakeup = Wakeup()
    async with asyncio.TaskGroup() as tasks:
        sleeping = tasks.create_task(wakeup.sleep(FOREVER))
        await asyncio.sleep(0)
        assert not sleeping.done()

        wakeup.ring()


async def test_a_ring_before_the_sleep_is_heard_once() -> None:
    wakeup = Wakeup()
    wakeup.ring()
    wakeup.ring()

    await wakeup.sleep(FOREVER)
    second = asyncio.create_task(wakeup.sleep(FOREVER))
    await asyncio.sleep(0)

    assert not second.done()
    wakeup.ring()
    await second


async def test_a_sleep_without_ring_ends_by_time() -> None:
    wakeup = Wakeup()

    await wakeup.sleep(0.001)
    wakeup.ring()

    await wakeup.sleep(FOREVER)


async def test_a_task_that_loses_its_first_cancellation_is_ended_all_the_same() -> None:
    losses = 0

    async def forgetful() -> None:
        nonlocal losses
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                losses += 1
                if losses > 1:
                    raise

    task = asyncio.create_task(forgetful())
    await asyncio.sleep(0)

    await end_tasks([task])

    assert task.cancelled()
    assert losses == 2
