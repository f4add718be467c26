"""The tallies as a value are what the script leaves in Redis, after any log and however it was cut up."""

from __future__ import annotations

import time

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from nompcore.messages import RejectCount, Share, ShareBatch
from services.payouts.counting.groups import Groups
from services.payouts.counting.redis_client import connect
from services.payouts.counting.tallies import Tallies
from services.payouts.counting.tally_batch import fold
from services.payouts.counting.tally_differences import Unsure, differences
from services.payouts.counting.tally_state import SEEN, TallyState
from services.payouts.counting.tally_store import TallyStore
from services.payouts.counting.worker_upkeep import WORKER_LIFE_SECONDS
from services.payouts.failpoint import Failpoints
from tests.unit.payouts_samples import POOL, block_hash, share, share_batch, stored

GROUPS = Groups({3334: ((0, "solo"),)})
NOBODY = Unsure((), ())
NOW_MS = time.time_ns() // 1_000_000

names = st.sampled_from(["a", "a.1", "b.1", "b.ü x", "c.{z}:y"])
places = st.sampled_from(  # a block is found at one port, however often its share is told
    [*[(3333, ""), (3334, "")] * 2, (3333, block_hash(1)), (3334, block_hash(2)), (3333, block_hash(3))]
)
shares = st.builds(
    lambda name, difficulty, time_ms, place: share(
        name, difficulty, time_ms=time_ms, port=place[0], block=place[1]
    ),
    names, st.sampled_from([0.001, 1.0, 3.7, 2.0**40]) | st.floats(1e-6, 1e12),
    st.integers(NOW_MS - 9 * 60_000, NOW_MS), places,
)  # fmt: skip
rejects = st.builds(
    RejectCount, worker=names, reason=st.sampled_from(["stale", "duplicate"]), count=st.integers(1, 5)
)
messages = st.builds(share_batch, st.lists(shares, max_size=6), rejects=st.lists(rejects, max_size=3))


def tallies_of(redis: Redis) -> Tallies:
    return Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())


def store_of(redis: Redis) -> TallyStore:
    return TallyStore(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())


async def record(redis: Redis, log: list[ShareBatch], step: int) -> None:
    """Into Redis, some messages at a time."""
    tallies = tallies_of(redis)
    for first in range(0, len(log), step):
        part = stored(*log[first : first + step], first=first + 1)
        await tallies.apply(first, fold(part, GROUPS))


def folded(log: list[ShareBatch], step: int) -> TallyState:
    state = TallyState()
    for first in range(0, len(log), step):
        state.apply(fold(stored(*log[first : first + step], first=first + 1), GROUPS))
    state.forget(time.time_ns() // 1_000_000, 900)
    return state


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(log=st.lists(messages, min_size=1, max_size=8), steps=st.tuples(st.integers(1, 8), st.integers(1, 8)))
async def test_the_value_and_the_script_come_to_the_same(
    valkey_url: str, log: list[ShareBatch], steps: tuple[int, int]
) -> None:
    async with connect(valkey_url) as redis:
        await redis.flushall()
        await record(redis, log, steps[0])
        should, has = folded(log, steps[1]), await store_of(redis).snapshot()

    assert should.sequence == has.sequence == len(log)
    assert [*differences(should, has, should.keys | has.keys, NOBODY)] == []


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(log=st.lists(messages, min_size=1, max_size=6), more=messages)
async def test_what_is_put_in_place_is_read_again_and_goes_on(
    valkey_url: str, log: list[ShareBatch], more: ShareBatch
) -> None:
    state = folded(log, 1)
    async with connect(valkey_url) as redis:
        await redis.flushall()
        store = store_of(redis)
        aside = store.aside()
        await store.write(aside, state)
        assert await store.put_in_place(aside, 0)
        assert [*differences(state, await store.snapshot(), state.keys, NOBODY)] == []

        await tallies_of(redis).apply(len(log), fold(stored(more, first=len(log) + 1), GROUPS))
        should, has = folded([*log, more], 1), await store.snapshot()
        assert [*differences(should, has, should.keys | has.keys, NOBODY)] == []


async def test_only_newer_tallies_of_the_same_log_are_put_in_place_and_wholly(redis: Redis) -> None:
    log = [share_batch([share("a", time_ms=NOW_MS)]) for _ in range(3)]
    await record(redis, log, 1)
    store = store_of(redis)
    for last, lowest in ((2, 0), (3, 4)):  # behind the others; from another log
        aside = store.aside()
        await store.write(aside, folded(log[:last], 1))
        assert not await store.put_in_place(aside, lowest)
    before = await store.snapshot()
    aside = store.aside()
    await store.write(aside, folded([*log, *log], 1))
    await store.clear_aside()  # another rebuild began

    assert not await store.put_in_place(aside, 0)
    assert await store.snapshot() == before
    assert [key async for key in redis.scan_iter("*rebuild*")] == []


def test_a_worker_that_was_forgotten_begins_anew_in_the_time_of_the_log() -> None:
    life_ms = WORKER_LIFE_SECONDS * 1000
    times = [NOW_MS - 3 * life_ms, NOW_MS - life_ms, NOW_MS - 2000, NOW_MS]
    log = [share_batch([share("a.1", 1 + number, time_ms=times[number])]) for number in range(4)]

    state = folded(log, 1)

    # between the first two lies more than a life; the second and third are almost one apart
    assert state.of("workers:valid") == {"a.1": "3"}
    assert state.of("counters")["valid"] == "4"
    assert state.sets["rigs:a"] == {"a.1"}


async def test_every_kind_of_damage_is_found(redis: Redis) -> None:
    found: Share = share("b.1", 2, time_ms=NOW_MS, block=block_hash(1))
    log = [
        share_batch(
            [share("a.1", time_ms=NOW_MS), found, share("a.1", time_ms=NOW_MS)],
            rejects=[RejectCount(worker="a.1", reason="stale", count=2)],
        )
    ]
    await record(redis, log, 1)
    store, should = store_of(redis), folded(log, 1)
    begin = "nomp:{litecoin}:"
    damages = [
        ("hset", f"{begin}round:current", "a", "1"),
        ("hdel", f"{begin}round:{block_hash(1)}", "b"),
        ("srem", f"{begin}candidates", block_hash(1)),
        ("hset", f"{begin}began", "", "{}"),
        ("hincrby", f"{begin}counters", "valid", 1),
        ("hset", f"{begin}workers:invalid", "a.1", '{"stale":3}'),
        ("sadd", f"{begin}rigs:a", "stranger"),
        ("hset", f"{begin}{SEEN}", "a.1", "1"),
        ("hset", f"{begin}round:current:solo", "x", "1"),
    ]
    for number, (command, *words) in enumerate(damages, 1):
        await redis.execute_command(command, *words)  # type: ignore[no-untyped-call]
        has = await store.snapshot()
        told = {difference.key for difference in differences(should, has, should.keys | has.keys, NOBODY)}
        assert told == {str(words[0]).removeprefix(begin) for _, *words in damages[:number]}
