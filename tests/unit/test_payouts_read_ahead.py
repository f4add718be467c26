"""Shares on their way into the tallies: in order, each once, and not too many at a time."""

from __future__ import annotations

import asyncio

from nompcore.bus import Stored
from nompcore.messages import ShareBatch
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.groups import POOL_ONLY
from services.payouts.counting.read_ahead import MAX_SHARES, MESSAGES_AT_ONCE, ReadAhead
from services.payouts.counting.tally_batch import TallyBatch
from tests.unit.payouts_samples import share, share_batch

SHARE = share("a.1")


def messages(first: int, count: int, shares: int = 1) -> list[Stored[ShareBatch]]:
    return [Stored(first + number, share_batch([SHARE] * shares)) for number in range(count)]


def shares_in(batch: TallyBatch) -> int:
    return batch.parts[0].by_address["a"] // WORK_PER_DIFFICULTY


async def test_what_comes_while_nobody_takes_is_one_stretch() -> None:
    ahead = ReadAhead(POOL_ONLY)
    await ahead.add(messages(1, 3 * MESSAGES_AT_ONCE))
    await ahead.add(messages(1 + 3 * MESSAGES_AT_ONCE, 1))
    batch = await ahead.next()
    assert (batch.last_sequence, shares_in(batch)) == (3 * MESSAGES_AT_ONCE + 1,) * 2


async def test_what_comes_later_is_another_stretch() -> None:
    ahead = ReadAhead(POOL_ONLY)
    await ahead.add(messages(1, 2))
    first = await ahead.next()
    await ahead.add(messages(3, 5))
    second = await ahead.next()
    assert [(batch.last_sequence, shares_in(batch)) for batch in (first, second)] == [(2, 2), (7, 5)]


async def test_reading_waits_where_there_is_too_much() -> None:
    ahead = ReadAhead(POOL_ONLY)
    await ahead.add(messages(1, 1, MAX_SHARES))
    adding = asyncio.create_task(ahead.add(messages(2, 1)))
    _, waiting = await asyncio.wait([adding], timeout=0.05)
    assert waiting
    assert shares_in(await ahead.next()) == MAX_SHARES
    await adding
    assert shares_in(await ahead.next()) == 1


async def test_it_tells_when_everything_is_in_the_tallies() -> None:
    ahead = ReadAhead(POOL_ONLY)
    await ahead.all_added()
    await ahead.add(messages(1, 1))
    await ahead.next()
    waiting = asyncio.create_task(ahead.all_added())
    await asyncio.sleep(0)
    assert not waiting.done()
    ahead.added()
    await waiting
