"""A miner that comes back: what it gets back, and what it is not paid for twice."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from nompcore.errors import RejectReason
from nompcore.messages import ParkedSession
from services.stratum.miner_work import MAX_PARKED_KEYS
from services.stratum.outcome import Hangup, Resumption
from services.stratum.replies import true_line
from services.stratum.session_token import TokenMint
from tests.stratum_miner import EXTRANONCE1, RULES, TOKENS, WORKER, Miner, again, refused, share
from tests.stratum_work import ADDRESS, EASY, NTIME, make_job, target_of

TOKEN = TOKENS.token(EXTRANONCE1)


def subscribed_again(miner: Miner) -> list[Any]:
    """The miner's next connection, with the token of the one before: reply, difficulty, job."""
    lines = miner.reconnect().call("mining.subscribe", "agent/1", TOKEN)
    assert [line.get("method") for line in lines] == [None, "mining.set_difficulty", "mining.notify"]
    return list(lines)


def test_a_genuine_token_asks_for_what_was_left() -> None:
    session = Miner(make_job("1")).session
    line = f'{{"id":7,"method":"mining.subscribe","params":["x","{TOKEN}"]}}'.encode()

    assert session.receive(line, 1.0) == Resumption(b"7", EXTRANONCE1)
    assert not session.subscribed


@pytest.mark.parametrize(
    "token",
    [
        EXTRANONCE1,
        "a10f0001" + TOKEN[8:],
        TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1"),
        TokenMint(bytes(32), "ltc").token(EXTRANONCE1),
        TokenMint(bytes(31) + b"\1", "btc").token(EXTRANONCE1),
        "deadbeefcafebabe0000000000000001",
    ],
)
def test_any_other_token_begins_a_fresh_session(token: str) -> None:
    miner = Miner(make_job("1")).ready()
    reply = miner.reconnect().call("mining.subscribe", "agent/1", token)[0]

    assert reply["result"][1] == "a10f0001"


def test_with_nothing_left_a_genuine_token_begins_a_fresh_session_too() -> None:
    miner = Miner(make_job("1")).ready().reconnect()
    miner.parked = None
    reply, difficulty, job = miner.call("mining.subscribe", "agent/1", TOKEN)

    assert reply["result"][1] == "a10f0001"
    assert reply["result"][0][0][1] == TOKENS.token("a10f0001")
    assert difficulty["params"] == [EASY]
    assert (job["params"][0], job["params"][8]) == ("1", True)
    assert not miner.session.workers


def test_with_nothing_left_and_no_prefix_it_is_sent_away() -> None:
    miner = Miner(make_job("1"))
    miner.allocator = None

    assert miner.call("mining.subscribe", "agent/1", TOKEN) == Hangup("no-prefix")


def test_extranonce1_difficulty_and_workers_come_back() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    miner.call("mining.authorize", f"{ADDRESS}.second", "x")
    miner.call("mining.suggest_difficulty", 8 * EASY)

    reply, difficulty, _ = subscribed_again(miner)

    assert reply["result"][1] == EXTRANONCE1
    assert reply["result"][0][0][1] == TOKEN
    assert difficulty["params"] == [8 * EASY]
    assert list(miner.session.workers) == [WORKER, f"{ADDRESS}.second"]
    assert miner.submit(share(make_job("1"), at_most=target_of(8 * EASY))).worker.name == WORKER


def test_the_job_is_sent_again_and_its_shares_are_judged_at_what_is_announced() -> None:
    job = make_job("1")
    miner = Miner(job).ready()

    _, difficulty, notification = subscribed_again(miner)

    known = again(job, notification)
    assert (known.job_id, known.ntime) == ("101", job.ntime + 1)
    solution = share(known)
    assert miner.submit(solution).difficulty == difficulty["params"][0] == EASY
    assert miner.judged(solution) == true_line(b"1")
    assert miner.judged(solution) == refused(RejectReason.DUPLICATE)


def test_what_was_paid_for_is_a_duplicate_and_the_rest_still_counts() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    paid = share(job)
    unpaid = share(job, start=int(paid.nonce_hex, 16) + 1)
    assert miner.judged(paid) == true_line(b"1")

    subscribed_again(miner)

    assert miner.judged(paid) == refused(RejectReason.DUPLICATE)
    assert miner.judged(unpaid) == true_line(b"1")


def test_work_under_another_id_is_remembered_too_and_no_id_is_given_twice() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    known = job
    for times in range(1, 4):
        known = again(job, subscribed_again(miner)[2])
        assert (known.job_id, known.ntime) == (f"1{times:02x}", job.ntime + times)
        assert miner.judged(share(known)) == true_line(b"1")

    plain = msgspec.structs.replace(known, job_id="1")
    assert miner.judged(share(plain)) == refused(RejectReason.DUPLICATE)


