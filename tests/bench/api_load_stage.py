"""One replica of the api as in production, a NATS that flushes each write, a payouts that answers at once."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from nompcore.bus import Bus
from nompcore.subjects import JOBMAKER, STATS, network_key, pool_key
from tests.bench.bench_miners import addresses
from tests.servers import NatsServer, free_port
from tests.servers.process import ServerProcess, accepts
from tests.service.api_service import serve_samples
from tests.stratum_work import ROOT
from tests.unit import api_samples as samples
from tests.unit.config_dir import PORTAL_FILE, ConfigDir

MINER = samples.ADDRESS
"""Whose page is asked for: two workers and some payments."""

PROXY = "127.0.0.1"
"""The one proxy: behind it everybody may be many senders."""

UNLIMITED = str(1_000_000)


class ApiStage:
    """The process, and a bus on which blocks can be told."""

    def __init__(self, process: ServerProcess, port: int, bus: Bus) -> None:
        self._process = process
        self.port = port
        self.bus = bus

    @property
    def pid(self) -> int:
        """Of the api."""
        return self._process.pid

    def url(self, path: str) -> str:
        """Of a path of it."""
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def api_stage(source: Path, *, workers: int, listeners: int) -> AsyncIterator[ApiStage]:
    """The code of `source`, a pool with so many workers, and seats for so many listeners."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        nats = NatsServer(directory / "nats")
        await nats.start()
        bus = await Bus.connect(nats.url, service=JOBMAKER, replica="bench")
        await bus.ensure()
        await tell_a_pool(bus, workers)
        port = free_port()
        process = ServerProcess(
            [sys.executable, "-m", "services.api"],
            directory / "api.log",
            environment(directory, source, nats.url, port, listeners),
        )
        process.start()
        try:
            await process.answers(lambda: accepts(port))
            yield ApiStage(process, port, bus)
        finally:
            await process.stop()
            await bus.drain()
            await nats.stop()


def environment(directory: Path, source: Path, nats_url: str, port: int, listeners: int) -> dict[str, str]:
    """Of the process; the rate is counted as always, and reaches further than anybody asks."""
    config = ConfigDir()
    config.put(PORTAL_FILE, "logLevel", value="info")
    config.write(directory)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(source / "libs"), str(source))),
        "PYTHONSAFEPATH": "1",  # otherwise the current directory comes first
        "NOMP_CONFIG_DIR": str(directory),
        "NOMP_COINS_DIR": str(ROOT / "coins"),
        "NATS_URL": nats_url,
        "NOMP_REPLICA": "api-1",
        "METRICS_PORT": "0",
        "API_PORT": str(port),
        "API_RATE": UNLIMITED,
        "API_BURST": UNLIMITED,
        "API_PROXY_NETWORKS": PROXY,
        "API_LISTENERS": str(listeners),
    }


async def tell_a_pool(bus: Bus, workers: int) -> None:
    """Snapshots as payouts and jobmaker leave them, and answers as payouts gives them."""
    now_ms = time.time_ns() // 1_000_000
    crowd = [samples.worker(f"{address}.rig", 1e6, 12.5, 1000, 3) for address in addresses(workers)]
    pool = msgspec.structs.replace(
        samples.pool_snapshot(), workers=crowd, worker_count=workers, miner_count=workers, time_ms=now_ms
    )
    network = msgspec.structs.replace(samples.network_snapshot(), time_ms=now_ms)
    await bus.bucket(STATS).store(pool_key(samples.POOL), pool)
    await bus.bucket(STATS).store(network_key(samples.POOL), network)
    await serve_samples(bus)
