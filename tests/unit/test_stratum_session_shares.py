"""What a session makes of the shares it is sent, and at which difficulty."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nompcore.errors import RejectReason
from services.stratum.outcome import RefusedShare, SubmittedShare
from services.stratum.replies import true_line
from tests.stratum_miner import WORKER, Miner, answer, refused, share
from tests.stratum_work import (
    ADDRESS,
    EASY,
    ERRORS,
    NTIME,
    REGTEST_BITS,
    Solution,
    make_job,
    target_of,
)


def test_a_good_share_is_handed_on_with_whom_to_credit_and_at_which_target() -> None:
    job = make_job("1")
    miner = Miner(job).ready()

    submitted = miner.submit(share(job))

    assert isinstance(submitted, SubmittedShare)
    assert (submitted.worker.name, submitted.worker.address) == (WORKER, ADDRESS)
    assert (submitted.difficulty, submitted.target) == (EASY, target_of(EASY))
    assert submitted.job is miner.jobs.current
    assert submitted.seen is miner.session.work.seen


def test_a_share_of_a_worker_that_is_not_authorized_here_is_refused_and_nobody_is_blamed() -> None:
    job = make_job("1")
    miner = Miner(job).ready()

    outcome = miner.submit(share(job), worker=f"{ADDRESS}.other")

    assert outcome == RefusedShare(refused(RejectReason.UNAUTHORIZED), None, RejectReason.UNAUTHORIZED)


def test_a_share_before_the_subscription_is_refused() -> None:
    job = make_job("1")
    miner = Miner(job)
    miner.call("mining.authorize", WORKER)

    assert miner.judged(share(job)) == refused(RejectReason.NOT_SUBSCRIBED)


def test_each_of_several_workers_is_credited_by_the_name_it_submits() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    miner.call("mining.authorize", f"{ADDRESS}.second")
    miner.call("mining.authorize", "nonsense")

    for name in (WORKER, f"{ADDRESS}.second"):
        assert miner.submit(share(job), worker=name).worker.name == name


def test_a_duplicate_is_refused_also_in_upper_case() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    number = 0
    while True:  # a nonce that has a letter
        solution = share(job, start=number)
        if solution.nonce_hex != solution.nonce_hex.upper():
            break
        number = int(solution.nonce_hex, 16) + 1
    upper = Solution(
        solution.job_id,
        solution.extranonce2_hex.upper(),
        solution.ntime_hex.upper(),
        solution.nonce_hex.upper(),
        solution.hash_int,
    )

    assert miner.judged(solution) == true_line(b"1")
    assert miner.judged(solution) == refused(RejectReason.DUPLICATE)
    assert miner.judged(upper) == refused(RejectReason.DUPLICATE)


def test_a_share_is_stale_after_a_clean_job_and_not_after_a_refresh() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    miner.broadcast(make_job("2", clean=False))
    assert miner.judged(share(job)) == true_line(b"1")

    miner.broadcast(make_job("3", block=2))

    assert miner.judged(share(job, start=1000)) == refused(RejectReason.STALE)


def test_a_share_above_its_target_is_low() -> None:
    job = make_job("1")

    assert Miner(job).ready().judged(share(job, at_most=2**256, above=target_of(EASY))) == refused(
        RejectReason.LOW_DIFFICULTY
    )


def test_a_share_slightly_above_its_target_counts_within_the_variance() -> None:
    job = make_job("1")
    miner = Miner(job, variance_percent=10.0).ready()
    edge = target_of(EASY) * 100 // 90

    assert miner.judged(share(job, above=target_of(EASY), at_most=edge)) == true_line(b"1")
    assert miner.judged(share(job, above=edge, at_most=2**256)) == refused(RejectReason.LOW_DIFFICULTY)


@pytest.mark.parametrize(
    ("ntime", "reply"),
    [
        (NTIME - 1, refused(RejectReason.NTIME_OUT_OF_RANGE)),
        (NTIME, refused(RejectReason.LOW_DIFFICULTY)),
        (NTIME + 7200, refused(RejectReason.LOW_DIFFICULTY)),
        (NTIME + 7201, refused(RejectReason.NTIME_OUT_OF_RANGE)),
    ],
)
def test_ntime_is_the_jobs_to_two_hours_ahead(ntime: int, reply: bytes) -> None:
    miner = Miner(make_job("1"), difficulty=1e6).ready()

    assert miner.judged(Solution("1", "00000000", f"{ntime:08x}", "00000000", 0)) == reply


def test_a_block_is_accepted_below_the_workers_difficulty() -> None:
    job = make_job("1", bits=REGTEST_BITS)
    miner = Miner(job, difficulty=1e6).ready()

    assert miner.judged(share(job, at_most=2**255 - 2**240)) == true_line(b"1")


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ([], RejectReason.MALFORMED),
        ([WORKER], RejectReason.MALFORMED),
        ([WORKER, "1", None, "6553f100", "00000000"], RejectReason.MALFORMED),
        ([WORKER, "1", "0000", "6553f100", "00000000"], RejectReason.EXTRANONCE2_SIZE),
        ([WORKER, "1", "00000000", "6553f1", "00000000"], RejectReason.NTIME_SIZE),
        ([WORKER, "1", "00000000", "6553f100", "0"], RejectReason.NONCE_SIZE),
        ([WORKER, "1", "0000000g", "6553f100", "00000000"], RejectReason.MALFORMED),
        ([WORKER, "2", "00000000", "6553f100", "00000000"], RejectReason.STALE),
    ],
)
def test_short_and_odd_params_get_an_error(params: list[Any], reason: RejectReason) -> None:
    miner = Miner(make_job("1")).ready()
    line = json.dumps({"id": 1, "method": "mining.submit", "params": params}).encode()

    assert json.loads(answer(miner, line))["error"] == ERRORS[reason]


def test_a_share_on_a_new_block_before_it_is_sent_counts_once() -> None:
    """Other miners had the job already: the broadcast goes round."""
    miner = Miner(make_job("1")).ready()
    job = make_job("2", block=2)
    miner.jobs.add(job)
    solution = share(job)
    assert miner.judged(solution) == true_line(b"1")

    miner.session.next_job(1.0)

    assert miner.judged(solution) == refused(RejectReason.DUPLICATE)