@pytest.mark.parametrize(("parked", "announced"), [(1e9, 256), (1e-30, RULES.min_diff)])
def test_the_difficulty_stays_within_the_bounds_of_the_port(parked: float, announced: float) -> None:
    """It may have been another port's, or the configuration was changed; 256 is the network's."""
    miner = Miner(vardiff=RULES).ready().reconnect()
    assert miner.parked
    miner.parked = msgspec.structs.replace(miner.parked, difficulty=parked)
    miner.call("mining.subscribe", "agent/1", TOKEN)

    assert miner.broadcast(make_job("1"))[0]["params"] == [announced]


def test_the_networks_difficulty_is_a_bound_too() -> None:
    miner = Miner(make_job("1")).ready().reconnect()
    assert miner.parked
    miner.parked = msgspec.structs.replace(miner.parked, difficulty=1e9)

    difficulty = miner.call("mining.subscribe", "agent/1", TOKEN)[1]

    assert difficulty["params"] == [pytest.approx(256)]


def test_vardiff_goes_on_from_there() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()
    miner.call("mining.suggest_difficulty", 8 * EASY)
    subscribed_again(miner)

    miner.session.look_for_silence(1000.0)

    assert RULES.min_diff <= miner.session.difficulty.track.newest < 8 * EASY


def test_what_was_asked_for_before_the_subscription_still_holds() -> None:
    job = make_job("1")
    for wish, announced in (("md", 16 * EASY), ("d", 2 * EASY)):
        miner = Miner(job, vardiff=RULES).ready()
        miner.call("mining.suggest_difficulty", 8 * EASY)
        miner.reconnect().call("mining.authorize", WORKER, f"{wish}={announced!r}")

        assert miner.call("mining.subscribe", "agent/1", TOKEN)[1]["params"] == [announced]


def test_a_worker_that_may_not_mine_any_more_has_to_log_in_again() -> None:
    """The address check may have been turned on since."""
    miner = Miner(make_job("1")).ready().reconnect()
    assert miner.parked
    miner.parked = msgspec.structs.replace(miner.parked, workers=[WORKER, "nobody"])

    assert miner.call("mining.subscribe", "agent/1", TOKEN)[0]["result"][1] == EXTRANONCE1
    assert list(miner.session.workers) == [WORKER]


def test_what_is_parked_is_what_the_session_was() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    miner.call("mining.suggest_difficulty", 4 * EASY)
    solution = share(job)
    miner.judged(solution)

    key = "00000000" + solution.ntime_hex + solution.nonce_hex + "20000000"
    assert miner.session.parked() == ParkedSession(
        pool="btc",
        extranonce1_hex=EXTRANONCE1,
        difficulty=4 * EASY,
        workers=[WORKER],
        seen={"1": key},
        live_since_ms=NTIME * 1000,
        reissues=1,
    )


@pytest.mark.parametrize("calls", [[], ["mining.subscribe"], ["mining.authorize"]])
def test_a_session_without_extranonce1_or_login_is_not_parked(calls: list[str]) -> None:
    miner = Miner(make_job("1"))
    for method in calls:
        miner.call(method, WORKER)

    assert miner.session.parked() is None


def test_a_session_with_too_much_work_is_not_parked() -> None:
    miner = Miner(make_job("1")).ready()
    prefix = b"1"
    miner.session.work.seen.update(prefix + number.to_bytes(16, "big") for number in range(MAX_PARKED_KEYS))
    parked = miner.session.parked()
    assert parked
    assert len(parked.seen["1"]) == MAX_PARKED_KEYS * 32

    miner.session.work.seen.add(prefix + MAX_PARKED_KEYS.to_bytes(16, "big"))

    assert miner.session.parked() is None


def test_a_replica_that_has_not_heard_of_the_new_block_gives_a_fresh_extranonce1() -> None:
    """Shares on the jobs before it were paid for at the other replica, and nobody can tell here which."""
    miner = Miner(make_job("1")).ready().reconnect()
    assert miner.parked
    miner.parked = msgspec.structs.replace(miner.parked, live_since_ms=NTIME * 1000 + 1, seen={})

    reply = miner.call("mining.subscribe", "agent/1", TOKEN)[0]

    assert reply["result"][1] != EXTRANONCE1


def test_a_replica_that_knows_of_more_blocks_resumes() -> None:
    miner = Miner(make_job("1")).ready().reconnect()
    miner.broadcast(make_job("2", block=2, ntime=NTIME + 60))

    assert miner.call("mining.subscribe", "agent/1", TOKEN)[0]["result"][1] == EXTRANONCE1
