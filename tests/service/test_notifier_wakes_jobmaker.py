"""A daemon's blocknotify is enough to get new work: whole processes, polling every ten minutes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from nompcore.bus import Bus
from tests.c_compiler import compiled
from tests.servers import NatsServer, SimCoind, free_port, wait_until
from tests.servers.jobmaker_process import POOL, JobmakerProcess, pool_keys, write_config
from tests.servers.relay_daemon import RelayDaemon
from tests.service.edge_process import EdgeProcess
from tests.service.jobmaker_rig import Miners
from tests.service.pool_stage import LITECOIN
from tests.unit.chain_samples import ROOT
from tests.unit.config_dir import PORTAL_FILE, ConfigDir

SCRIPTS = ROOT / "deploy" / "scripts"
PASSWORD = "secret of the listener"
TEN_MINUTES_MS = 600_000
UNPOLLED: dict[str, Any] = {
    "blockRefreshInterval": TEN_MINUTES_MS,
    "txRefreshInterval": TEN_MINUTES_MS,
    "jobRebroadcastTimeout": 0,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A simulated daemon that runs what is in `command` for each block; the pool around it."""

    sim: SimCoind
    miners: Miners
    jobmaker: JobmakerProcess
    command: Path
    port: int
    metrics_port: int

    def notify_by(self, *program: str) -> None:
        """What the daemon runs from now on; the block's hash comes last."""
        words = " ".join(f"'{word}'" for word in program)
        self.command.write_text(
            f"{words} \"$1\" 2>> '{self.command}.said' || echo $? >> '{self.command}.codes'\n"
        )

    async def new_job(self, blocks: int) -> None:
        """Mine a block; returns when the miners have its job. `blocks` are those since the first job."""
        await self.sim.generate(1, await self.sim.call("getnewaddress"))
        height = self.miners.jobs[0].height + blocks
        await wait_until(
            lambda: any(job.height == height and job.clean_jobs for job in self.miners.jobs), what="a new job"
        )

    @property
    def notices(self) -> int:
        """How many reached jobmaker."""
        return self.jobmaker.output.count('"source": "blocknotify"')

    @property
    def failures(self) -> list[str]:
        """Exit codes of commands that failed."""
        codes = Path(f"{self.command}.codes")
        return codes.read_text().split() if codes.exists() else []

    async def refusals(self) -> dict[str, float]:
        """What the notifier has counted, by reason."""
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{self.metrics_port}/metrics")).text
        lines = [line for line in text.splitlines() if line.startswith("nomp_notifier_notices_refused_total")]
        return {line.partition('reason="')[2].partition('"')[0]: float(line.split()[-1]) for line in lines}


async def without_long_polls(relay: RelayDaemon) -> None:
    """The daemon offers none: templates lack the id that one begins with."""

    async def template(params: list[Any]) -> object:
        answer = await relay.ask_behind("getblocktemplate", *params)
        if isinstance(answer, dict):
            answer.pop("longpollid", None)
        return answer

    relay.answers["getblocktemplate"] = template


@asynccontextmanager
async def stage(directory: Path, nats: NatsServer) -> AsyncIterator[Stage]:
    """The daemon, jobmaker and notifier, after the first job."""
    command, port, metrics_port = directory / "command", free_port(), free_port()
    command.write_text("")
    async with AsyncExitStack() as stack:
        sim = SimCoind(directory / "sim", options=(f"--blocknotify=sh {command} %s",))
        stack.push_async_callback(sim.stop)
        await sim.start()
        address = await sim.call("getnewaddress")
        await sim.generate(2, address)
        relay = await stack.enter_async_context(RelayDaemon(sim.config()).serving())
        await without_long_polls(relay)
        bus = await Bus.connect(nats.url, service="stratum", replica="test")
        stack.push_async_callback(bus.drain)
        await bus.ensure()
        miners = Miners(bus, LITECOIN)
        await miners.listen()
        keys = pool_keys([relay.config], address, **UNPOLLED)
        config = ConfigDir()
        config.files = {PORTAL_FILE: config.files[PORTAL_FILE], f"pool_configs/{POOL}.json": keys}
        config.put(PORTAL_FILE, "blockNotifyListener", "port", value=port)
        notifier = EdgeProcess(
            "notifier", directory / "notifier", config, nats.url, METRICS_PORT=str(metrics_port)
        )
        stack.push_async_callback(notifier.stop)
        jobmaker = JobmakerProcess(write_config(directory / "jobmaker", {POOL: keys}), nats.url)
        stack.push_async_callback(jobmaker.stop)
        await asyncio.gather(notifier.start(), jobmaker.start())
        await miners.job()
        yield Stage(sim, miners, jobmaker, command, port, metrics_port)


async def test_blocknotify_wakes_jobmaker_and_nothing_else_does(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    program = compiled(SCRIPTS / "blocknotify.c", tmp_path)
    in_python = (sys.executable, str(SCRIPTS / "blocknotify"))
    async with stage(tmp_path, nats_server) as here:
        address = f"127.0.0.1:{here.port}"
        here.notify_by(str(program), address, PASSWORD, POOL)
        await here.new_job(1)
        here.notify_by(*in_python, address, PASSWORD, "LTC")
        await here.new_job(2)

        here.notify_by(*in_python, address, "guess", POOL)
        await here.sim.generate(1, await here.sim.call("getnewaddress"))
        await wait_until(lambda: bool(here.failures), what="the script is refused")
        _, writer = await asyncio.open_connection("127.0.0.1", here.port)
        writer.write(b"GET / HTTP/1.1\r\n")
        writer.write_eof()

        async def are_counted() -> bool:
            return await here.refusals() == {"wrong-password": 1.0, "malformed": 1.0}

        await wait_until(are_counted, what="guess and junk are counted")
        writer.close()
        assert here.notices == 2
        here.notify_by(str(program), address, PASSWORD, POOL)
        await here.new_job(4)

    assert here.failures == ["1"]
    assert here.notices == 3
