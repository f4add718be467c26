"""The miner's side of stratum: what the pool writes is read as it was meant, in whatever pieces it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpuminer.protocol import (
    MAX_LINE_BYTES,
    MAX_UNANSWERED,
    Authorized,
    DifficultyChanged,
    Event,
    Job,
    MessageShown,
    MinerProtocol,
    ProtocolError,
    ReconnectAsked,
    ShareAnswered,
    Solution,
    Subscribed,
)
from nompcore.errors import RejectReason
from services.stratum.replies import (
    notify_line,
    refusal_line,
    result_line,
    set_difficulty_line,
    subscribed_line,
    true_line,
)
from tests.stratum_miner import TOKENS
from tests.stratum_work import make_job

SOLUTION = Solution("1", "00000001", "655f2b40", "0000000a")
POOL_JOB = make_job()
TOKEN = TOKENS.token("0a0b0c0d")


def request(line: bytes) -> Any:
    assert line.endswith(b"\n")
    return json.loads(line)


def all_at_once() -> tuple[MinerProtocol, bytes]:
    """A protocol with four requests on their way, and everything the pool says to them."""
    protocol = MinerProtocol()
    protocol.subscribe("test")
    protocol.authorize("address.rig", "x")
    protocol.submit("address.rig", SOLUTION)
    protocol.submit("address.rig", SOLUTION)
    said = (
        subscribed_line(b"1", TOKEN, "0a0b0c0d", 4)
        + set_difficulty_line(0.5)
        + notify_line(POOL_JOB, clean_jobs=True)
        + result_line(b"2", True)
        + true_line(b"3")
        + refusal_line(b"4", RejectReason.STALE)
    )
    return protocol, said


EXPECTED: list[Event] = [
    Subscribed(TOKEN, bytes.fromhex("0a0b0c0d"), 4),
    DifficultyChanged(0.5),
    Job(
        POOL_JOB.job_id,
        POOL_JOB.prevhash_hex,
        POOL_JOB.coinb1_hex,
        POOL_JOB.coinb2_hex,
        POOL_JOB.merkle_branch_hex,
        f"{POOL_JOB.version:08x}",
        POOL_JOB.nbits_hex,
        f"{POOL_JOB.ntime:08x}",
        True,
    ),
    Authorized(True, ""),
    ShareAnswered(SOLUTION, True, ""),
    ShareAnswered(SOLUTION, False, "21 job not found"),
]


def test_requests_are_written_as_stratum_wants_them() -> None:
    protocol = MinerProtocol()

    assert request(protocol.subscribe("agent/1")) == {
        "id": 1,
        "method": "mining.subscribe",
        "params": ["agent/1"],
    }
    assert request(protocol.subscribe("agent/1", "sid"))["params"] == ["agent/1", "sid"]
    assert request(protocol.authorize("user", "pass")) == {
        "id": 3,
        "method": "mining.authorize",
        "params": ["user", "pass"],
    }
    assert request(protocol.submit("user", SOLUTION)) == {
        "id": 4,
        "method": "mining.submit",
        "params": ["user", "1", "00000001", "655f2b40", "0000000a"],
    }


def test_a_whole_session_is_understood() -> None:
    protocol, said = all_at_once()

    assert protocol.feed(said) == EXPECTED


@given(st.lists(st.integers(1, 400), max_size=12))
def test_the_pieces_in_which_it_comes_do_not_matter(sizes: list[int]) -> None:
    protocol, said = all_at_once()
    events: list[Event] = []

    for size in sizes:
        events += protocol.feed(said[:size])
        said = said[size:]
    events += protocol.feed(said)

    assert events == EXPECTED


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b'{"id":null,"method":"client.reconnect","params":["host",3333,7]}', ReconnectAsked(7.0)),
        (b'{"id":null,"method":"client.reconnect","params":[]}', ReconnectAsked(0.0)),
        (b'{"id":null,"method":"client.show_message","params":["hello"]}', MessageShown("hello")),
        (b'{"id":null,"method":"mining.set_difficulty","params":[16]}', DifficultyChanged(16.0)),
    ],
)
def test_notices_of_the_pool_are_understood(line: bytes, event: Event) -> None:
    assert MinerProtocol().feed(line + b"\n") == [event]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":99,"result":true,"error":null}',
        b'{"id":null,"method":"mining.set_extranonce","params":["00",4]}',
        b"\r",
    ],
)
def test_what_concerns_nobody_is_passed_over(line: bytes) -> None:
    assert MinerProtocol().feed(line + b"\n") == []


@pytest.mark.parametrize("subscriptions", [[], {"a": 1}, [["mining.notify"]], "none", [[1, 2]]])
def test_a_subscription_without_an_id_cannot_be_resumed_but_mined(subscriptions: object) -> None:
    protocol = MinerProtocol()
    protocol.subscribe("test")

    said = json.dumps({"id": 1, "result": [subscriptions, "0a", 2], "error": None})

    assert protocol.feed(said.encode() + b"\n") == [Subscribed("", b"\x0a", 2)]


@pytest.mark.parametrize("error", [[24, "unauthorized worker", None], "no", {"code": 1}])
def test_a_refused_worker_is_told_why(error: object) -> None:
    protocol = MinerProtocol()
    protocol.authorize("nobody", "x")

    (event,) = protocol.feed(json.dumps({"id": 1, "result": False, "error": error}).encode() + b"\n")

    assert isinstance(event, Authorized)
    assert not event.accepted
    assert event.error


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\n",
        b"[1,2]\n",
        b'{"id":null,"method":"mining.notify","params":["1"]}\n',
        b'{"id":null,"method":"mining.set_difficulty","params":[]}\n',
        b'{"id":null,"method":"mining.set_difficulty","params":["hard"]}\n',
        b'{"id":null,"method":"mining.set_difficulty","params":[0]}\n',
        b'{"id":1,"result":null,"error":[20,"full",null]}\n',
        b'{"id":1,"result":[[],"zz",4],"error":null}\n',
        b'{"id":1,"result":[[],"00",1000],"error":null}\n',
        b'{"id":1,"result":[{"a":1},"00"],"error":null}\n',
        b'{"id":1,"result":true,"error":null}\n',
        b"x" * (MAX_LINE_BYTES + 1),
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_server_that_speaks_no_stratum_is_found_out(said: bytes) -> None:
    protocol = MinerProtocol()
    protocol.subscribe("test")

    with pytest.raises(ProtocolError):
        protocol.feed(said)


def test_a_pool_that_answers_no_share_is_found_out() -> None:
    protocol = MinerProtocol()
    for _ in range(MAX_UNANSWERED):
        protocol.submit("user", SOLUTION)

    with pytest.raises(ProtocolError):
        protocol.submit("user", SOLUTION)


@given(st.binary(max_size=300))
def test_junk_is_found_out_or_passed_over(junk: bytes) -> None:
    protocol = MinerProtocol()
    protocol.subscribe("test")
    try:
        events = protocol.feed(junk + b"\n")
    except ProtocolError:
        return
    assert events == []
