"""A login that MPOS has to confirm: the session asks, and goes on with the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from nompcore.requests import LoginReply, LoginRequest
from services.stratum.authorization import MAX_MPOS_NAME, Authorizer
from services.stratum.login import login_answered
from services.stratum.outcome import FailedLogin, LoginQuestion
from services.stratum.protocol import parse_request
from services.stratum.requests import Authorize
from tests.stratum_miner import Miner, decoded
from tests.stratum_work import make_job

WELCOME = LoginReply(ok=True)
REFUSAL = LoginReply(ok=False, text="unknown worker")
AWAY = LoginReply(ok=False, text="try again", try_again=True)


@pytest.fixture
def miner() -> Miner:
    miner = Miner(make_job("1"))
    miner.terms = replace(miner.terms, checks_logins=True, authorizer=Authorizer(None, MAX_MPOS_NAME))
    miner.session = miner.new_session()
    miner.call("mining.subscribe", "cgminer")
    return miner


def ask(miner: Miner, user: str = "alice.rig1", password: str = "secret") -> LoginQuestion:
    question = miner.call("mining.authorize", user, password)
    assert isinstance(question, LoginQuestion)
    return question


def sent(outcome: bytes | FailedLogin) -> list[Any]:
    lines: list[Any] = decoded(outcome.reply if isinstance(outcome, FailedLogin) else outcome)
    return lines


def test_nobody_is_logged_in_before_the_answer(miner: Miner) -> None:
    question = ask(miner)
    assert (question.worker.name, question.worker.address) == ("alice.rig1", "alice")
    assert question.request.password == "secret"
    assert not miner.session.workers


def test_a_confirmed_login_is_answered_with_true_and_its_wishes_count(miner: Miner) -> None:
    reply, difficulty, _ = sent(login_answered(miner.session, ask(miner, password="d=64"), WELCOME))
    assert reply == {"id": 1, "result": True, "error": None}
    assert difficulty["params"] == [64]
    assert list(miner.session.workers) == ["alice.rig1"]


def test_a_refused_login_is_a_failed_one_and_ends_what_an_earlier_session_left(miner: Miner) -> None:
    login_answered(miner.session, ask(miner), WELCOME)
    refused = login_answered(miner.session, ask(miner), REFUSAL)
    assert isinstance(refused, FailedLogin)
    assert sent(refused) == [{"id": 1, "result": False, "error": [24, "unknown worker", None]}]
    assert not miner.session.workers
    assert miner.counters.logins_failed == 1


def test_a_login_that_nobody_could_check_is_refused_without_blame(miner: Miner) -> None:
    login_answered(miner.session, ask(miner), WELCOME)
    refused = login_answered(miner.session, ask(miner), AWAY)
    assert isinstance(refused, bytes)
    assert sent(refused) == [{"id": 1, "result": False, "error": [24, "try again", None]}]
    assert list(miner.session.workers) == ["alice.rig1"]


def test_what_can_be_refused_without_asking_is(miner: Miner) -> None:
    (reply,) = miner.call("mining.authorize", "a" * (MAX_MPOS_NAME + 1), "x")
    assert reply["error"] == [24, "worker name is longer than 120 characters", None]
    assert ask(miner, "a" * MAX_MPOS_NAME).worker.name == "a" * MAX_MPOS_NAME
    miner.may_login = False
    assert not isinstance(miner.call("mining.authorize", "alice.rig1", "x"), LoginQuestion)


def test_a_password_is_in_no_text_of_what_carries_it() -> None:
    line = json.dumps({"id": 1, "method": "mining.authorize", "params": ["alice", "secret"]}).encode()
    request = parse_request(line)
    assert isinstance(request, Authorize)
    assert request.password == "secret"
    carried = LoginRequest(user="alice", password="secret")
    assert "secret" not in f"{request!r} {request} {carried!r} {carried}"
