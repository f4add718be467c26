"""docs/stratum.md is true: its lines are played to a session, its names and numbers are those of the code."""

from __future__ import annotations

import ast
import functools
import importlib
import re
from pathlib import Path

import pytest

from nompcore.errors import RejectReason
from nompcore.subjects import SESSIONS
from services.stratum import replies
from services.stratum.dialogue import BLAMELESS, JUNK
from services.stratum.outcome import Hangup, Resumption
from services.stratum.protocol import METHODS
from tests.stratum_miner import WORKER, Miner, answer
from tests.stratum_work import ROOT, make_job

PAGE = (ROOT / "docs" / "stratum.md").read_text()
SOURCES = "".join(path.read_text() for path in sorted((ROOT / "services" / "stratum").glob("*.py")))

DIFFICULTY = 0.001

SUBSCRIBE = b'{"id":1,"method":"mining.subscribe","params":["cgminer/4.11.1"]}'
AUTHORIZE = b'{"id":2,"method":"mining.authorize","params":["%b","x"]}' % WORKER.encode()
CONFIGURE = b'{"id":1,"method":"mining.configure","params":[["version-rolling"],{}]}'
BEFORE = {
    "new": (),
    "subscribed": (SUBSCRIBE,),
    "mining": (SUBSCRIBE, AUTHORIZE),
    "rolling": (CONFIGURE, SUBSCRIBE, AUTHORIZE),
    "parked": (SUBSCRIBE, AUTHORIZE),
}

BY_ITSELF = {
    "mining.set_difficulty": replies.set_difficulty_line(DIFFICULTY),
    "mining.notify": replies.notify_line(make_job("1"), clean_jobs=True),
    "mining.set_extranonce": replies.set_extranonce_line("a10f0001", 4),
    "mining.set_version_mask": replies.set_version_mask_line(0x1FFFE000),
    "client.reconnect": replies.RECONNECT_LINE,
    "client.show_message": replies.show_message_line("maintenance at noon"),
    "client.get_version": replies.GET_VERSION_LINE,
}


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def quoted(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


REQUESTS = rows("What a miner may send")
LIMITS = rows("Time-outs and limits")
REASONS = rows("Why a connection is refused or closed")


def fits(line: bytes, shown: str) -> bool:
    """Whether a line is as shown, where `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, line.decode()) is not None


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: f"{row[0].strip('`')}-{row[1]}")
def test_every_request_gets_what_the_page_says(row: list[str]) -> None:
    _, when, sent, gets, _, _ = row
    miner = Miner(make_job("1"), difficulty=DIFFICULTY)
    for line in BEFORE[when]:
        answer(miner, line)
    (request,) = quoted(sent)

    if gets.startswith("closed: "):
        assert [miner.session.receive(request.encode(), 1.0)] == [Hangup(reason) for reason in quoted(gets)]
        return
    play = resumed if when == "parked" else answer
    lines = play(miner, request.encode()).splitlines()

    assert gets == "nothing" if not lines else gets.startswith("`")
    assert len(lines) == len(quoted(gets)), lines
    assert all(fits(line, shown) for line, shown in zip(lines, quoted(gets), strict=True)), lines


def resumed(miner: Miner, request: bytes) -> bytes:
    """The answer to a subscription after the session there was has ended."""
    parked = miner.session.parked()
    miner.session = miner.new_session()
    outcome = miner.session.receive(request, 1.0)
    assert isinstance(outcome, Resumption)
    lines = miner.session.resume(outcome.reply_id, parked, 1.0)
    assert isinstance(lines, bytes)
    return lines


def test_every_method_is_on_the_page() -> None:
    assert {name for row in REQUESTS for name in quoted(row[0])} == METHODS


@pytest.mark.parametrize("row", rows("What the pool sends by itself"), ids=lambda row: row[0].strip("`"))
def test_every_line_of_the_pool_is_as_shown(row: list[str]) -> None:
    assert [f"{line}\n".encode() for line in quoted(row[1])] == [BY_ITSELF[row[0].strip("`")]]


def test_everything_that_the_pool_can_send_by_itself_is_on_the_page() -> None:
    source = Path(replies.__file__).read_text()
    shown = {name for row in rows("What the pool sends by itself") for name in quoted(row[0])}

    assert shown == set(re.findall(r'"method":"([a-z._]+)"', source)) == set(BY_ITSELF)


def test_every_reason_for_a_refusal_is_on_the_page() -> None:
    shown = [
        (int(number), *quoted(text), *quoted(code), ban)
        for number, text, code, _, ban in rows("Why a share is refused")
    ]

    assert shown == [
        (reason.number, reason.text, reason.code, "no" if reason in BLAMELESS else "yes")
        for reason in RejectReason
    ]


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row[0].strip("`"))
def test_every_limit_has_the_value_of_the_code(row: list[str]) -> None:
    module, _, name = row[0].strip("`").partition(".")

    assert getattr(importlib.import_module(f"services.stratum.{module}"), name) == float(row[1])


def test_a_session_can_be_resumed_for_as_long_as_it_is_said() -> None:
    assert "within ten minutes after its connection ended" in PAGE.replace("\n", " ")
    assert SESSIONS.ttl_seconds == 600


def test_every_reason_for_a_hangup_is_on_the_page() -> None:
    calls = r'(?:Hangup|hang_up|_refuse|_end_reason =)\s*\(?"([a-z-]+)"'
    answers = r'return (?:None if [^"\n]* else )?"((?:[a-z]+-)*[a-z]+)"\n'
    judges = "".join(
        (ROOT / "services" / "stratum" / file).read_text() for file in ("time_outs.py", "door.py")
    )
    used = {*re.findall(calls, SOURCES), *re.findall(answers, judges)}

    assert {name for row in REASONS for name in quoted(row[0])} == used


def test_rubbish_is_what_counts_as_it() -> None:
    shown = {row[0].strip("`") for row in REASONS if row[2] == "yes"}

    assert shown == JUNK | set(re.findall(r'self\._refuse\("([a-z-]+)"\)', SOURCES))


def named_tests() -> list[tuple[str, str]]:
    """File and function of every test on the page."""
    return sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)))


@functools.cache
def functions_of(file: str) -> frozenset[str]:
    """The test functions of a file."""
    (path,) = (ROOT / "tests").rglob(file)
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, functions))


@pytest.mark.parametrize(("file", "test"), named_tests())
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    assert test in functions_of(file)


def test_every_row_names_a_test() -> None:
    assert all("::" in row[-1] for row in REQUESTS + rows("What the pool sends by itself"))
