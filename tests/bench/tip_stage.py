"""Everything around one signal: NATS, a daemon, a jobmaker that can learn by it only, a listener for jobs."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from nompcore import subjects
from nompcore.bus import Bus
from nompcore.messages import Job, Tip
from tests.bench.json_child import JsonChild, json_child
from tests.bench.tip_rpc import ADDRESS
from tests.bench.tip_signals import NOTIFY, P2P, POLL, ZMQ
from tests.servers import NatsServer
from tests.servers.jobmaker_process import JobmakerProcess, write_config
from tests.stratum_work import POOL

MODULE = "services.jobmaker"
POLL_MS = 1000
HARDLY_EVER_MS = 600_000
JOB_WITHIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Delay:
    """From one tip change at the daemon to its jobs on NATS."""

    first_ms: float
    full_ms: float


class BenchJobmaker(JobmakerProcess):
    """The jobmaker of `source`, as it runs in production: no debug log."""

    def __init__(self, config_dir: Path, nats_url: str, source: Path) -> None:
        super().__init__(config_dir, nats_url)
        path = f"PYTHONPATH={source / 'libs'}{os.pathsep}{source}"
        # otherwise the current directory comes first
        self._process.command = ["env", "LOG_LEVEL=info", "PYTHONSAFEPATH=1", path, *self._process.command]

    @property
    def figures(self) -> psutil.Process:
        """What the kernel says about it."""
        return next(child for child in psutil.Process().children() if MODULE in child.cmdline())


class JobArrivals:
    """Jobs as a subscriber sees them. A full one has transactions: its merkle branch has steps."""

    def __init__(self) -> None:
        self._arrived: dict[int, list[tuple[int, bool]]] = {}  # height → monotonic nanoseconds, is it full
        self._news = asyncio.Event()

    async def hear(self, job: Job) -> None:
        """Note it."""
        self._arrived.setdefault(job.height, []).append((time.monotonic_ns(), bool(job.merkle_branch_hex)))
        self._news.set()

    async def first_and_full(self, height: int) -> tuple[int, int]:
        """When the first job of the height came, and the first full one."""
        async with asyncio.timeout(JOB_WITHIN_SECONDS):
            while True:
                arrived = self._arrived.get(height, [])
                full_ns = next((at_ns for at_ns, is_full in arrived if is_full), None)
                if full_ns is not None:
                    return arrived[0][0], full_ns
                self._news.clear()
                await self._news.wait()


class TipStage:
    """One signal with everything around it."""

    def __init__(
        self, signal: str, daemon: JsonChild, bus: Bus, arrivals: JobArrivals, jobmaker: psutil.Process
    ) -> None:
        self._signal = signal
        self._daemon = daemon
        self._bus = bus
        self._arrivals = arrivals
        self._jobmaker = jobmaker
        self.templates = 0
        """Requests for a template that the daemon has had, as of the last tip change."""

    def cpu_seconds(self) -> float:
        """Processor time of the jobmaker's process so far."""
        times = self._jobmaker.cpu_times()
        return times.user + times.system

    async def change_tip(self) -> Delay:
        """Change it and wait for the full job."""
        tip = await self._daemon.ask({})
        self.templates = tip["templates"]
        if self._signal == NOTIFY:
            await self._notify(tip["hash_display"])
        job_height = tip["height"] + 1
        first_ns, full_ns = await self._arrivals.first_and_full(job_height)
        changed_ns = tip["changed_ns"]
        return Delay(first_ms=(first_ns - changed_ns) / 1e6, full_ms=(full_ns - changed_ns) / 1e6)

    async def _notify(self, hash_display: str) -> None:
        """As the notifier does for a daemon's blocknotify."""
        tip = Tip(pool=POOL, block_hash_display=hash_display, source="blocknotify")
        await self._bus.send(subjects.TIP, tip, pool=POOL)


def pool_keys(signal: str, rpc_port: int, signal_port: int) -> dict[str, Any]:
    """A pool file with this signal and no other; nothing is fetched merely because time has passed."""
    address = f"tcp://127.0.0.1:{signal_port}"
    daemon = {"host": "127.0.0.1", "port": rpc_port, "user": "bench", "password": "bench"}
    return {
        "enabled": True,
        "coin": "bitcoin.json",
        "network": "main",
        "address": ADDRESS,
        "blockRefreshInterval": POLL_MS if signal == POLL else 0,
        "txRefreshInterval": HARDLY_EVER_MS,
        "jobRebroadcastTimeout": 0,
        "ports": {"3032": {"diff": 1}},
        "daemons": [{**daemon, **({"zmq": address} if signal == ZMQ else {})}],
        **({"p2p": {"enabled": True, "host": "127.0.0.1", "port": signal_port}} if signal == P2P else {}),
    }


@asynccontextmanager
async def tip_stage(signal: str, source: Path) -> AsyncIterator[TipStage]:
    """All of it running, the first job heard."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nats = NatsServer(directory / "nats")
        stack.push_async_callback(nats.stop)
        await nats.start()
        bus = await Bus.connect(nats.url, service=subjects.STRATUM, replica="bench")
        stack.push_async_callback(bus.drain)
        await bus.ensure()
        arrivals = JobArrivals()
        await bus.subscribe(subjects.JOB, arrivals.hear)
        daemon = await stack.enter_async_context(json_child("tests.bench.tip_daemon", signal))
        ports = await daemon.hear()
        keys = pool_keys(signal, ports["rpc_port"], ports["signal_port"])
        jobmaker = BenchJobmaker(write_config(directory / "jobmaker", {POOL: keys}), nats.url, source)
        stack.push_async_callback(jobmaker.stop)
        await jobmaker.start()
        await arrivals.first_and_full(ports["height"] + 1)
        yield TipStage(signal, daemon, bus, arrivals, jobmaker.figures)
