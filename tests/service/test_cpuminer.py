"""The miner as a process, and as a library, against a pool that is played line by line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cpuminer.scripted import scripted_miner
from cpuminer.work import algorithm
from nompcore.errors import RejectReason
from services.stratum.replies import (
    notify_line,
    refusal_line,
    set_difficulty_line,
    true_line,
)
from tests.servers.process import free_port, wait_until
from tests.service.played_pool import (
    EXTRANONCE1,
    TOKEN,
    USER,
    Door,
    MinerProcess,
    open_door,
)
from tests.stratum_work import EASY, HARD_BITS, ROOT, make_job


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """An open port."""
    async with open_door(free_port()) as opened:
        yield opened


@pytest.fixture
async def miner(tmp_path: Path, door: Door) -> AsyncIterator[MinerProcess]:
    """A running miner of thirty-two hashes a second, which is two shares."""
    process = MinerProcess(tmp_path, door.port, "--hashes-per-second=32")
    process.process.start()
    yield process
    await process.process.stop()


async def test_shares_are_found_told_and_never_found_twice(door: Door, miner: MinerProcess) -> None:
    pool, job = await door.connection(), make_job()
    assert await pool.welcome(job) == ["cpuminer/nomp"]

    first, share = await pool.take_share(job)
    await pool.say(true_line(first))
    second, other = await pool.take_share(job)
    await pool.say(refusal_line(second, RejectReason.STALE))

    assert share != other
    await miner.tells("job job=1 clean=yes")
    await miner.tells("share accepted job=1 block=no total=1")
    await miner.tells('share rejected job=1 reason="21 job not found" total=1')


async def test_a_block_is_told_as_one(door: Door, miner: MinerProcess) -> None:
    pool, job = await door.connection(), make_job(bits="207fffff")
    await pool.welcome(job, difficulty=2.0**-31)
    number, (_, _, _, ntime, nonce) = await pool.hear("mining.submit")
    assert ntime and nonce

    await pool.say(true_line(number))

    await wait_until(lambda: any("share accepted" in line for line in miner.lines), what="an answer")
    (line,) = [line for line in miner.lines if "share accepted" in line]
    assert "block=yes" in line


async def test_a_new_job_is_taken_up_at_once(door: Door, miner: MinerProcess) -> None:
    pool, old, new = await door.connection(), make_job("1"), make_job("2", block=2)
    await pool.welcome(old, difficulty=1.0)

    await pool.say(set_difficulty_line(EASY), notify_line(new, clean_jobs=True))

    await pool.take_share(new)


async def test_a_lost_pool_is_found_again_with_the_old_session_and_other_shares(
    door: Door, miner: MinerProcess
) -> None:
    pool, job = await door.connection(), make_job()
    await pool.welcome(job)
    number, before = await pool.take_share(job)
    await pool.say(true_line(number))
    await pool.hang_up()

    pool = await door.connection()
    params = await pool.welcome(job)

    assert params == ["cpuminer/nomp", TOKEN]
    _, after = await pool.take_share(job)
    assert after != before
    assert after[0] != before[0]
    assert any(line.startswith("disconnected reason=") for line in miner.lines)


async def test_a_pool_that_asks_for_it_is_left_and_found_again(door: Door, miner: MinerProcess) -> None:
    pool = await door.connection()
    await pool.welcome(make_job())

    await pool.say(b'{"id":null,"method":"client.reconnect","params":["elsewhere",1,0]}\n')

    await (await door.connection()).welcome(make_job())
    assert any("the pool asked to reconnect" in line for line in miner.lines)


async def test_a_server_that_speaks_no_stratum_is_left(door: Door, miner: MinerProcess) -> None:
    pool = await door.connection()
    await pool.hear("mining.subscribe")

    await pool.say(b"HTTP/1.1 400 Bad Request\r\n")

    await (await door.connection()).welcome(make_job())
    assert any("not stratum" in line for line in miner.lines)


async def test_a_miner_waits_for_a_pool_that_starts_later(tmp_path: Path) -> None:
    port = free_port()
    miner = MinerProcess(tmp_path, port, "--json")
    miner.process.start()
    await wait_until(lambda: len(miner.lines) >= 1, what="a failed attempt")
    assert json.loads(miner.lines[0])["event"] == "disconnected"

    async with open_door(port) as door:
        await (await door.connection()).welcome(make_job(bits=HARD_BITS), difficulty=1.0)
        await wait_until(lambda: any('"job":"1"' in line for line in miner.lines), what="the job")

    await miner.process.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_miner_with_code_0(door: Door, number: signal.Signals) -> None:
    process = await start(f"--url=stratum+tcp://127.0.0.1:{door.port}", f"--user={USER}")
    await (await door.connection()).welcome(make_job())

    process.send_signal(number)
    _, complaint = await process.communicate()

    assert (process.returncode, complaint) == (0, b"")


@pytest.mark.parametrize(
    "options", [["--url=http://127.0.0.1:1"], ["--algorithm=nonsense"], ["--hashes-per-second=-1"]]
)
async def test_options_that_make_no_sense_end_it_with_code_2(options: list[str]) -> None:
    process = await start("--url=stratum+tcp://127.0.0.1:1", f"--user={USER}", *options)
    _, complaint = await process.communicate()

    assert process.returncode == 2
    assert b"cpuminer" in complaint
    assert b"Traceback" not in complaint


async def start(*options: str) -> asyncio.subprocess.Process:
    """A miner whose exit code and complaints matter."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cpuminer",
        *options,
        env={**os.environ, "PYTHONPATH": str(ROOT / "libs")},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_scripted_miner_does_one_step_at_a_time(door: Door) -> None:
    async with scripted_miner("127.0.0.1", door.port, algorithm("sha256")) as miner:
        pool, job = await door.connection(), make_job()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pool.welcome(job))
            session = await miner.subscribe()
            authorized = await miner.authorize(USER)
        assert session.extranonce1.hex() == EXTRANONCE1
        assert authorized.accepted
        assert (await miner.next_job()).job_id == job.job_id
        assert await miner.next_difficulty() == EASY

        solution = await miner.grind()
        await miner.send_share(solution)
        number, _ = await pool.take_share(job)
        await pool.say(refusal_line(number, RejectReason.DUPLICATE))
        answer = await miner.answer()
        assert (answer.solution, answer.accepted, answer.error) == (solution, False, "22 duplicate share")

        low = await miner.grind(above=miner.share_target(), at_most=2**256 - 1)
        assert low != solution
    assert miner.events == []
