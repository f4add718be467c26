"""Rounds of several groups on a real Valkey: each ends by itself and knows where it began."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from nompcore.messages import Share
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.figures import Figures
from services.payouts.counting.groups import Groups
from services.payouts.counting.tallies import Tallies, key_prefix, works_of
from services.payouts.counting.tally_batch import Mark, TallyBatch, fold
from services.payouts.failpoint import Failpoints
from tests.unit.payouts_samples import POOL, START_MS, block_hash, share, share_batch, stored

ONE = WORK_PER_DIFFICULTY
PREFIX = key_prefix(POOL)


@pytest.fixture
def tallies(redis: Redis) -> Tallies:
    return Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())


SOLO = Groups({3334: ((0, "solo"),)})


def in_groups(last_sequence: int, *shares: Share) -> TallyBatch:
    return fold(stored(share_batch(shares), first=last_sequence), SOLO)


async def test_a_candidate_ends_the_round_of_its_group_only(redis: Redis, tallies: Tallies) -> None:
    found = share("s", 1, block=block_hash(1), port=3334)
    await tallies.apply(0, in_groups(1, share("a", 2), share("s", 4, port=3334)))
    await tallies.apply(1, in_groups(2, found, share("b", 3), share("s", 8, port=3334)))
    (pending,) = await tallies.pending_rounds()
    assert (pending.candidate.group, pending.weights) == ("solo", {"s": 5 * ONE})
    assert works_of(await redis.hgetall(PREFIX + "round:current")) == {"a": 2 * ONE, "b": 3 * ONE}
    assert works_of(await redis.hgetall(PREFIX + "round:current:solo")) == {"s": 8 * ONE}


async def test_a_round_knows_where_it_began(tallies: Tallies) -> None:
    """Behind the candidate before it in its group, and not where a candidate was only repeated."""
    first = share("a", 1, block=block_hash(1))
    other = share("s", 1, block=block_hash(2), port=3334)
    await tallies.apply(0, in_groups(4, first))
    await tallies.apply(4, in_groups(7, other, first, share("b", 1, block=block_hash(3))))
    await tallies.apply(7, in_groups(9, share("b", 1, block=block_hash(4))))
    began = {
        pending.candidate.block_hash_display: pending.began for pending in await tallies.pending_rounds()
    }
    assert began == {
        block_hash(1): None,
        block_hash(2): None,
        block_hash(3): Mark(block_hash(1), 4, START_MS),
        block_hash(4): Mark(block_hash(3), 7, START_MS),
    }


async def test_a_dropped_round_leaves_no_beginning_behind(redis: Redis, tallies: Tallies) -> None:
    for number in (1, 2):
        await tallies.apply(number - 1, in_groups(number, share("a", 1, block=block_hash(number))))
        await tallies.drop_round(block_hash(number))
    assert not await redis.exists(PREFIX + "rounds:began")


async def test_figures_are_of_all_groups(redis: Redis, tallies: Tallies) -> None:
    seconds, _ = await redis.time()
    now_ms = seconds * 1000
    shares = [share("a.1", 4, time_ms=now_ms), share("s.1", 2, time_ms=now_ms, port=3334)]
    await tallies.apply(0, in_groups(1, *shares))
    pool = await Figures(redis, POOL, window_seconds=300, multiplier=1).pool(now_ms)
    assert pool.round_work == 6 * ONE
    assert {worker.worker: worker.round_difficulty for worker in pool.workers} == {"a.1": 4, "s.1": 2}
