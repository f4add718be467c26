"""The programs for daemons and operators, run as they run them, against the real doors."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.messages import Tip
from nompcore.subjects import JOBMAKER, NOTIFIER, TIP
from services.notifier.blocknotify import BlockNotify, TipPublisher
from services.notifier.line_listener import LineListener
from services.notifier.metrics import NOTICES_REFUSED
from services.notifier.notice import pools_by_name
from services.notifier.senders import Senders
from tests.c_compiler import compiled
from tests.servers import free_port, wait_until
from tests.unit.api_samples import pool_config
from tests.unit.chain_samples import ROOT

PASSWORD = 'a "secret"\tof \\ the listenér'
HASH = "ab" * 32
SCRIPTS = ROOT / "deploy" / "scripts"

Program = list[str]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    code: int | None
    said: str
    complained: str


async def run(program: Program, *arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """The program as a daemon runs it."""
    process = await asyncio.create_subprocess_exec(
        *program,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    said, complained = await process.communicate()
    return Ended(process.returncode, said.decode(), complained.decode())


@pytest.fixture(scope="module")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(SCRIPTS / "blocknotify.c", tmp_path_factory.mktemp("c"))


@pytest.fixture(params=["python", "c"])
def blocknotify(request: pytest.FixtureRequest, c_program: Path) -> Program:
    """Each of the two programs."""
    in_python = [sys.executable, "-I", str(SCRIPTS / "blocknotify")]
    return in_python if request.param == "python" else [str(c_program)]


@asynccontextmanager
async def door(nats_url: str, *networks: str) -> AsyncIterator[tuple[int, list[Tip]]]:
    """The port of a blocknotify listener, and the tips that reach jobmaker."""
    jobmaker = await Bus.connect(nats_url, service=JOBMAKER, replica="test")
    bus = await Bus.connect(nats_url, service=NOTIFIER, replica="test")
    tips: list[Tip] = []

    async def hear(tip: Tip) -> None:
        tips.append(tip)

    await jobmaker.subscribe(TIP, hear)
    notify = BlockNotify(SecretStr(PASSWORD), pools_by_name([pool_config()]), TipPublisher(bus))
    port = free_port()
    listener = LineListener("blocknotify", notify.serve, NOTICES_REFUSED, Senders(networks))
    async with await listener.listen(port):
        yield port, tips
    await bus.drain()
    await jobmaker.drain()


async def test_a_notice_is_taken_however_the_password_is_given(
    nats_url: str, tmp_path: Path, blocknotify: Program
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    variable = {"NOMP_BLOCKNOTIFY_PASSWORD": PASSWORD}
    async with door(nats_url) as (port, tips):
        ends = [
            await run(blocknotify, f"127.0.0.1:{port}", PASSWORD, "Litecoin", HASH),
            await run(blocknotify, f"localhost:{port}", f"@{file}", "ltc", HASH),
            await run(blocknotify, f"127.0.0.1:{port}", "-", "ltc", "", environment=variable),
        ]
        await wait_until(lambda: len(tips) == 3, what="the tips")

    assert ends == [Ended(0, "", "")] * 3
    assert [tip.block_hash_display for tip in tips] == [HASH, HASH, ""]


async def test_a_listener_is_reached_over_ipv6(nats_url: str, blocknotify: Program) -> None:
    async with door(nats_url, "fd00::/8") as (port, tips):
        ended = await run(blocknotify, f"[::1]:{port}", PASSWORD, "ltc", HASH)
        await wait_until(lambda: bool(tips), what="the tip")

    assert ended == Ended(0, "", "")


async def test_what_is_not_taken_is_said_on_one_line(nats_url: str, blocknotify: Program) -> None:
    async with door(nats_url) as (port, tips):
        guess = await run(blocknotify, f"127.0.0.1:{port}", "guess-of-the-password", "ltc", HASH)
        stranger = await run(blocknotify, f"127.0.0.1:{port}", PASSWORD, "nocoin", HASH)
        rubbish = await run(blocknotify, f"127.0.0.1:{port}", PASSWORD, "ltc", "beef")

    assert [end.code for end in (guess, stranger, rubbish)] == [1, 1, 1]
    assert "wrong password?" in guess.complained
    assert "no pool of this coin" in stranger.complained
    assert all(end.complained.count("\n") == 1 for end in (guess, stranger, rubbish))
    assert "guess-of-the-password" not in guess.complained
    assert tips == []


async def test_nobody_who_listens_is_said(tmp_path: Path, blocknotify: Program) -> None:
    refused = await run(blocknotify, f"127.0.0.1:{free_port()}", PASSWORD, "ltc", HASH)
    nameless = await run(blocknotify, "no-such-host.invalid:8117", PASSWORD, "ltc", HASH)
    unread = await run(blocknotify, "127.0.0.1:8117", f"@{tmp_path / 'nothing'}", "ltc", HASH)

    assert [end.code for end in (refused, nameless, unread)] == [1, 1, 1]
    assert all(end.complained.count("\n") == 1 for end in (refused, nameless, unread))
    assert PASSWORD not in refused.complained


async def test_a_listener_that_says_nothing_holds_nobody_up(c_program: Path) -> None:
    """Both wait at the same time: it takes the five seconds of their limit."""
    in_python = [sys.executable, "-I", str(SCRIPTS / "blocknotify")]
    released = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        address = f"127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        ends = await asyncio.gather(
            *(run(program, address, PASSWORD, "ltc", HASH) for program in (in_python, [str(c_program)]))
        )
        released.set()

    assert [end.code for end in ends] == [1, 1]
    assert all("no answer within 5 seconds" in end.complained for end in ends)


@pytest.mark.parametrize(
    "arguments", [[], ["host:1", "p", "c"], ["host", "p", "c", "h"], ["h:x", "p", "c", "h"]]
)
async def test_wrong_arguments_are_explained(blocknotify: Program, arguments: list[str]) -> None:
    ended = await run(blocknotify, *arguments)

    assert ended.code == 2
    assert "host:port" in ended.complained


async def test_a_line_that_no_listener_reads_is_not_sent(c_program: Path) -> None:
    ended = await run([str(c_program)], "127.0.0.1:1", "p" * 2000, "ltc", HASH)

    assert (ended.code, "too long" in ended.complained) == (2, True)
