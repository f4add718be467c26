"""Log lines: one JSON object each, with bound facts and without credentials."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from decimal import Decimal
from typing import Any

import pytest

from nompcore.logs import JsonLines, bound, configure_logs, without_credentials


def line(message: str, level: int = logging.INFO, **extra: Any) -> dict[str, Any]:
    """The line of a record made with those facts."""
    record = logging.getLogger("nompcore.test").makeRecord(
        "nompcore.test", level, "file.py", 1, message, (), None, extra=extra
    )
    parsed: dict[str, Any] = json.loads(JsonLines({"service": "api"}).format(record))
    return parsed


def test_a_line_has_time_level_message_and_facts() -> None:
    parsed = line("share rejected", logging.WARNING, reason="stale", job_id="1f")

    assert parsed.pop("time").endswith("+00:00")
    assert parsed == {
        "level": "warning",
        "logger": "nompcore.test",
        "message": "share rejected",
        "service": "api",
        "reason": "stale",
        "job_id": "1f",
    }


def test_a_line_stays_one_line_whatever_a_miner_sends() -> None:
    record = logging.makeLogRecord({"msg": "authorized", "worker": 'a"\n{}\u2028\x00'})

    text = JsonLines({}).format(record)

    assert text.count("\n") == 0
    assert json.loads(text)["worker"] == 'a"\n{}\u2028\x00'


def test_a_fact_json_does_not_know_is_written_as_text() -> None:
    assert line("paid", amount=Decimal("1.5"))["amount"] == "1.5"


def test_an_error_has_its_traceback() -> None:
    try:
        raise KeyError("height")
    except KeyError:
        record = logging.makeLogRecord({"msg": "task died", "exc_info": sys.exc_info()})

    assert "KeyError: 'height'" in json.loads(JsonLines({}).format(record))["traceback"]


def test_bound_facts_are_in_the_lines_of_their_block_only() -> None:
    with bound(session="s1"):
        with bound(worker="w"):
            inner = line("inner")
        outer = line("outer")
    after = line("after")

    assert (inner["session"], inner["worker"]) == ("s1", "w")
    assert outer["session"] == "s1"
    assert "worker" not in outer
    assert "session" not in after


async def test_bound_facts_of_one_task_are_not_in_anothers_lines() -> None:
    lines: dict[str, dict[str, Any]] = {}
    both_bound = asyncio.Barrier(2)

    async def session(name: str) -> None:
        with bound(session=name):
            await both_bound.wait()
            lines[name] = line("hello")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session("a"))
        tasks.create_task(session("b"))

    assert {name: one["session"] for name, one in lines.items()} == {"a": "a", "b": "b"}


@pytest.fixture
def root_logger() -> Any:
    """The root logger, put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


def test_lines_below_the_level_and_the_chatter_of_libraries_are_left_out(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("info", service="api", replica="a1")

    logging.getLogger("nompcore.x").debug("too small")
    logging.getLogger("httpx").info("HTTP Request: POST http://daemon")
    logging.getLogger("nompcore.x").info("serving")

    (only,) = capsys.readouterr().out.splitlines()
    assert json.loads(only)["message"] == "serving"
    assert json.loads(only)["replica"] == "a1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://stratum:secret@nats:4222", "nats://nats:4222"),
        ("nats://token@nats:4222", "nats://nats:4222"),
        ("nats://a:b@one:1,tls://c:d@two:2", "nats://one:1,tls://two:2"),
        ("nats://a:se@cret@one:1/path?secret", "nats://one:1"),
        ("nats://one", "nats://one"),
    ],
)
def test_a_url_is_shown_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
