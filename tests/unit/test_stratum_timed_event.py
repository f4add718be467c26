"""An event with a time limit."""

from __future__ import annotations

import asyncio

from services.stratum.timed_event import TimedEvent

FOR_EVER = None


async def test_who_waits_goes_on_when_it_is_set() -> None:
    event = TimedEvent()
    waiting = asyncio.create_task(event.within(FOR_EVER))
    await asyncio.sleep(0)
    assert not waiting.done()

    event.set()
    event.set()

    assert await waiting


async def test_set_before_it_is_waited_for_it_stays_so_until_it_is_cleared() -> None:
    event = TimedEvent()
    event.set()

    assert await event.within(FOR_EVER)
    assert await event.within(0)
    event.clear()
    assert not await event.within(0)


async def test_a_waiter_that_was_cancelled_leaves_the_event_to_the_next() -> None:
    event = TimedEvent()
    first = asyncio.create_task(event.within(FOR_EVER))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert first.cancelled()

    second = asyncio.create_task(event.within(3600))
    await asyncio.sleep(0)
    event.set()

    assert await second
