"""The share log is cut where nobody will look any more: nothing needed goes, however old; the rest does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from nompcore.bus import Bus
from nompcore.subjects import SHARE_BATCH
from nompcore.target import WORK_PER_DIFFICULTY as ONE
from services.payouts import metrics
from services.payouts.counting.groups import OWN, Groups
from services.payouts.ledger.reserve_ledger import Progress
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.pplnt import Pplnt
from services.payouts.schemes.pps import Pps
from services.payouts.schemes.prop import Prop
from services.payouts.share_log.log_keeper import SHARES_KEPT_MS
from tests.servers import NatsServer
from tests.service.payouts_log_rig import DAY_MS, LogRig, log_rigs
from tests.unit.payouts_samples import START_MS, block_hash, share

Connect = Callable[..., Awaitable[Bus]]

LATER = START_MS + 400 * DAY_MS
POOLS = ("pool-a", "pool-b", "pool-c")


@pytest.fixture
async def rigs(tmp_path: Path, connect_bus: Connect, valkey_url: str) -> AsyncIterator[list[LogRig]]:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    async with log_rigs(tmp_path, stratum, payouts, valkey_url, POOLS) as made:
        yield made


@pytest.fixture
def rig(rigs: list[LogRig]) -> LogRig:
    return rigs[0]


async def found_and_settled(rig: LogRig, number: int, **changes: float) -> int:
    """A block that is confirmed; the sequence of its candidate."""
    found = share("finder", 1, block=block_hash(number), reward_sats=50_00000000, **changes)  # type: ignore[arg-type]
    sequence = await rig.publish(found)
    await rig.count()
    rig.record_outcome(number)
    await rig.close_rounds()
    rig.settle(orphaned=False)
    return sequence


# ---- what goes ----


async def test_a_settled_round_leaves_the_log_but_for_the_mark_where_the_running_one_began(
    rig: LogRig,
) -> None:
    for _ in range(5):
        await rig.publish(share("a"))
    marked = await found_and_settled(rig, 1)
    await rig.publish(share("b"))
    await rig.count()
    before = metrics.LOG_CUT.labels(rig.pool)._value.get()

    await rig.keeper.cut(LATER)

    # one more than is needed shows that nothing behind it is missing
    assert await rig.sequences() == [marked - 1, marked, marked + 1]
    assert metrics.LOG_CUT.labels(rig.pool)._value.get() == before + 4
    assert metrics.LOG_MESSAGES.labels(rig.pool)._value.get() == 3


async def test_young_shares_stay(rig: LogRig) -> None:
    for day in range(20):
        await rig.publish(share("a", time_ms=START_MS + day * DAY_MS))
    await found_and_settled(rig, 1, time_ms=START_MS + 20 * DAY_MS)

    await rig.keeper.cut(START_MS + 20 * DAY_MS)

    # the first six days are older; the last message of them is where the base is
    assert await rig.sequences() == [*range(6, 22)]
    assert SHARES_KEPT_MS == 14 * DAY_MS


async def test_cutting_again_and_other_pools_change_nothing(rigs: list[LogRig]) -> None:
    for number, rig in enumerate(rigs, 1):
        await rig.publish(share("a"))
        await rig.publish(share("a"))
        await found_and_settled(rig, number)
    await rigs[0].keeper.cut(LATER)
    left = [await rig.sequences() for rig in rigs]
    gaps = [metrics.LOG_GAPS.labels(rig.pool)._value.get() for rig in rigs]

    await rigs[0].keeper.cut(LATER)
    for rig in rigs:
        await rig.count()

    assert [await rig.sequences() for rig in rigs] == left
    assert [len(sequences) for sequences in left] == [2, 3, 3]
    assert [metrics.LOG_GAPS.labels(rig.pool)._value.get() for rig in rigs] == gaps


async def test_two_leaders_at_once_cut_as_one_does(rig: LogRig) -> None:
    for number in range(1, 5):
        await rig.publish(share("a"))
        await found_and_settled(rig, number)
    other = rig.log.keeper(lambda: rig.history, None)

    await asyncio.gather(rig.keeper.cut(LATER), other.cut(LATER), rig.keeper.cut(LATER))

    assert await rig.sequences() == [7, 8]
    place = rig.ledger.bases.place(rig.pool)
    assert place is not None
    assert (place.sequence, place.cut_before) == (7, 7)


async def test_nothing_goes_while_nats_is_back_from_an_older_backup(rig: LogRig) -> None:
    """The tallies are further than the log then, and new messages get numbers that were cut before."""
    for number in range(1, 5):
        await found_and_settled(rig, number)
    await rig.redis.set(f"nomp:{{{rig.pool}}}:sequence", 900)

    assert await everything_stays(rig)


async def test_an_idle_pool_reads_on_without_alarm_when_others_have_cut_all_they_could(
    rigs: list[LogRig],
) -> None:
    idle, busy, new = rigs
    await found_and_settled(idle, 1)
    for number in range(2, 8):
        await busy.publish(share("b"))
        await found_and_settled(busy, number)
    for rig in (idle, busy):
        await rig.keeper.cut(LATER)
    gaps = metrics.LOG_GAPS.labels(idle.pool)._value.get()

    await idle.publish(share("a", 2))
    await new.publish(share("n", 3))
    await idle.count()
    await new.count()

    assert metrics.LOG_GAPS.labels(idle.pool)._value.get() == gaps
    assert metrics.LOG_GAPS.labels(new.pool)._value.get() == 0
    assert (await idle.log.store.snapshot()).of("round:current") == {"a": str(2 * ONE)}


# ---- what stays, however old ----


async def everything_stays(rig: LogRig) -> bool:
    before = await rig.sequences()
    await rig.keeper.cut(LATER)
    return await rig.sequences() == before


async def test_the_first_round_of_a_pool_stays_for_months(rig: LogRig) -> None:
    for _ in range(4):
        await rig.publish(share("solo"))
    await rig.count()

    assert await everything_stays(rig)


@pytest.mark.parametrize("is_closed", [False, True])
async def test_the_round_of_a_block_that_is_not_settled_stays(rig: LogRig, is_closed: bool) -> None:
    for number in (1, 2):
        await rig.publish(share("a"))
        await rig.publish(share("a", block=block_hash(number), reward_sats=1))
    await rig.count()
    if is_closed:
        rig.record_outcome(1)
        rig.record_outcome(2)
        await rig.close_rounds()

    assert await everything_stays(rig)
    if not is_closed:
        rig.record_outcome(1)
        rig.record_outcome(2)
        await rig.close_rounds()
    rig.settle(orphaned=True)
    assert not await everything_stays(rig)


async def test_shares_that_are_not_counted_stay(rig: LogRig) -> None:
    await found_and_settled(rig, 1)
    await found_and_settled(rig, 2)
    for _ in range(3):
        await rig.publish(share("a"))

    await rig.keeper.cut(LATER)

    assert await rig.sequences() == [1, 2, 3, 4, 5]


async def test_nothing_goes_while_redis_is_empty(rig: LogRig) -> None:
    for number in (1, 2, 3):
        await found_and_settled(rig, number)
    await rig.redis.flushall()

    assert await everything_stays(rig)


async def test_a_group_holds_the_log_while_it_has_a_running_round(rig: LogRig) -> None:
    rig.history = SchemeHistory(Groups({3334: ((0, "solo"),)}), {OWN: ((0, Prop()),), "solo": ((0, Prop()),)})
    await rig.publish(share("s", port=3334))
    for number in (1, 2, 3):
        await found_and_settled(rig, number)
    assert await everything_stays(rig)

    await rig.publish(share("s", port=3334, block=block_hash(9), reward_sats=1))
    await rig.count()
    rig.record_outcome(9)
    await rig.close_rounds()
    rig.settle(orphaned=False)
    assert not await everything_stays(rig)


async def test_shares_that_pps_has_not_credited_stay(rig: LogRig) -> None:
    rig.history = SchemeHistory(by_group={OWN: ((0, Pps()),)})
    for number in (1, 2, 3):
        await found_and_settled(rig, number)
    assert await everything_stays(rig)  # nothing is credited yet

    state = await rig.payouts.log_state(SHARE_BATCH)
    rig.ledger.reserve.move(rig.pool, Progress(), Progress(position=3, log_created_ms=state.created_ms))
    await rig.keeper.cut(LATER)
    assert await rig.sequences() == [2, 3]


@pytest.mark.parametrize("scheme", [Pplns(10_000_000), Pplnt(100 * 24 * 3600)])
async def test_a_window_holds_the_log_as_far_back_as_it_reaches(rig: LogRig, scheme: Pplns | Pplnt) -> None:
    rig.history = SchemeHistory(by_group={OWN: ((0, scheme),)})
    sequences = []
    for day in range(200):
        sequences.append(
            await rig.publish(share("a", 1, time_ms=START_MS + day * DAY_MS, network_difficulty=1))
        )
        if day % 50 == 49:
            found = share(
                "a", 1, time_ms=START_MS + day * DAY_MS, network_difficulty=1, block=block_hash(day)
            )
            await rig.publish(found)
            await rig.count()
            rig.record_outcome(day)
            await rig.close_rounds()
            rig.settle(orphaned=False)
        if day % 10 == 9:
            await rig.count()
            await rig.keeper.cut(START_MS + day * DAY_MS)

    left = await rig.sequences()

    # PPLNS: ten blocks of difficulty 1, with the margin; PPLNT: a hundred days; a cut looks every ten days
    needed = 40 if isinstance(scheme, Pplns) else 100
    assert needed <= len([sequence for sequence in left if sequence in sequences]) <= needed + 35


async def test_marks_of_a_log_that_nats_lost_hold_all_of_the_new_one(
    rig: LogRig, nats_server: NatsServer
) -> None:
    for _ in range(6):
        await rig.publish(share("a"))
    await found_and_settled(rig, 1)
    await nats_server.kill()
    nats_server.wipe()
    await nats_server.start()
    for bus in (rig.stratum, rig.payouts):
        while not bus.connected:
            await rig.redis.ping()
        await bus.ensure()
    for _ in range(12):
        await rig.publish(share("a", time_ms=START_MS + 1000))
    await rig.count()

    assert await everything_stays(rig)


async def test_what_holds_the_log_for_long_is_told_once_a_day(
    rig: LogRig, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.publish(share("solo"))
    await rig.publish(share("solo"))
    await rig.count()

    for hour in range(30):
        await rig.keeper.cut(START_MS + 40 * DAY_MS + hour * 3600 * 1000)

    told = [record for record in caplog.records if record.message == "share log cannot be cut"]
    assert [vars(record)["needed_by"] for record in told] == ["the running round of the pool"] * 2
    assert metrics.LOG_REACH_SECONDS.labels(rig.pool)._value.get() > 40 * 24 * 3600
