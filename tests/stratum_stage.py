"""A stratum process between a NATS that plays jobmaker and payouts and the miners of a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from nompcore import subjects
from nompcore.bus import Bus
from nompcore.messages import Job, Share, ShareBatch
from tests.servers import NatsServer
from tests.stratum_client import Clients
from tests.stratum_process import StratumProcess
from tests.stratum_work import POOL


class Stage:
    """What a test of the service has at hand."""

    def __init__(self, directory: Path, nats: NatsServer, bus: Bus) -> None:
        self.nats = nats
        self.bus = bus
        self.clients = Clients()
        self.directory = directory
        self._processes: list[StratumProcess] = []

    async def start(self, **pool_keys: Any) -> StratumProcess:
        """Start a stratum process, with changes to the pool's configuration."""
        process = StratumProcess(self.directory, self.nats.url, **pool_keys)
        self._processes.append(process)
        await process.start()
        return process

    async def publish(self, job: Job) -> Job:
        """As jobmaker does."""
        await self.bus.publish(subjects.JOB, job, pool=POOL)
        return job

    async def stored_batches(self, shares: int = 0, rejects: int = 0) -> list[ShareBatch]:
        """Everything in the share stream, once it holds at least so many."""
        batches: list[ShareBatch] = []
        async with asyncio.timeout(30):
            async for stored in self.bus.read(subjects.SHARE_BATCH, POOL, 0):
                batches += [one.message for one in stored]
                have_shares = sum(len(batch.shares) for batch in batches)
                have_rejects = sum(count.count for batch in batches for count in batch.rejects)
                if have_shares >= shares and have_rejects >= rejects:
                    break
        return batches

    async def stored_shares(self, count: int) -> list[Share]:
        """All shares in the stream, once there are at least so many."""
        return [share for batch in await self.stored_batches(count) for share in batch.shares]

    async def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        await self.clients.close()
        for process in self._processes:
            await process.end()


@asynccontextmanager
async def open_stage(directory: Path, nats: NatsServer) -> AsyncIterator[Stage]:
    """A stage with nobody on it yet."""
    bus = await Bus.connect(nats.url, service=subjects.JOBMAKER, replica="test")
    await bus.ensure()
    stage = Stage(directory, nats, bus)
    try:
        yield stage
    finally:
        await stage.end()
        await bus.drain()


async def metrics(process: StratumProcess) -> str:
    """The process's metrics page."""
    async with httpx.AsyncClient(verify=False) as client:  # certificates would be read each time
        return (await client.get(f"http://127.0.0.1:{process.metrics_port}/metrics")).text
