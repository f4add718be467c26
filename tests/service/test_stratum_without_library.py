"""The stratum service where nothing was compiled: slower, and otherwise the same."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers import NatsServer
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage, open_stage
from tests.stratum_work import make_job

# Found before everything else; a module that is None cannot be imported.
BLOCKING = 'import sys\nsys.modules["powhash._native"] = None\n'

TELLS = "import powhash, powhash.sockets; print(len(powhash.ALGORITHMS), powhash.sockets.AVAILABLE)"


class BareProcess(StratumProcess):
    """One that finds no native library."""

    def __init__(self, directory: Path, nats_url: str) -> None:
        super().__init__(directory, nats_url)
        blocking = directory / "without_library"
        blocking.mkdir()
        (blocking / "sitecustomize.py").write_text(BLOCKING)
        path = os.pathsep.join((str(blocking), self._environ["PYTHONPATH"]))
        self._environ = {**self._environ, "PYTHONPATH": path}

    async def tells(self) -> str:
        """What a process in its place finds."""
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-c", TELLS, env=self._environ, stdout=asyncio.subprocess.PIPE
        )
        told, _ = await done.communicate()
        return told.decode().strip()


@pytest.fixture
async def stage(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Stage]:
    """NATS and miners."""
    async with open_stage(tmp_path, nats_server) as stage:
        yield stage


async def test_a_miner_mines_without_the_native_library(stage: Stage, tmp_path: Path) -> None:
    job = await stage.publish(make_job("1"))
    process = BareProcess(tmp_path, stage.nats.url)
    try:
        assert await process.tells() == "0 False"
        await process.start()
        miner = await stage.clients.mine(process.port)
        assert (await miner.notification("mining.notify"))[0] == "1"
        (solution,) = miner.solutions(job, 1)
        assert (await miner.reply(miner.submit(solution)))["result"] is True
        (share,) = await stage.stored_shares(1)
        assert (share.job_id, share.ip) == ("1", "127.0.0.1")

        await stage.publish(make_job("2"))
        assert (await miner.notification("mining.notify"))[0] == "2"
        assert await process.stop() == 0
        assert await miner.is_closed()
    finally:
        await process.end()
