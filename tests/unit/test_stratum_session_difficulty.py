"""At which difficulty a connection mines: what it asks for, what its pace says, what bounds both."""

from __future__ import annotations

from typing import Any

import pytest

from services.stratum.vardiff import VardiffRules
from tests.stratum_miner import RULES, WORKER, Miner, share
from tests.stratum_work import ADDRESS, EASY, REGTEST_BITS, make_job, target_of

LEAST, MOST = RULES.min_diff, RULES.max_diff
NETWORK = 256  # of the jobs' bits


def announced(lines: Any) -> list[float]:
    """The difficulties among the lines."""
    return [line["params"][0] for line in lines if line.get("method") == "mining.set_difficulty"]


def logged_in(password: str, vardiff: VardiffRules | None, difficulty: float = EASY) -> list[float]:
    """What a login with this password announces."""
    miner = Miner(make_job("1"), difficulty=difficulty, vardiff=vardiff)
    miner.call("mining.subscribe", "agent/1")
    reply, *lines = miner.call("mining.authorize", WORKER, password)
    assert reply["result"] is True
    assert len(lines) in (0, 2)
    return announced(lines)


@pytest.mark.parametrize(
    ("password", "variable", "fixed"),
    [
        ("x", [], []),
        ("d=32", [32], [32]),
        ("x,d=32;md=8", [32], [32]),
        ("d=8,md=32", [8], [8]),
        ("d=0.0000000001", [LEAST], []),
        ("d=1e6", [NETWORK], [NETWORK]),
        ("md=32", [32], [32]),
        ("md=0.0000000001", [], []),
        ("md=1e6", [NETWORK], [NETWORK]),
        ("d=much", [], []),
    ],
)
def test_a_password_can_fix_a_difficulty_or_set_the_least(
    password: str, variable: list[float], fixed: list[float]
) -> None:
    """On a port without varDiff its `diff` is the least."""
    assert logged_in(password, RULES) == [pytest.approx(wish, rel=1e-9, abs=0) for wish in variable]
    assert logged_in(password, None) == [pytest.approx(wish, rel=1e-9, abs=0) for wish in fixed]


def test_a_port_without_vardiff_grants_nothing_below_its_own() -> None:
    assert logged_in("d=4", None, difficulty=16.0) == []
    assert logged_in("d=17", None, difficulty=16.0) == [17]


def test_a_port_with_vardiff_grants_what_lies_between_its_bounds() -> None:
    rules = VardiffRules(min_diff=8.0, max_diff=64.0, target_time=15, retarget_time=90, variance_percent=30)

    assert [logged_in(f"d={wish}", rules, difficulty=16.0) for wish in (1, 12, 100)] == [[8], [12], [64]]


def test_a_fixed_difficulty_stays_whatever_the_pace_is_and_whatever_is_suggested() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    miner.call("mining.authorize", WORKER, "d=32")

    for number in range(1000):
        assert miner.session.share_accepted(1 + number / 10, 32) == b""
    assert miner.session.look_for_silence(5000) == b""
    assert len(miner.call("mining.suggest_difficulty", 64, now=5000)) == 1
    assert announced(miner.broadcast(make_job("2", clean=False), now=5000)) == []


def test_another_login_can_fix_another_difficulty() -> None:
    miner = Miner(make_job("1")).ready()
    miner.call("mining.authorize", WORKER, "d=32")

    assert announced(miner.call("mining.authorize", f"{ADDRESS}.second", "d=64")) == [64]


def test_a_least_difficulty_bounds_the_descent_and_later_suggestions() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    miner.call("mining.authorize", WORKER, "md=32")
    miner.call("mining.suggest_difficulty", 64)
    assert miner.session.difficulty.track.announced == 64

    for now in range(200, 2000, 200):
        miner.session.look_for_silence(now)

    assert miner.session.difficulty.track.announced == 32
    assert announced(miner.call("mining.suggest_difficulty", 1, now=2000)) == []


