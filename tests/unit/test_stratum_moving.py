"""A miner of a switching port goes from pool to pool: a share is its job's pool's, and none counts twice."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from nompcore.errors import RejectReason
from nompcore.messages import Job, ParkedSession
from nompcore.share import VERSION_ROLLING_MASK
from services.stratum.miner_work import MAX_REISSUES
from services.stratum.outcome import SubmittedShare
from tests.stratum_miner import EXTRANONCE1, RULES, again
from tests.stratum_traveller import ADDRESSES, COINS, KEY, Traveller, credited, line, share
from tests.stratum_work import EASY, NTIME, Solution, make_job, target_of


def on_the_way() -> tuple[Traveller, Job, Job]:
    """A miner that has been moved from btc to bch, and the jobs it has of each."""
    miner = Traveller()
    here, there = miner.job("btc", "a1"), miner.job("bch", "b1")
    miner.ready()
    miner.move("bch")
    return miner, here, there


def test_a_move_gives_the_difficulty_and_a_clean_job_and_leaves_the_extranonce() -> None:
    miner = Traveller()
    miner.job("btc", "a1")
    miner.job("bch", "b1", clean=False)
    miner.ready()

    difficulty, notification = miner.move("bch")

    assert (difficulty["method"], difficulty["params"]) == ("mining.set_difficulty", [EASY])
    assert notification["method"] == "mining.notify"
    assert (notification["params"][0], notification["params"][8]) == ("b1", True)
    assert miner.session.extranonce1_hex == EXTRANONCE1
    assert miner.heard() == []  # the broadcast of that job has nothing to add


def test_shares_on_their_way_are_credited_to_the_pool_of_their_job() -> None:
    miner, here, there = on_the_way()

    assert miner.verdict(share(here)) == credited("btc")
    assert miner.verdict(share(there)) == credited("bch")
    assert ADDRESSES["btc"] != ADDRESSES["bch"]


def test_a_share_counts_once_whatever_lies_between() -> None:
    miner, here, _ = on_the_way()
    solution, later = share(here), share(here, start=1000)
    assert miner.verdict(solution) == credited("btc")
    assert miner.verdict(solution) is RejectReason.DUPLICATE

    miner.move("btc")

    assert miner.verdict(solution) is RejectReason.DUPLICATE
    assert miner.verdict(later) == credited("btc")


def test_a_job_that_the_miner_had_comes_back_under_another_id_with_a_later_time() -> None:
    miner, here, _ = on_the_way()
    ids, times = {"a1"}, {here.ntime}
    for _ in range(3):
        _, notification = miner.move("btc")
        job = again(here, notification)
        assert notification["params"][8] is True
        assert miner.verdict(share(job)) == credited("btc")
        ids.add(job.job_id)
        times.add(job.ntime)
        miner.move("bch")
        assert miner.verdict(share(job, start=5000)) == credited("btc")

    assert (len(ids), len(times)) == (4, 4)


def test_coming_back_for_ever_to_a_job_that_stays_costs_no_memory() -> None:
    miner, here, _ = on_the_way()
    jobs = []
    for _ in range(2 * MAX_REISSUES):
        _, notification = miner.move("btc")
        jobs.append(again(here, notification))
        miner.move("bch")

    live = [miner.verdict(share(job, start=1000)) == credited("btc") for job in jobs]

    assert live == [False] * MAX_REISSUES + [True] * MAX_REISSUES


def test_a_newer_job_of_a_pool_left_before_is_sent_as_it_is() -> None:
    miner, here, _ = on_the_way()
    newer = miner.job("btc", "a2", clean=False)
    assert miner.heard() == []

    _, notification = miner.move("btc")

    assert notification["params"][0] == "a2"
    assert miner.verdict(share(newer)) == credited("btc")
    assert miner.verdict(share(here)) == credited("btc")


def test_a_share_is_stale_once_its_pool_has_a_new_block() -> None:
    miner, here, _ = on_the_way()
    miner.job("btc", "a2", block=2)

    assert miner.verdict(share(here)) is RejectReason.STALE
    miner.move("btc")
    assert miner.verdict(share(here)) is RejectReason.STALE


def test_jobs_that_came_after_the_miner_left_are_not_its_own() -> None:
    miner, _, _ = on_the_way()
    newer = miner.job("btc", "a2", clean=False)

    assert miner.verdict(share(newer)) is RejectReason.STALE


def test_a_share_for_a_job_that_was_never_sent_counts_once_too() -> None:
    """It was in the registry when the miner left: another connection may have told it."""
    miner = Traveller()
    miner.job("btc", "a1")
    miner.job("bch", "b1")
    miner.ready()
    unsent = miner.job("btc", "a2", block=2)
    solution = share(unsent)
    assert miner.verdict(solution) == credited("btc")

    miner.move("bch")
    assert miner.verdict(solution) is RejectReason.DUPLICATE
    miner.move("btc")
    assert miner.verdict(solution) is RejectReason.DUPLICATE


def test_the_new_coins_network_caps_the_difficulty_and_the_old_one_comes_back() -> None:
    miner = Traveller(difficulty=EASY * 4)
    here = miner.job("btc", "a1")
    there = miner.job("bch", "b1", bits="207fffff")
    network = miner.jobs["bch"].network_difficulty
    assert network < EASY * 4
    miner.ready()

    assert miner.move("bch")[0]["params"] == [network]
    assert miner.verdict(share(there, difficulty=network)) == credited("bch", network)
    late = share(here, difficulty=EASY, above=target_of(EASY * 4))
    assert miner.verdict(late) is RejectReason.LOW_DIFFICULTY
    assert miner.verdict(share(here, difficulty=EASY * 4)) == credited("btc", EASY * 4)
    difficulty, notification = miner.move("btc")
    assert difficulty["params"] == [EASY * 4]
    assert miner.verdict(share(again(here, notification), difficulty=EASY * 4)) == credited("btc", EASY * 4)


def test_what_the_miner_wished_elsewhere_is_the_difficulty_of_the_job_that_comes_again() -> None:
    miner, here, _ = on_the_way()
    miner.call("mining.suggest_difficulty", EASY * 2)

    difficulty, notification = miner.move("btc")

    assert difficulty["params"] == [EASY * 2]
    assert miner.verdict(share(again(here, notification), difficulty=EASY * 2)) == credited("btc", EASY * 2)
    assert miner.verdict(share(here, above=target_of(EASY * 2))) == credited("btc")


def test_the_pace_is_watched_across_pools() -> None:
    miner = Traveller(vardiff=RULES)
    miner.job("btc", "a1")
    miner.job("bch", "b1")
    miner.ready()
    pools = ("btc", "bch")
    for second in range(200):  # a share each second where one in 15 is wanted
        miner.session.share_accepted(float(second), miner.session.difficulty.track.announced)
        lines = miner.move(pools[second % 2], now=float(second))
    assert lines[0]["params"][0] > EASY * 4


def test_a_miner_that_has_not_subscribed_gets_nothing_and_begins_where_the_port_is() -> None:
    miner = Traveller()
    miner.job("btc", "a1")
    there = miner.job("bch", "b1")

    assert miner.move("bch") == []
    miner.ready()

    assert miner.verdict(share(there)) == credited("bch")


def test_a_pool_without_a_job_gives_its_first_one_with_the_difficulty() -> None:
    miner = Traveller()
    miner.ready()
    assert miner.move("bch") == []
    miner.job("bch", "b1")

    assert [message["method"] for message in miner.heard()] == ["mining.set_difficulty", "mining.notify"]


def test_workers_that_log_in_elsewhere_may_mine_everywhere() -> None:
    miner, here, _ = on_the_way()
    miner.call("mining.authorize", f"{ADDRESSES['bch']}.other", "x")

    found = miner.session.receive(
        line("mining.submit", *share(here).params(f"{ADDRESSES['bch']}.other")), 3.0
    )

    assert isinstance(found, SubmittedShare)
    assert found.worker.name == f"{ADDRESSES['btc']}.other"
    assert {worker.address for worker in miner.session.workers.values()} == {ADDRESSES["bch"]}


def test_the_quick_check_takes_shares_of_the_pool_that_is_mined_only() -> None:
    miner, here, there = on_the_way()
    worker = f"{KEY}.rig"

    def quick(solution: Solution) -> Any:
        return miner.session.quick_share(line("mining.submit", *solution.params(worker)) + b"\n", NTIME)

    assert quick(share(here)) is None
    good = quick(share(there))
    if miner.jobs["bch"].quick:  # only with the library
        assert (good.worker.address, good.job.prepared.job.pool) == (ADDRESSES["bch"], "bch")
        assert miner.verdict(share(there)) is RejectReason.DUPLICATE


def test_a_miner_that_has_been_moved_leaves_nothing_to_come_back_for() -> None:
    miner = Traveller()
    miner.job("btc", "a1")
    miner.job("bch", "b1")
    miner.ready()
    assert miner.session.parked() is not None
    miner.move("bch")
    assert miner.session.parked() is None
    miner.move("btc")
    assert miner.session.parked() is None


def test_what_was_parked_in_another_pool_is_not_taken_up() -> None:
    miner = Traveller()
    miner.job("btc", "a1")
    left = ParkedSession(
        pool="bch", extranonce1_hex="bbbbbbbb", difficulty=EASY, workers=[f"{KEY}.rig"], seen={}
    )

    lines = miner.session.resume(b"1", left, 1.0)

    assert isinstance(lines, bytes)
    assert miner.session.extranonce1_hex == EXTRANONCE1


def test_with_another_extranonce1_earlier_work_is_stale_everywhere() -> None:
    miner, here, _ = on_the_way()
    miner.session.follows_extranonce = True

    assert miner.session.change_extranonce1(4.0) is not None

    assert miner.verdict(share(here)) is RejectReason.STALE
    assert miner.session.extranonce1_hex != EXTRANONCE1
    assert miner.session.parked() is not None


@pytest.mark.parametrize("version", [0x20000000, 0x20010000])
def test_the_bits_a_miner_may_roll_are_told_again_where_the_coin_uses_some_itself(version: int) -> None:
    miner = Traveller()
    miner.job("btc", "a1")
    there = make_job("b1", of=COINS["bch"], pool="bch")
    miner.jobs["bch"].add(msgspec.structs.replace(there, version=version))
    miner.call(
        "mining.configure", ["version-rolling"], {"version-rolling.mask": f"{VERSION_ROLLING_MASK:08x}"}
    )
    miner.ready()

    told = [one["params"] for one in miner.move("bch") if one["method"] == "mining.set_version_mask"]
    back = [one["params"] for one in miner.move("btc") if one["method"] == "mining.set_version_mask"]

    uses_some = bool(version & VERSION_ROLLING_MASK)
    assert told == ([["00000000"]] if uses_some else [])
    assert back == ([[f"{VERSION_ROLLING_MASK:08x}"]] if uses_some else [])
