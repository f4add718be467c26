"""A pool that is played to the miner line by line, and the miner's process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nompcore.job import prepare_job
from nompcore.messages import Job
from nompcore.share import Accepted, BlockFound, Submission, validate_share
from services.stratum.replies import (
    notify_line,
    set_difficulty_line,
    subscribed_line,
    true_line,
)
from tests.servers.process import ServerProcess, wait_until
from tests.stratum_work import EASY, NTIME, ROOT, coin, target_of

EXTRANONCE1 = "0a0b0c0d"
TOKEN = f"{EXTRANONCE1:0<32}"
USER = "address.rig"
PATIENCE_SECONDS = 60


class PlayedPool:
    """One miner's connection, spoken to by the test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, *lines: bytes) -> None:
        """Send lines."""
        self._writer.writelines(lines)
        await self._writer.drain()

    async def hear(self, method: str) -> tuple[bytes, list[Any]]:
        """The next request: its id as bytes, and its params."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            request = json.loads(await self._reader.readline())
        assert request["method"] == method
        return str(request["id"]).encode(), request["params"]

    async def welcome(self, job: Job, difficulty: float = EASY) -> list[Any]:
        """Subscribe and authorize the miner, give it work; the params of its subscription."""
        number, params = await self.hear("mining.subscribe")
        await self.say(subscribed_line(number, TOKEN, EXTRANONCE1, 4))
        number, worker = await self.hear("mining.authorize")
        assert worker == [USER, "x"]
        await self.say(true_line(number), set_difficulty_line(difficulty), notify_line(job, clean_jobs=True))
        return params

    async def take_share(self, job: Job) -> tuple[bytes, tuple[str, ...]]:
        """The next share, which must be worth its difficulty; the request's id and what makes it unique."""
        number, (worker, job_id, extranonce2, ntime, nonce) = await self.hear("mining.submit")
        assert (worker, job_id) == (USER, job.job_id)
        verdict = validate_share(
            prepare_job(job, coin()),
            Submission(bytes.fromhex(EXTRANONCE1), extranonce2, ntime, nonce),
            target=target_of(EASY),
            now_seconds=NTIME,
            seen=(),
        )
        assert isinstance(verdict, Accepted | BlockFound), verdict
        return number, (extranonce2, ntime, nonce)

    async def hang_up(self) -> None:
        """End the connection."""
        self._writer.close()
        await self._writer.wait_closed()


class Door:
    """A listening port; `connection` is the next miner that comes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._arrived: asyncio.Queue[PlayedPool] = asyncio.Queue(10)
        self._writers: list[asyncio.StreamWriter] = []

    def arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._arrived.put_nowait(PlayedPool(reader, writer))

    async def connection(self) -> PlayedPool:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._arrived.get()

    async def close(self) -> None:
        """End all connections."""
        for writer in self._writers:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def open_door(port: int) -> AsyncIterator[Door]:
    """A pool's port for the length of the block."""
    door = Door(port)
    server = await asyncio.start_server(door.arrive, "127.0.0.1", port)
    try:
        yield door
    finally:
        server.close()
        await door.close()


class MinerProcess:
    """`python -m cpuminer`."""

    def __init__(self, directory: Path, port: int, *options: str) -> None:
        self._log = directory / "cpuminer.log"
        command = [
            sys.executable,
            "-m",
            "cpuminer",
            f"--url=stratum+tcp://127.0.0.1:{port}",
            f"--user={USER}",
            "--algorithm=sha256",
            *options,
        ]
        self.process = ServerProcess(command, self._log, {**os.environ, "PYTHONPATH": str(ROOT / "libs")})

    @property
    def lines(self) -> list[str]:
        """What it told so far."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    async def tells(self, line: str) -> None:
        """Wait for a line."""
        await wait_until(lambda: line in self.lines, seconds=PATIENCE_SECONDS, what=line)
