"""What an upstream pool says, read: answers and notifications as ckpool, NOMP and we write them, and junk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.upstream.destination import destination, is_allowed
from services.jobmaker.upstream.dialogue import UpstreamDialogue, UpstreamRefuses, UpstreamWork
from services.jobmaker.upstream.events import Answered, Asked, MessageShown, ReconnectAsked, UpstreamGarbled
from services.jobmaker.upstream.protocol import AGENT
from services.jobmaker.upstream.tally import Fate, UpstreamTally, fate_of

MASK = 0x1FFFE000
NOTIFY = ["b", "11" * 32, "0100", "abcd", ["cd" * 32], "20000000", "1c00ffff", "6553f100", False]


def said(method: str, params: Any, number: int | None = None) -> bytes:
    return json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n"


def answer(number: int, result: Any, error: Any = None) -> bytes:
    return json.dumps({"id": number, "result": result, "error": error}).encode() + b"\n"


CONFIGURE, SUBSCRIBE, EXTRANONCE, AUTHORIZE, SUBMIT = range(1, 6)
SUBSCRIBED = answer(SUBSCRIBE, [[["mining.set_difficulty", "1"], ["mining.notify", "1"]], "08000002", 4])


def begun() -> UpstreamDialogue:
    dialogue = UpstreamDialogue("us", "x", MASK)
    dialogue.begin()
    return dialogue


def worked(dialogue: UpstreamDialogue, data: bytes) -> UpstreamWork:
    """The one thing that comes of it, which is work."""
    (work,) = dialogue.receive(data)
    assert isinstance(work, UpstreamWork)
    return work


def at_work(*more: bytes) -> tuple[UpstreamDialogue, list[Any]]:
    dialogue = begun()
    opening = SUBSCRIBED + answer(AUTHORIZE, True) + said("mining.set_difficulty", [8])
    return dialogue, dialogue.receive(opening + said("mining.notify", NOTIFY) + b"".join(more))


def test_the_requests_of_the_beginning() -> None:
    lines = [json.loads(line) for line in UpstreamDialogue("us", "x", MASK).begin().splitlines()]

    assert [line["method"] for line in lines] == [
        "mining.configure",
        "mining.subscribe",
        "mining.extranonce.subscribe",
        "mining.authorize",
    ]
    assert lines[0]["params"][1]["version-rolling.mask"] == "1fffe000"
    assert lines[3]["params"] == ["us", "x"]


def test_without_a_mask_of_our_own_none_is_asked_for() -> None:
    assert b"mining.configure" not in UpstreamDialogue("us", "x", 0).begin()


def test_a_pool_that_answers_neither_configure_nor_extranonce_subscribe_gives_work() -> None:
    """As node-stratum-pool does."""
    _, (work,) = at_work()

    assert isinstance(work, UpstreamWork)
    assert (work.terms.extranonce1.hex(), work.terms.extranonce2_size) == ("08000002", 4)
    assert (work.terms.difficulty, work.terms.version_mask) == (8.0, 0)
    assert work.clean_jobs  # the first one has nothing to do with what was before
    assert (work.notify.version, work.notify.ntime) == (0x20000000, 0x6553F100)


def test_the_mask_is_what_both_grant() -> None:
    """As ckpool answers."""
    granted = answer(CONFIGURE, {"version-rolling": True, "version-rolling.mask": "ffff0000"})
    dialogue = begun()

    works = dialogue.receive(granted + SUBSCRIBED + answer(AUTHORIZE, True) + said("mining.notify", NOTIFY))

    assert [work.terms.version_mask for work in works if isinstance(work, UpstreamWork)] == [0x1FFF0000]


def test_a_job_before_the_login_is_answered_waits_for_it() -> None:
    dialogue = begun()

    assert dialogue.receive(SUBSCRIBED + said("mining.notify", NOTIFY)) == []
    assert worked(dialogue, answer(AUTHORIZE, True)).notify.job_id == "b"


def test_a_difficulty_counts_from_the_next_job_on() -> None:
    dialogue, _ = at_work()

    assert dialogue.receive(said("mining.set_difficulty", [16])) == []
    work = worked(dialogue, said("mining.notify", NOTIFY))

    assert work.terms.difficulty == 16
    assert not work.clean_jobs


def test_another_extranonce1_makes_the_next_job_a_clean_one() -> None:
    dialogue, _ = at_work()

    assert dialogue.receive(said("mining.set_extranonce", ["0a0b", 6])) == []
    work = worked(dialogue, said("mining.notify", NOTIFY))

    assert (work.terms.extranonce1.hex(), work.terms.extranonce2_size) == ("0a0b", 6)
    assert work.clean_jobs


def test_another_mask_counts_at_once() -> None:
    dialogue, _ = at_work()

    work = worked(dialogue, said("mining.set_version_mask", ["00ffe000"]))

    assert (work.terms.version_mask, work.clean_jobs) == (0x00FFE000, True)
    assert dialogue.receive(said("mining.set_version_mask", ["00ffe000"])) == []


def test_a_refused_login_ends_it() -> None:
    with pytest.raises(UpstreamRefuses, match="24 Unauthorized worker"):
        begun().receive(SUBSCRIBED + answer(AUTHORIZE, False, [24, "Unauthorized worker", None]))


def test_answers_find_their_shares_in_any_order() -> None:
    dialogue, _ = at_work()
    first, line = dialogue.submit(["b", "00", "6553f100", "00000001"])
    second, _ = dialogue.submit(["b", "00", "6553f100", "00000002"])

    answers = dialogue.receive(answer(second, None, [21, "job not found", None]) + answer(first, True))

    assert json.loads(line)["params"] == ["us", "b", "00", "6553f100", "00000001"]
    assert answers == [Answered(second, False, 21, "21 job not found"), Answered(first, True, 0, "")]


@pytest.mark.parametrize(
    ("verdict", "fate"),
    [
        (None, Fate.UNANSWERED),
        (Answered(1, True, 0, ""), Fate.ACCEPTED),
        (Answered(1, False, 21, "21 job not found"), Fate.STALE),
        (Answered(1, False, 0, "Stale"), Fate.STALE),  # ckpool's
        (Answered(1, False, 23, "23 low difficulty share of 3"), Fate.REJECTED),
    ],
)
def test_the_fate_of_a_share(verdict: Answered | None, fate: Fate) -> None:
    tally = UpstreamTally()

    tally.count(fate_of(verdict), 8.0)

    assert fate_of(verdict) is fate
    assert getattr(tally, fate.value) == 1
    assert tally.accepted_difficulty == (8.0 if fate is Fate.ACCEPTED else 0.0)


def test_questions_messages_and_requests_to_leave() -> None:
    _, (_, version, text, away) = at_work(
        said("client.get_version", [], 7),
        said("client.show_message", ["hello"]),
        said("client.reconnect", ["eu.pool.example.com", 3334, 5]),
        said("mining.set_goal", ["what we did not ask for"]),
    )

    assert isinstance(version, Asked)
    assert json.loads(version.reply) == {"id": 7, "result": AGENT, "error": None}
    assert text == MessageShown("hello")
    assert away == ReconnectAsked("eu.pool.example.com", 3334, 5.0)


@pytest.mark.parametrize("params", [[], [None], ["", 0, 0], [None, None, None]])
def test_a_reconnection_need_not_say_where(params: list[Any]) -> None:
    _, (_, away) = at_work(said("client.reconnect", params))

    assert away == ReconnectAsked("", 0, 0.0)


@pytest.mark.parametrize(
    "line",
    [
        b"[]\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        said("mining.notify", [*NOTIFY[:8], "no"]),
        said("mining.set_difficulty", [0]),
        said("mining.set_difficulty", []),
        said("mining.set_extranonce", ["zz", 4]),
        answer(SUBSCRIBE, None, [20, "no", None]),
        answer(SUBSCRIBE, [[], "08", 0]),
        b"x" * (1 << 20 | 1),
    ],
)
def test_what_is_no_stratum_ends_it(line: bytes) -> None:
    with pytest.raises(UpstreamGarbled):
        begun().receive(line)


@given(st.lists(st.binary(max_size=60)))
def test_nothing_but_these_errors_comes_of_junk(chunks: list[bytes]) -> None:
    dialogue = begun()
    try:
        for chunk in chunks:
            dialogue.receive(chunk + b"\n")
    except (UpstreamGarbled, UpstreamRefuses):
        pass


@given(st.data())
def test_how_the_bytes_arrive_does_not_matter(data: st.DataObject) -> None:
    text = SUBSCRIBED + answer(AUTHORIZE, True) + said("mining.notify", NOTIFY)
    cut = data.draw(st.integers(0, len(text)))
    whole, parts = begun(), begun()

    assert whole.receive(text) == parts.receive(text[:cut]) + parts.receive(text[cut:])


@pytest.mark.parametrize(
    ("ours", "theirs", "allowed"),
    [
        ("pool.example.com", "", True),
        ("pool.example.com", "POOL.example.com.", True),
        ("pool.example.com", "eu.pool.example.com", True),
        ("pool.example.com", "backup.example.com", True),
        ("pool.example.com", "example.com", False),
        ("pool.example.com", "evil-example.com", False),
        ("pool.example.com", "evil.com", False),
        ("example.com", "evil.com", False),
        ("pool.co.uk", "evil.co.uk", False),
        ("eu.pool.co.uk", "us.pool.co.uk", True),
        ("stratum.braiins.io", "eu.braiins.io", True),
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("pool.example.com", "192.0.2.2", False),
    ],
)
def test_nobody_sends_us_to_a_stranger(ours: str, theirs: str, allowed: bool) -> None:
    assert is_allowed(ours, theirs) == allowed
    where = destination((ours, 3333), theirs, 3334)
    assert where == ((theirs or ours, 3334) if allowed else None)
