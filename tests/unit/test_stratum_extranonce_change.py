"""A miner whose extranonce1 is somebody else's from now on."""

from __future__ import annotations

from typing import Any

import pytest

from nompcore.errors import RejectReason
from services.stratum.replies import true_line
from tests.stratum_miner import EXTRANONCE1, RULES, Miner, again, decoded, refused, share
from tests.stratum_work import EASY, make_job, solve, target_of

CHANGED = "a10f0001"


def follower() -> Miner:
    """A miner that understands mining.set_extranonce."""
    miner = Miner(make_job("1"), difficulty=4 * EASY, vardiff=RULES).ready()
    miner.call("mining.extranonce.subscribe")
    return miner


@pytest.mark.parametrize(
    "call",
    [("mining.extranonce.subscribe",), ("mining.configure", ["subscribe-extranonce"], {})],
    ids=["method", "extension"],
)
def test_who_understands_it_gets_another_one_and_the_job(call: tuple[Any, ...]) -> None:
    miner = Miner(make_job("1")).ready()
    miner.call(*call)

    lines = miner.session.change_extranonce1(1.0)

    assert lines is not None
    change, job = decoded(lines)
    assert change == {"id": None, "method": "mining.set_extranonce", "params": [CHANGED, 4]}
    assert (job["method"], job["params"][0], job["params"][8]) == ("mining.notify", "1", True)
    assert miner.session.extranonce1_hex == CHANGED


def test_who_does_not_has_to_reconnect() -> None:
    miner = Miner(make_job("1")).ready()

    assert miner.session.change_extranonce1(1.0) is None
    assert miner.session.extranonce1_hex == EXTRANONCE1


def test_so_has_everybody_while_no_prefix_is_held() -> None:
    miner = follower()
    miner.allocator = None

    assert miner.session.change_extranonce1(1.0) is None


def test_without_a_job_the_change_is_all() -> None:
    miner = Miner().ready()
    miner.call("mining.extranonce.subscribe")

    assert [line["method"] for line in decoded(miner.session.change_extranonce1(1.0) or b"")] == [
        "mining.set_extranonce"
    ]


def test_shares_are_made_of_the_new_one_from_then_on() -> None:
    job = make_job("1")
    miner = follower()
    at_most = target_of(4 * EASY)
    assert miner.judged(share(job, at_most=at_most)) == true_line(b"1")

    miner.session.change_extranonce1(1.0)

    solution = solve(job, CHANGED, at_most=at_most)
    assert miner.judged(solution) == true_line(b"1")
    assert miner.judged(solution) == refused(RejectReason.DUPLICATE)
    assert miner.submit(solution).submission.extranonce1.hex() == CHANGED


def test_what_was_sent_again_is_stale_and_the_difficulty_announced_last_holds() -> None:
    job = make_job("1")
    miner = follower()
    _, _, notification = miner.call("mining.suggest_difficulty", EASY)
    before = again(job, notification)

    _, fresh = decoded(miner.session.change_extranonce1(1.0) or b"")

    known = again(job, fresh)
    assert known.job_id != before.job_id
    assert miner.submit(solve(known, CHANGED, at_most=target_of(EASY))).difficulty == EASY
    assert miner.judged(share(before)) == refused(RejectReason.STALE)


def test_what_is_parked_afterwards_has_the_new_one() -> None:
    miner = follower()
    miner.judged(share(make_job("1"), at_most=target_of(4 * EASY)))
    miner.session.change_extranonce1(1.0)

    parked = miner.session.parked()

    assert parked is not None
    assert (parked.extranonce1_hex, parked.seen) == (CHANGED, {})
