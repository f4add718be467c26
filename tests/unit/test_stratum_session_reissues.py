"""The current job sent again under another id: how its shares are judged, and how long it lives."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from nompcore.errors import RejectReason
from nompcore.messages import Job
from services.stratum.job_registry import MAX_LIVE_JOBS, LiveJob
from services.stratum.miner_work import MAX_REISSUES
from services.stratum.replies import true_line
from tests.stratum_miner import EXTRANONCE1, RULES, Miner, again, refused, share
from tests.stratum_work import EASY, make_job, target_of

HARD = 4 * EASY


def suggested(miner: Miner, difficulty: float, now: float = 1.0) -> list[Any]:
    """What follows the reply to a suggestion."""
    reply, *lines = miner.call("mining.suggest_difficulty", difficulty, now=now)
    assert reply["result"] is True
    return list(lines)


def sent_again(miner: Miner, job: Job, difficulty: float) -> Job:
    """The job as the miner has it after it suggested a difficulty."""
    announcement, notification = suggested(miner, difficulty)
    assert announcement["params"] == [difficulty]
    return again(job, notification)


def test_it_has_another_id_and_a_later_ntime_and_drops_no_work() -> None:
    miner, job = Miner(make_job("1f")).ready(), make_job("1f")

    announcement, notification = suggested(miner, HARD)

    assert announcement["method"] == "mining.set_difficulty"
    assert notification["params"][0] == "1f01"
    assert int(notification["params"][7], 16) == job.ntime + 1
    assert notification["params"][8] is False
    assert miner.counters.jobs_reissued == 1


def test_each_id_is_judged_at_the_difficulty_it_was_announced_with() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    hard = sent_again(miner, job, HARD)
    middle = sent_again(miner, job, 2 * EASY)

    for known, difficulty in ((job, EASY), (hard, HARD), (middle, 2 * EASY)):
        good = share(known, at_most=target_of(difficulty))
        assert miner.submit(good).difficulty == difficulty
        assert miner.judged(good) == true_line(b"1")
        bad = share(known, above=target_of(difficulty), at_most=2**256, start=1 << 16)
        assert miner.judged(bad) == refused(RejectReason.LOW_DIFFICULTY)


def test_the_same_work_under_both_ids_counts_once() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    known = sent_again(miner, job, HARD)
    solution = share(known, at_most=target_of(HARD))
    plain = type(solution)(job.job_id, *(getattr(solution, name) for name in solution.__slots__[1:]))

    assert miner.judged(solution) == true_line(b"1")
    assert miner.judged(plain) == refused(RejectReason.DUPLICATE)


def test_it_is_stale_after_a_clean_job_and_not_after_a_refresh() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    known = sent_again(miner, job, HARD)

    miner.broadcast(make_job("2", clean=False))
    assert miner.judged(share(known, at_most=target_of(HARD))) == true_line(b"1")
    miner.broadcast(make_job("3", block=2))

    assert miner.judged(share(known, at_most=target_of(HARD), start=1 << 16)) == refused(RejectReason.STALE)


def test_the_next_job_keeps_the_difficulty_without_another_announcement() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    sent_again(miner, job, HARD)

    assert [line["method"] for line in miner.broadcast(make_job("2", clean=False))] == ["mining.notify"]
    assert miner.submit(share(make_job("2", clean=False))).difficulty == HARD


def test_a_job_is_sent_again_a_bounded_number_of_times() -> None:
    """Else a miner could move ntime as far ahead as it likes."""
    miner = Miner(make_job("1")).ready()
    lines = [
        suggested(miner, EASY * (1 + number), now=60.0 * number) for number in range(1, MAX_REISSUES + 3)
    ]

    assert [len(each) for each in lines] == [2] * MAX_REISSUES + [0, 0]
    assert lines[MAX_REISSUES - 1][1]["params"][0] == f"1{MAX_REISSUES:02x}"
    assert miner.counters.jobs_reissued == MAX_REISSUES


def test_a_difficulty_that_came_too_often_comes_with_the_next_job() -> None:
    miner = Miner(make_job("1")).ready()
    for number in range(1, MAX_REISSUES + 2):
        suggested(miner, EASY * (1 + number), now=60.0 * number)

    announcement, _ = miner.broadcast(make_job("2", clean=False))

    assert announcement["params"] == [EASY * (2 + MAX_REISSUES)]
    assert len(suggested(miner, EASY, now=4000.0)) == 2


def test_what_changes_nothing_sends_nothing_again() -> None:
    miner = Miner(make_job("1")).ready()

    assert suggested(miner, EASY) == []


@pytest.mark.parametrize("job", [None, make_job("1")])
def test_before_the_first_job_is_sent_a_wish_comes_with_it(job: Job | None) -> None:
    miner = Miner(*filter(None, [job]))
    assert suggested(miner, HARD) == []

    lines = miner.call("mining.subscribe")[1:] or miner.broadcast(make_job("1"))

    assert [line["method"] for line in lines] == ["mining.set_difficulty", "mining.notify"]
    assert lines[0]["params"] == [HARD]
    assert lines[1]["params"][0] == "1"


def test_while_a_newer_job_is_about_to_come_the_old_one_is_not_sent_again() -> None:
    miner = Miner(make_job("1")).ready()
    miner.jobs.add(make_job("2", clean=False))
    assert suggested(miner, HARD) == []

    announcement, notification = (line for line in miner.broadcast(make_job("2", clean=False)))

    assert announcement["params"] == [HARD]
    assert notification["params"][0] == "2"


def test_a_flood_is_answered_at_once() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    lines = [miner.session.share_accepted(1 + number / 100, EASY) for number in range(9)]

    assert lines[:8] == [b""] * 8
    assert b"mining.set_difficulty" in lines[8]
    assert b'"101"' in lines[8]


def test_a_repeated_subscription_gets_the_job_as_it_was_sent_last() -> None:
    """What it finds is judged at the difficulty it was told, and what it has found before is a duplicate."""
    job = make_job("1")
    miner = Miner(job, difficulty=HARD, vardiff=RULES).ready()
    known = sent_again(miner, job, EASY)
    easy = share(known, above=target_of(HARD))
    assert miner.judged(easy) == true_line(b"1")

    reply, notification = miner.call("mining.subscribe")

    assert reply["result"][1] == EXTRANONCE1
    assert again(job, notification) == known
    assert notification["params"][8] is True
    assert miner.judged(easy) == refused(RejectReason.DUPLICATE)
    assert miner.submit(share(known, start=1 << 16)).difficulty == EASY


def test_after_a_repeated_subscription_no_id_is_given_twice() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    first = sent_again(miner, job, HARD)
    miner.call("mining.subscribe")

    second = sent_again(miner, job, 2 * EASY)

    assert (first.job_id, second.job_id) == ("101", "102")
    assert miner.submit(share(first, at_most=target_of(HARD))).difficulty == HARD


def test_jobs_that_are_not_kept_any_more_are_let_go() -> None:
    """A block can take hours, and then more jobs have come than are kept."""
    gc.collect()
    before = live_jobs()
    miner = Miner(make_job("0")).ready()
    for number in range(1, 3 * MAX_LIVE_JOBS):
        suggested(miner, EASY * (1 + number % 2), now=60.0 * number)
        miner.broadcast(make_job(f"{number:x}", clean=False), now=60.0 * number)

    gc.collect()
    assert miner.counters.jobs_reissued == 3 * MAX_LIVE_JOBS - 1
    assert live_jobs() - before == MAX_LIVE_JOBS


def live_jobs() -> int:
    return sum(type(thing) is LiveJob for thing in gc.get_objects())
