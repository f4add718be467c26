"""One miner's conversation, with bytes only."""

from __future__ import annotations

from typing import Any

import pytest

from nompcore.version import VERSION
from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION
from services.stratum.counters import KNOWN_UNSUPPORTED
from services.stratum.outcome import Hangup
from services.stratum.protocol import METHODS
from tests.stratum_miner import EXTRANONCE1, TOKENS, WORKER, Miner, answer
from tests.stratum_work import (
    ADDRESS,
    MAIN_ADDRESS,
    ROOT,
    make_job,
)


def test_a_whole_session_is_byte_for_byte_as_written_down() -> None:
    """`tests/vectors/stratum_session.txt`: what the miner sends after `>`, what it gets after `<`, and `!`
    where something happens: a job of that name is published, or the miner connects again."""
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
        if text == "reconnect":
            miner.reconnect()
        elif kind == "! ":
            miner.jobs.add(events[text])
            sent = miner.session.next_job(1.0)
        elif kind == "> ":
            sent = answer(miner, text.encode())
    assert sent == b""


def test_a_subscription_is_answered_with_difficulty_and_clean_job() -> None:
    reply, difficulty, job = Miner(make_job("1", clean=False), difficulty=32.0).call("mining.subscribe")

    (first, second), extranonce1, extranonce2_size = reply["result"]
    assert [first[0], second[0]] == ["mining.set_difficulty", "mining.notify"]
    assert first[1] == second[1] == TOKENS.token(EXTRANONCE1)
    assert (extranonce1, extranonce2_size) == (EXTRANONCE1, 4)
    assert difficulty["params"] == [32]
    assert job["params"][0] == "1"
    assert job["params"][8] is True


def test_without_a_job_the_subscriber_gets_one_when_it_arrives() -> None:
    """The difficulty comes with it: some firmware applies each one only at the job after it."""
    miner = Miner()
    (reply,) = miner.call("mining.subscribe")
    assert reply["result"][1] == EXTRANONCE1

    assert [line["method"] for line in miner.broadcast(make_job("1"))] == [
        "mining.set_difficulty",
        "mining.notify",
    ]
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
        ("mining.extranonce.subscribe", [], True),
        ("mining.multi_version", [4], True),
        ("client.get_version", [], f"nomp/{VERSION}"),
        ("mining.suggest_difficulty", [1024], True),
        ("mining.suggest_target", ["00" * 4 + "ff" * 28], True),
        ("mining.configure", [["info"], {}], {"info": True}),
    ],
)
def test_small_requests_get_their_result(method: str, params: list[Any], result: Any) -> None:
    assert Miner(make_job("1")).call(method, *params) == [{"id": 1, "result": result, "error": None}]


def test_transactions_of_a_job_that_is_not_live_are_not_found() -> None:
    miner = Miner(make_job("1")).ready()
    miner.broadcast(make_job("2", block=2))

    for job_id in ("1", "no such", ""):
        (reply,) = miner.call("mining.get_transactions", job_id)
        assert reply == {"id": 1, "result": None, "error": [21, "job not found", None]}


def test_a_target_that_is_none_is_malformed() -> None:
    for text in ("00" * 32, "ff" * 31, "no target"):
        (reply,) = Miner().call("mining.suggest_target", text)
        assert reply == {"id": 1, "result": None, "error": [20, "malformed params", None]}


def test_an_unknown_method_gets_an_error_and_is_counted_under_a_bounded_label() -> None:
    miner = Miner()
    for method in (*sorted(KNOWN_UNSUPPORTED), "a", "b"):
        (reply,) = miner.call(method, 8)
        assert reply["error"] == [20, "unknown method", None]

    assert miner.counters.unsupported == {**dict.fromkeys(KNOWN_UNSUPPORTED, 1), "other": 2}


def test_what_is_known_as_unsupported_is_not_supported() -> None:
    assert not KNOWN_UNSUPPORTED & METHODS


def test_who_names_no_agent_is_asked_after_the_first_login() -> None:
    miner = Miner(make_job("1"))
    miner.call("mining.subscribe")

    accepted, question = miner.call("mining.authorize", WORKER, "x")
    assert accepted["result"] is True
    assert question == {"id": 1, "method": "client.get_version", "params": []}
    assert miner.session.receive(b'{"id":1,"result":"sgminer/5\\u0007","error":null}', 1.0) == b""

    assert miner.session.agent == "sgminer/5"
    assert len(miner.call("mining.authorize", f"{ADDRESS}.second", "x")) == 1


def test_who_names_its_agent_is_not_asked_and_cannot_take_it_back() -> None:
    miner = Miner(make_job("1"))
    miner.call("mining.subscribe", "cgminer/4.11.1")

    assert len(miner.call("mining.authorize", WORKER, "x")) == 1
    assert miner.session.receive(b'{"id":1,"result":"other","error":null}', 1.0) == b""
    miner.call("mining.subscribe")
    assert miner.session.agent == "cgminer/4.11.1"


def test_while_no_prefix_is_held_a_subscriber_is_sent_away() -> None:
    miner = Miner(make_job("1"))
    miner.allocator = None

    assert miner.call("mining.subscribe") == Hangup("no-prefix")
    assert not miner.session.subscribed


def test_who_logs_in_too_often_is_sent_away() -> None:
    miner = Miner(make_job("1"))
    miner.may_login = False

    assert miner.call("mining.authorize", WORKER, "x") == Hangup("login-rate")
    assert not miner.session.workers


def test_refused_logins_are_counted() -> None:
    miner = Miner()
    miner.call("mining.authorize", MAIN_ADDRESS, "x")

    assert miner.counters.logins_failed == 1


def test_a_malformed_line_ends_the_conversation() -> None:
    assert Miner().session.receive(b"GET / HTTP/1.1\r", 1.0) == Hangup("malformed")
