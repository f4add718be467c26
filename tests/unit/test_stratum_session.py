"""One miner's conversation, with bytes only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.share import validate_share
from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION
from services.stratum.counters import KNOWN_UNSUPPORTED
from services.stratum.framing import MAX_LINE_BYTES
from services.stratum.protocol import METHODS
from services.stratum.session import Hangup, RefusedShare, SubmittedShare
from tests.stratum_miner import EXTRANONCE1, RULES, WORKER, Miner, answer, decoded
from tests.stratum_work import (
    ADDRESS,
    MAIN_ADDRESS,
    NTIME,
    ROOT,
    make_job,
)


def test_a_whole_session_is_byte_for_byte_as_written_down() -> None:
    """`tests/vectors/stratum_session.txt`: what the miner sends after `>`, what it gets after `<`, and `!`
    where the service does something: a job of that name is published."""
    miner = Miner(make_job("1"))
    events = {"job 2": make_job("2", clean=False), "job 3": make_job("3", block=2)}
    sent = b""
    for line in (ROOT / "tests/vectors/stratum_session.txt").read_text().splitlines():
        kind, text = line[:2], line[2:]
        if kind == "< ":
            got, _, sent = sent.partition(b"\n")
            assert got.decode() == text
            continue
        assert sent == b"", "the transcript lacks a line"
        if kind == "! ":
            miner.jobs.add(events[text])
            sent = miner.session.next_job(1.0)
        elif kind == "> ":
            sent = answer(miner, text.encode())
    assert sent == b""


def test_a_subscription_is_answered_with_difficulty_and_clean_job() -> None:
    reply, difficulty, job = Miner(make_job("1", clean=False), difficulty=32.0).call("mining.subscribe")

    (first, second), extranonce1, extranonce2_size = reply["result"]
    assert [first[0], second[0]] == ["mining.set_difficulty", "mining.notify"]
    assert first[1] == second[1]
    assert (extranonce1, extranonce2_size) == (EXTRANONCE1, 4)
    assert difficulty["params"] == [32]
    assert job["params"][0] == "1"
    assert job["params"][8] is True


def test_without_a_job_the_subscriber_gets_one_when_it_arrives() -> None:
    miner = Miner()
    assert len(miner.call("mining.subscribe")) == 2

    (job,) = miner.broadcast(make_job("1"))

    assert job["method"] == "mining.notify"
    assert miner.session.next_job(1.0) == b""


def test_a_repeated_subscription_keeps_extranonce1_and_sends_the_job_but_no_difficulty() -> None:
    miner = Miner(make_job("1"))
    first = miner.call("mining.subscribe")
    again = miner.call("mining.subscribe")

    assert [message.get("method") for message in again] == [None, "mining.notify"]
    assert again[0]["result"] == first[0]["result"]


def test_jobs_go_to_subscribers_only() -> None:
    miner = Miner()

    assert miner.broadcast(make_job("1")) == []


def test_authorization_fails_with_the_reason() -> None:
    (reply,) = Miner().call("mining.authorize", MAIN_ADDRESS, "x")

    assert reply["result"] is False
    assert reply["error"] == [24, "the address is of another coin or network (version 0)", None]


def test_the_workers_of_a_connection_are_bounded() -> None:
    miner = Miner()
    replies = [
        miner.call("mining.authorize", f"{ADDRESS}.{rig}")[0] for rig in range(MAX_WORKERS_PER_CONNECTION + 1)
    ]

    assert [reply["result"] for reply in replies] == [True] * MAX_WORKERS_PER_CONNECTION + [False]
    assert miner.call("mining.authorize", f"{ADDRESS}.0")[0]["result"] is True


@pytest.mark.parametrize(
    ("method", "params", "result"),
    [
        ("mining.get_transactions", ["1"], []),
        ("mining.ping", [], "pong"),
        ("mining.configure", [["version-rolling"], {}], {"version-rolling": False}),
        ("mining.configure", [["minimum-difficulty", "no-such"], {}], {"minimum-difficulty": False}),
    ],
)
def test_small_requests_get_their_result(method: str, params: list[Any], result: Any) -> None:
    assert Miner().call(method, *params) == [{"id": 1, "result": result, "error": None}]


def test_extranonce_changes_are_declared_unsupported() -> None:
    (reply,) = Miner().call("mining.extranonce.subscribe")

    assert reply == {"id": 1, "result": None, "error": [20, "unsupported", None]}


def test_an_unknown_method_gets_an_error_and_is_counted_under_a_bounded_label() -> None:
    miner = Miner()
    for method in ("mining.suggest_difficulty", "a", "b"):
        (reply,) = miner.call(method, 8)
        assert reply["error"] == [20, "unknown method", None]

    assert miner.counters.unsupported == {"mining.suggest_difficulty": 1, "other": 2}


def test_a_malformed_line_ends_the_conversation() -> None:
    assert Miner().session.receive(b"GET / HTTP/1.1\r", 1.0) == Hangup("malformed")


@pytest.mark.parametrize(
    ("calls", "now", "reason"),
    [
        ([], 30, None),
        ([], 31, "not-subscribed"),
        ([("mining.subscribe",)], 60, None),
        ([("mining.subscribe",)], 61, "not-authorized"),
        ([("mining.authorize", WORKER)], 31, "not-subscribed"),
        ([("mining.subscribe",), ("mining.authorize", WORKER)], 600, None),
        ([("mining.subscribe",), ("mining.authorize", WORKER)], 601, "no-shares"),
    ],
)
def test_patience_ends(calls: list[tuple[str, ...]], now: float, reason: str | None) -> None:
    miner = Miner(make_job("1"))
    for call in calls:
        miner.call(*call)

    assert miner.session.overdue(now, 600) == reason


def test_an_accepted_share_renews_patience_and_a_refused_one_does_not() -> None:
    miner = Miner(make_job("1")).ready()
    miner.session.share_accepted(500)
    miner.session.share_refused()

    assert miner.session.overdue(1100, 600) is None
    assert miner.session.overdue(1101, 600) == "no-shares"


def test_nobody_is_sent_away_for_sharing_nothing_while_there_is_no_work_or_no_limit() -> None:
    assert Miner().ready().session.overdue(10_000, 600) is None
    assert Miner(make_job("1")).ready().session.overdue(10_000, 0) is None


PARAM = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from([WORKER, ADDRESS, "1", "00000000", "6553f100", "FFFFFFFF", []])
)
CALLS = st.fixed_dictionaries(
    {
        "id": st.none() | st.integers() | st.text(max_size=5),
        "method": st.sampled_from([*sorted(METHODS), *sorted(KNOWN_UNSUPPORTED), "?", ""]),
        "params": st.lists(PARAM, max_size=7) | st.none() | st.dictionaries(st.text(), PARAM, max_size=2),
    }
).map(lambda call: json.dumps(call).encode())
LONGEST_REPLY = 8192


@given(st.lists(CALLS | st.binary(max_size=60), max_size=12))
def test_no_line_breaks_the_session_and_every_answer_is_bounded(lines: list[bytes]) -> None:
    miner = Miner(make_job("1"), vardiff=RULES)
    for line in lines:
        outcome = miner.session.receive(line, 1.0)
        if isinstance(outcome, SubmittedShare):
            validate_share(
                outcome.job.prepared, outcome.submission, target=outcome.target, now_seconds=NTIME, seen=set()
            )
        elif isinstance(outcome, bytes):
            assert len(outcome) <= LONGEST_REPLY
            assert decoded(outcome)
        else:
            assert isinstance(outcome, RefusedShare | Hangup)
    assert len(miner.session.workers) <= MAX_WORKERS_PER_CONNECTION
    assert len(miner.counters.unsupported) <= len(KNOWN_UNSUPPORTED) + 1


def test_the_longest_line_is_answered_in_bounds() -> None:
    miner = Miner(make_job("1")).ready()
    filler = "x" * (MAX_LINE_BYTES - 200)
    for params in ([filler], [WORKER, filler, filler[:8], "", ""], [[filler], {}]):
        for method in sorted(METHODS):
            line = json.dumps({"id": 1, "method": method, "params": params}).encode()
            assert len(answer(miner, line)) <= LONGEST_REPLY
