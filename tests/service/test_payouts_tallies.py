"""The tallies on a real Valkey: applied once, in order, exactly; rounds cut where their candidate is."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from nompcore.messages import RejectCount, Share, ShareBatch
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.figures import Figures
from services.payouts.counting.redis_client import connect
from services.payouts.counting.tallies import PositionTaken, Tallies, key_prefix, works_of
from services.payouts.counting.tally_batch import BUCKET_SECONDS, Part, TallyBatch, fold
from services.payouts.failpoint import Failpoints
from tests.servers import ValkeyServer
from tests.service.tally_dump import dump
from tests.unit.payouts_samples import POOL, START_MS, block_hash, share, share_batch, stored

ONE = WORK_PER_DIFFICULTY
PREFIX = key_prefix(POOL)


def make_tallies(redis: Redis) -> Tallies:
    return Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())


@pytest.fixture
def tallies(redis: Redis) -> Tallies:
    return make_tallies(redis)


def reading(last_sequence: int, *shares: Share) -> TallyBatch:
    return fold(stored(share_batch(shares), first=last_sequence))


async def current_round(redis: Redis) -> dict[str, int]:
    return works_of(await redis.hgetall(PREFIX + "round:current"))


# ---- once and in order ----


async def test_readings_add_up(redis: Redis, tallies: Tallies) -> None:
    await tallies.apply(0, reading(5, share("a", 1), share("b", 2)))
    await tallies.apply(5, reading(9, share("a", 3)))
    assert await current_round(redis) == {"a": 4 * ONE, "b": 2 * ONE}
    assert await tallies.position() == 9


async def test_a_reading_that_was_applied_is_refused_and_changes_nothing(
    redis: Redis, tallies: Tallies
) -> None:
    batch = reading(5, share("a", 1), share("b", 1, block=block_hash(1)), share("c", 1))
    await tallies.apply(0, batch)
    before = await dump(redis)
    with pytest.raises(PositionTaken) as taken:
        await tallies.apply(0, batch)
    assert taken.value.stored == "5"
    assert await dump(redis) == before


async def test_a_reading_from_further_on_is_refused(redis: Redis, tallies: Tallies) -> None:
    with pytest.raises(PositionTaken):
        await tallies.apply(3, reading(5, share("a", 1)))
    assert await dump(redis) == {}


async def test_two_replicas_with_the_same_log_count_every_share_once(redis: Redis, valkey_url: str) -> None:
    log = stored(*(share_batch([share(f"miner{number % 3}", 1)]) for number in range(1, 61)))

    async def follow(step: int) -> None:
        """Read from where the tallies are, `step` messages at a time, as a recorder does."""
        async with connect(valkey_url) as client:
            mine = make_tallies(client)
            while (position := await mine.position()) < len(log):
                stretch = log[position : position + step]
                try:
                    await mine.apply(position, fold(stretch))
                except PositionTaken:
                    continue

    await asyncio.gather(follow(1), follow(2), follow(7))
    assert await current_round(redis) == {f"miner{number}": 20 * ONE for number in range(3)}


async def test_an_emptied_redis_is_rebuilt_to_the_same_state(redis: Redis, tallies: Tallies) -> None:
    log = [
        share_batch([share("a.1", 0.5), share("b", 3)]),
        share_batch([share("a.2", 2, block=block_hash(1)), share("c", 1)]),
        share_batch([], rejects=[RejectCount(worker="a.1", reason="stale", count=2)]),
        share_batch([share("b", 7, time_ms=START_MS + 40_000)]),
    ]
    for number, message in enumerate(log):
        await tallies.apply(number, fold(stored(message, first=number + 1)))
    before = await dump(redis)
    await redis.flushall()
    assert await tallies.position() == 0
    await tallies.apply(0, fold(stored(*log[:3])))
    await tallies.apply(3, fold(stored(*log[3:], first=4)))
    assert await dump(redis) == before


async def test_the_position_follows_a_log_whose_numbers_changed(tallies: Tallies) -> None:
    await tallies.apply(0, reading(900, share("a", 1)))
    await tallies.rewind(900, 0)
    await tallies.rewind(900, 50)  # another replica's late attempt
    assert await tallies.position() == 0


# ---- candidates ----


async def test_a_candidate_cuts_the_round_behind_itself(redis: Redis, tallies: Tallies) -> None:
    found = share("b", 1, block=block_hash(1), height=7, reward_sats=50)
    await tallies.apply(0, reading(1, share("a", 1)))
    await tallies.apply(1, reading(2, share("a", 1), found, share("c", 5)))
    (pending,) = await tallies.pending_rounds()
    assert pending.weights == {"a": 2 * ONE, "b": ONE}
    assert (pending.candidate.block_hash_display, pending.candidate.height) == (block_hash(1), 7)
    assert await current_round(redis) == {"c": 5 * ONE}


async def test_two_candidates_in_one_reading_cut_two_rounds(redis: Redis, tallies: Tallies) -> None:
    first, second = (
        share("a", 1, block=block_hash(1)),
        share("b", 2, time_ms=START_MS + 1, block=block_hash(2)),
    )
    await tallies.apply(0, reading(1, first, second))
    assert [pending.weights for pending in await tallies.pending_rounds()] == [{"a": ONE}, {"b": 2 * ONE}]
    assert await current_round(redis) == {}


async def test_a_candidate_seen_before_is_an_ordinary_share(redis: Redis, tallies: Tallies) -> None:
    found = share("a", 1, block=block_hash(1))
    await tallies.apply(0, reading(1, found))
    await tallies.apply(1, reading(2, share("b", 1), found, found))
    (pending,) = await tallies.pending_rounds()
    assert pending.weights == {"a": ONE}
    assert await current_round(redis) == {"a": 2 * ONE, "b": ONE}


async def test_a_dropped_round_is_gone_and_dropping_again_is_harmless(redis: Redis, tallies: Tallies) -> None:
    await tallies.apply(0, reading(1, share("a", 1, block=block_hash(1)), share("b", 1)))
    await tallies.drop_round(block_hash(1))
    await tallies.drop_round(block_hash(1))
    assert await tallies.pending_rounds() == []
    assert await current_round(redis) == {"b": ONE}
    assert not await redis.exists(f"{PREFIX}round:{block_hash(1)}")


# ---- exact sums ----


small, near_the_limb, large = st.integers(1, 10**6), st.integers(10**14, 10**16), st.integers(1, 10**29)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(works=st.lists(small | near_the_limb | large, min_size=1, max_size=8))
async def test_lua_adds_as_python_does(valkey_url: str, works: list[int]) -> None:
    async with connect(valkey_url) as redis:
        await redis.flushall()
        tallies = make_tallies(redis)
        for number, work in enumerate(works):
            await tallies.apply(number, TallyBatch(number + 1, parts=[Part(by_address={"a": work})]))
        assert await current_round(redis) == {"a": sum(works)}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (10**15 - 1, 1),
        (10**15 - 1, 10**15 - 1),
        (10**15, 10**15),
        (2**63 - 1, 1),
        (10**30 - 1, 10**30 - 1),
        (10**16 + 3, 10**15 - 2),
        (1, 10**29),
    ],
)
async def test_limbs_carry(redis: Redis, tallies: Tallies, first: int, second: int) -> None:
    await tallies.apply(0, TallyBatch(1, parts=[Part(by_address={"a": first})]))
    await tallies.apply(1, TallyBatch(2, parts=[Part(by_address={"a": second})]))
    assert await current_round(redis) == {"a": first + second}


# ---- figures ----


def figures_of(redis: Redis, *, multiplier: int = 1) -> Figures:
    return Figures(redis, POOL, window_seconds=300, multiplier=multiplier)


def steady_log(now_ms: int, *, seconds: int, difficulty: float) -> list[ShareBatch]:
    """One share every ten seconds until now."""
    times = range(now_ms - seconds * 1000 + 10_000, now_ms + 1, 10_000)
    return [share_batch([share("a.rig", difficulty, time_ms=time_ms) for time_ms in times])]


@pytest.mark.parametrize("multiplier", [1, 65536])
async def test_a_steady_miner_has_the_hashrate_of_its_shares(
    redis: Redis, tallies: Tallies, now_ms: int, multiplier: int
) -> None:
    await tallies.apply(0, fold(stored(*steady_log(now_ms, seconds=600, difficulty=20))))
    (worker,) = (await figures_of(redis, multiplier=multiplier).pool(now_ms)).workers
    # 20 difficulty in 10 s; one share more or less may fall into the window
    assert worker.hashrate == pytest.approx(2 * 2**32 / multiplier, rel=0.05)


@pytest.fixture
async def now_ms(redis: Redis) -> int:
    """The server's time, which decides when buckets end, moved to the end of a bucket."""
    seconds, _ = await redis.time()
    return (seconds // BUCKET_SECONDS + 1) * BUCKET_SECONDS * 1000


async def test_figures_tell_workers_rounds_and_refusals(redis: Redis, tallies: Tallies, now_ms: int) -> None:
    counts = {"stale": 2, "duplicate": 1}
    rejects = [RejectCount(worker="a.1", reason=reason, count=count) for reason, count in counts.items()]
    shares = [
        share("a.1", 4, time_ms=now_ms),
        share("a.2", 2, time_ms=now_ms + 5),
        share("b", 1, time_ms=now_ms),
    ]
    await tallies.apply(0, fold(stored(share_batch(shares, rejects=rejects))))
    pool = await figures_of(redis).pool(now_ms)
    assert (pool.valid, pool.invalid, pool.round_work) == (3, 3, 7 * ONE)
    by_name = {worker.worker: worker for worker in pool.workers}
    assert by_name["a.1"].invalid == counts
    assert by_name["a.1"].round_difficulty == 4
    assert by_name["a.1"].best_share_difficulty == 8
    assert by_name["a.1"].ip == "192.0.2.1"
    assert [worker.worker for worker in await figures_of(redis).miner("a", now_ms)] == ["a.2", "a.1"]
    assert await figures_of(redis).miner("stranger", now_ms) == []


async def test_round_figures_begin_anew_after_a_candidate(
    redis: Redis, tallies: Tallies, now_ms: int
) -> None:
    found = share("a", 1, block=block_hash(1), time_ms=now_ms)
    await tallies.apply(0, reading(1, found, share("a", 3, time_ms=now_ms)))
    (worker,) = (await figures_of(redis).pool(now_ms)).workers
    assert worker.round_difficulty == 3
    assert worker.valid == 2


async def test_old_buckets_do_not_stay(redis: Redis, tallies: Tallies, now_ms: int) -> None:
    day_ms = 24 * 3600 * 1000
    await tallies.apply(0, reading(1, share("a", 1, time_ms=now_ms - day_ms), share("a", 1, time_ms=now_ms)))
    buckets = [key async for key in redis.scan_iter(PREFIX + "bucket:*")]
    assert len(buckets) == 1
    assert await redis.ttl(buckets[0]) > 300


async def test_worker_names_of_any_letters_are_kept_apart(
    redis: Redis, tallies: Tallies, now_ms: int
) -> None:
    names = ["a.x:y", "a.{z}", "a.ü", 'a."q"', "a.x y"]
    await tallies.apply(0, fold(stored(share_batch([share(name, 1, time_ms=now_ms) for name in names]))))
    figures = await figures_of(redis).pool(now_ms)
    assert sorted(worker.worker for worker in figures.workers) == sorted(names)
    assert await current_round(redis) == {"a": 5 * ONE}


async def test_tallies_survive_a_crash_of_the_server(
    redis: Redis, tallies: Tallies, valkey_server: ValkeyServer
) -> None:
    await tallies.apply(0, reading(1, share("a", 1, block=block_hash(1)), share("b", 1)))
    before = await dump(redis)
    await valkey_server.kill()
    await valkey_server.start()
    assert await dump(redis) == before
