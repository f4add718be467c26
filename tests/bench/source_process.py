"""The stratum service of any checkout, as it runs in production: no debug log."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nompcore import subjects
from nompcore.bus import Bus
from nompcore.messages import Job
from tests.servers import NatsServer
from tests.stratum_process import StratumProcess
from tests.stratum_work import POOL


class SourceProcess(StratumProcess):
    """`python -m services.stratum` with the code and coin files of `source`."""

    def __init__(self, directory: Path, nats_url: str, source: Path, **pool_keys: Any) -> None:
        super().__init__(directory, nats_url, **pool_keys)
        self._environ |= {
            "PYTHONPATH": os.pathsep.join((str(source / "libs"), str(source))),
            "PYTHONSAFEPATH": "1",  # otherwise the current directory comes first
            "NOMP_COINS_DIR": str(source / "coins"),
            "LOG_LEVEL": "info",
        }

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process
        return self.process.pid


@asynccontextmanager
async def running_service(
    source: Path, job: Job, **pool_keys: Any
) -> AsyncIterator[tuple[SourceProcess, Bus]]:
    """The service with its first job, a NATS with fsync behind it, and a bus to publish more."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        nats = NatsServer(directory / "nats")
        await nats.start()
        bus = await Bus.connect(nats.url, service=subjects.JOBMAKER, replica="bench")
        await bus.ensure()
        await bus.publish(subjects.JOB, job, pool=POOL)
        process = SourceProcess(directory, nats.url, source, **pool_keys)
        try:
            await process.start()
            yield process, bus
        finally:
            await process.end()
            await bus.drain()
            await nats.stop()
