"""Great stretches of the share log, added piece by piece on a real Valkey: as one, whatever interrupts it."""

from __future__ import annotations

import asyncio
from importlib.resources import files

import pytest
from redis.asyncio import Redis

from nompcore.messages import Share
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.tallies import PositionTaken, Tallies, key_prefix
from services.payouts.counting.tally_batch import TallyBatch, fold
from services.payouts.counting.tally_form import pieces
from services.payouts.failpoint import Failpoints, Moment, Step
from tests.service.tally_dump import dump
from tests.unit.payouts_samples import POOL, block_hash, share, share_batch, stored

PREFIX = key_prefix(POOL)
LAST = 7
WORKERS = 12_000


class EndedError(Exception):
    """In place of a process that is killed."""


class EndsAtTheFirst(Failpoints):
    """Ends when something is durable."""

    def reach(self, step: Step, moment: Moment) -> None:
        if moment is Moment.AFTER:
            raise EndedError(step)


def make_tallies(redis: Redis) -> Tallies:
    return Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())


def shares_of(workers: int) -> list[Share]:
    """Two of each worker; amid the second ones a block is found."""
    first = [share(f"a{number}.rig", 1 + number) for number in range(workers)]
    second = [share(f"a{number}.rig", 2) for number in range(workers)]
    second[workers // 2] = share("finder", 3, block=block_hash(1))
    return first + second


def great(workers: int) -> TallyBatch:
    batch = fold(stored(share_batch(shares_of(workers)), first=LAST))
    assert len(pieces(batch, 900)) > 2
    return batch


async def test_a_great_stretch_leaves_what_small_ones_leave(redis: Redis) -> None:
    found = shares_of(WORKERS)
    tallies = make_tallies(redis)
    for position, first in enumerate(range(0, len(found), 1_000)):
        await tallies.apply(
            position, fold(stored(share_batch(found[first : first + 1_000]), first=position + 1))
        )
    in_small_ones = await dump(redis)
    await redis.flushall()
    await tallies.apply(0, great(WORKERS))
    in_a_great_one = await dump(redis)
    (pending,) = await tallies.pending_rounds()
    assert sum(pending.weights.values()) == WORK_PER_DIFFICULTY * (
        sum(range(1, WORKERS + 1)) + 2 * (WORKERS // 2) + 3
    )
    for place in (b"sequence", b"rounds", b"began"):  # they tell where in the log a share was
        in_small_ones.pop(PREFIX.encode() + place)
        in_a_great_one.pop(PREFIX.encode() + place)
    assert in_a_great_one == in_small_ones


async def interrupted(redis: Redis, batch: TallyBatch) -> None:
    """What is left where a process ends when a part of the stretch was added."""
    tallies = Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=EndsAtTheFirst())
    with pytest.raises(EndedError):
        await tallies.apply(0, batch)
    assert await redis.get(PREFIX + "sequence") == b"%d+" % LAST
    assert await redis.ttl(PREFIX + "waiting") == -1, "what waits must not end by itself"


async def test_what_an_ended_process_left_is_added_once(redis: Redis) -> None:
    batch = great(WORKERS)
    await make_tallies(redis).apply(0, batch)
    whole = await dump(redis)
    await redis.flushall()
    await interrupted(redis, batch)
    positions = await asyncio.gather(*(make_tallies(redis).position() for _ in range(3)))
    assert positions == [LAST] * 3
    assert await dump(redis) == whole


async def test_nothing_is_added_before_what_waits(redis: Redis) -> None:
    await interrupted(redis, great(WORKERS))
    with pytest.raises(PositionTaken):
        await make_tallies(redis).apply(LAST, fold(stored(share_batch([share("b")]), first=LAST + 1)))


async def test_pieces_that_were_lost_are_not_passed_over(redis: Redis) -> None:
    """Those of a process that slept for longer than they are kept."""
    first, *others = pieces(great(WORKERS), 900)
    script = files("services.payouts.counting").joinpath("apply_batch.lua").read_text()
    await redis.rpush(PREFIX + "aside:1", *others[1:])
    before = await dump(redis)
    answer = await redis.eval(
        script, 1, PREFIX + "sequence", "0", PREFIX, first, PREFIX + "aside:1", len(others)
    )
    assert answer == [0, b"0"]
    assert await dump(redis) == before


async def test_what_waited_for_tallies_that_are_gone_is_not_added_to_others(redis: Redis) -> None:
    await interrupted(redis, great(WORKERS))
    await redis.delete(PREFIX + "sequence")
    tallies = make_tallies(redis)
    await tallies.apply(0, fold(stored(share_batch([share("b")]))))
    assert await tallies.position() == 1
    assert not await redis.exists(PREFIX + "waiting")
