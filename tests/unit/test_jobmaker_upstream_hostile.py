"""An upstream pool that is hostile, or broken: it may cost us its own work and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nompcore.config.upstream import UPSTREAM_EXTRANONCES, UpstreamPool
from nompcore.errors import EncodingError
from nompcore.job import prepare_job
from nompcore.messages import Job
from nompcore.upstream_job import UpstreamNotify, UpstreamTerms, build_upstream_job
from services.jobmaker.upstream.connection import UNREACHABLE, UpstreamConnection, UpstreamPace
from services.jobmaker.upstream.destination import MAX_WAIT_SECONDS, MIN_WAIT_SECONDS, wait_before
from services.jobmaker.upstream.dialogue import UpstreamDialogue, UpstreamRefuses
from services.jobmaker.upstream.events import MessageShown, UpstreamGarbled
from services.jobmaker.upstream.protocol import MAX_TEXT_LETTERS, MAX_UNANSWERED, UpstreamProtocol
from tests.stratum_work import NTIME, coin

NOTIFY = UpstreamNotify(
    job_id="bf",
    prevhash_hex="11" * 32,
    coinb1_hex="01",
    coinb2_hex="02",
    merkle_branch_hex=(),
    version=0x20000000,
    nbits_hex="1c00ffff",
    ntime=NTIME,
    clean_jobs=True,
)


def said(method: str, params: Any) -> bytes:
    return json.dumps({"id": None, "method": method, "params": params}).encode() + b"\n"


@pytest.mark.parametrize("difficulty", [1e80, 1e308])
def test_no_difficulty_makes_an_upstream_pools_job_look_like_our_own(difficulty: float) -> None:
    """Its shares would be block candidates without a template."""
    terms = UpstreamTerms(b"", 4, difficulty=difficulty)

    job = _built(NOTIFY, terms)

    assert prepare_job(job, coin()).forward_target > 0


@pytest.mark.parametrize(
    "change",
    [
        {"coinb1_hex": "00" * 10_000, "coinb2_hex": "00" * 7_000},  # beyond what miners' sockets hold
        {"merkle_branch_hex": ("00" * 32,) * 33},  # of more transactions than there can be
    ],
)
def test_a_job_that_miners_could_not_be_sent_is_none(change: dict[str, Any]) -> None:
    notify = UpstreamNotify(**{**_fields(NOTIFY), **change})
    terms = UpstreamTerms(b"", 4)

    with pytest.raises(EncodingError, match="upstream pool's job"):
        _built(notify, terms)


def _built(notify: UpstreamNotify, terms: UpstreamTerms) -> Job:
    return build_upstream_job(
        notify,
        terms,
        pool="btc",
        coin=coin(),
        job_id="1",
        extranonces=UPSTREAM_EXTRANONCES,
        clean_jobs=True,
        created_ms=0,
    )


def _fields(notify: UpstreamNotify) -> dict[str, Any]:
    return {name: getattr(notify, name) for name in UpstreamNotify.__slots__}


@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", 1e308, "-1"])
def test_a_wait_that_is_no_time_is_garbled_or_a_time(wait: object) -> None:
    """A timer at no time at all would keep the event loop from all others."""
    protocol = UpstreamProtocol()
    try:
        (event,) = protocol.feed(said("client.reconnect", ["", 0, wait]))
    except UpstreamGarbled:
        return
    assert MIN_WAIT_SECONDS <= wait_before(getattr(event, "wait_seconds")) <= MAX_WAIT_SECONDS  # noqa: B009


def test_whoever_sends_us_away_at_once_is_not_asked_again_at_once() -> None:
    assert wait_before(0.0) == MIN_WAIT_SECONDS > 0


@pytest.mark.parametrize("host", ["a" * 64 + ".pool.example", "a..pool.example", "\x00.pool.example"])
async def test_a_host_whose_name_is_none_is_unreachable(host: str) -> None:
    pool = UpstreamPool(host="pool.example", port=3333, user="us")
    connection = UpstreamConnection(pool, 0, UpstreamPace(), lambda said: None)

    assert (await connection.last(host, 3333)).why == UNREACHABLE


def test_shares_that_are_never_answered_do_not_end_the_handing_in() -> None:
    dialogue = UpstreamDialogue("us", "x", 0)
    for _ in range(MAX_UNANSWERED + 1):
        number, _ = dialogue.submit(["b", "00", "00", "00"])
        dialogue.give_up(number)

    assert dialogue.submit(["b", "00", "00", "00"])[0] == MAX_UNANSWERED + 2


def test_what_it_tells_is_cut_to_what_a_log_can_hold() -> None:
    protocol = UpstreamProtocol()

    assert protocol.feed(said("client.show_message", ["a" * 100_000])) == [
        MessageShown("a" * MAX_TEXT_LETTERS)
    ]


def test_why_it_refuses_us_is_cut_too() -> None:
    dialogue = UpstreamDialogue("us", "x", 0)
    dialogue.begin()
    refusal = {"id": 3, "result": None, "error": [24, "a" * 100_000, None]}

    with pytest.raises(UpstreamRefuses) as refused:
        dialogue.receive(json.dumps(refusal).encode() + b"\n")

    assert len(str(refused.value)) == MAX_TEXT_LETTERS
