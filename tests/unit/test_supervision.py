"""A task group that names its dead and ends in time."""

from __future__ import annotations

import asyncio
import logging

import pytest

from nompcore.supervision import SupervisedTasks


async def die() -> None:
    """Fails."""
    raise RuntimeError("a bug")


async def live_on() -> None:
    """Never ends."""
    await asyncio.Event().wait()


async def test_a_task_that_dies_is_named_and_ends_the_others(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with SupervisedTasks() as tasks:
            living = tasks.create_task(live_on())
            tasks.create_task(die(), name="watcher")

    assert [str(error) for error in caught.value.exceptions] == ["a bug"]
    assert living.cancelled()
    assert [vars(record)["task"] for record in caplog.records] == ["watcher"]


async def test_a_task_without_a_name_bears_that_of_its_function() -> None:
    async with SupervisedTasks() as tasks:
        task = tasks.create_task(live_on())
        task.cancel()

    assert task.get_name() == "live_on"


async def test_finishing_waits_for_tasks_and_for_those_they_start() -> None:
    ended: list[str] = []
    go_on = asyncio.Event()

    async with SupervisedTasks() as tasks:

        async def first() -> None:
            await go_on.wait()
            tasks.create_task(second())
            ended.append("first")

        async def second() -> None:
            await asyncio.sleep(0)
            ended.append("second")

        tasks.create_task(first())
        go_on.set()
        await tasks.finish(60)
        assert ended == ["first", "second"]


async def test_tasks_that_do_not_finish_are_cancelled_and_named(caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.timeout(60), SupervisedTasks() as tasks:
        stubborn = tasks.create_task(live_on(), name="stubborn")
        with caplog.at_level(logging.WARNING):
            await tasks.finish(0.01)

    assert stubborn.cancelled()
    assert [vars(record)["tasks"] for record in caplog.records] == [["stubborn"]]