def test_a_suggestion_is_where_vardiff_goes_on_from() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()

    assert announced(miner.call("mining.suggest_difficulty", 32)) == [32]
    assert announced(miner.broadcast(make_job("2", clean=False))) == []
    assert b"set_difficulty" in miner.session.look_for_silence(200)
    assert LEAST <= miner.session.difficulty.track.announced < 32


@pytest.mark.parametrize(
    ("wish", "vardiff", "granted"),
    [(1e-30, RULES, [LEAST]), (1e-30, None, []), (1e30, RULES, [NETWORK]), (1e30, None, [NETWORK])],
)
def test_a_suggestion_is_granted_within_bounds(
    wish: float, vardiff: VardiffRules | None, granted: list[float]
) -> None:
    miner = Miner(make_job("1"), vardiff=vardiff).ready()

    assert announced(miner.call("mining.suggest_difficulty", wish)) == [
        pytest.approx(difficulty, rel=1e-9, abs=0) for difficulty in granted
    ]


def test_a_suggested_target_is_the_difficulty_it_stands_for() -> None:
    miner = Miner(make_job("1")).ready()

    assert announced(miner.call("mining.suggest_target", f"{target_of(32):064x}")) == [pytest.approx(32)]


@pytest.mark.parametrize("vardiff", [RULES, None])
def test_a_network_that_is_easier_bounds_every_difficulty_while_it_is(vardiff: VardiffRules | None) -> None:
    """Else a block that the miner finds would be too easy to be told."""
    miner = Miner(make_job("1", bits=REGTEST_BITS), vardiff=vardiff)
    network = miner.jobs.network_difficulty
    assert network < EASY

    assert announced(miner.call("mining.subscribe", "agent")) == [network]
    miner.call("mining.authorize", WORKER)
    assert announced(miner.call("mining.suggest_difficulty", 32)) == []
    assert announced(miner.call("mining.authorize", WORKER, "md=64")) == []
    assert announced(miner.call("mining.authorize", WORKER, "d=128")) == []
    assert announced(miner.broadcast(make_job("2", block=2))) == [128]
    assert announced(miner.broadcast(make_job("3", block=3, bits=REGTEST_BITS))) == [network]


def test_the_difficulty_of_a_share_is_that_of_its_job() -> None:
    first, second = make_job("1"), make_job("2", clean=False)
    miner = Miner(first, vardiff=RULES).ready()
    for now in range(50):
        miner.session.share_accepted(float(now + 1), EASY)

    difficulty, job = miner.broadcast(second, now=51.0)

    assert difficulty["params"][0] > EASY
    assert job["params"][0] == "2"
    assert miner.submit(share(first)).difficulty == EASY
    assert miner.submit(share(second)).difficulty == difficulty["params"][0]


def test_an_ordinary_retarget_waits_for_the_next_job() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    lines = [miner.session.share_accepted(now, EASY) for now in range(5, 200, 5)]

    assert lines == [b""] * len(lines)
    assert miner.session.next_job(200.0) == b""
    assert announced(miner.broadcast(make_job("2", clean=False), now=200.0))[0] > EASY


def test_shares_of_an_easier_job_say_nothing_about_the_pace() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    miner.call("mining.suggest_difficulty", 2 * EASY)

    for number in range(1000):
        assert miner.session.share_accepted(1 + number / 10, EASY) == b""
    assert miner.session.accepted == 1000
    assert announced(miner.broadcast(make_job("2", clean=False), now=101.0)) == []


def test_the_difficulty_of_a_silent_miner_falls_at_once() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    assert miner.session.look_for_silence(80.0) == b""

    lines = miner.session.look_for_silence(100.0)

    assert b'"mining.set_difficulty"' in lines
    assert b'"101"' in lines
    assert miner.session.difficulty.track.announced < EASY


def test_nobody_is_silent_who_has_no_work_or_has_not_logged_in() -> None:
    idle = Miner(vardiff=RULES).ready()
    stranger = Miner(make_job("1"), vardiff=RULES)
    stranger.call("mining.subscribe")

    assert idle.session.look_for_silence(1000.0) == b""
    assert stranger.session.look_for_silence(1000.0) == b""
    assert announced(idle.broadcast(make_job("1"), now=1000.0)) == [EASY]
