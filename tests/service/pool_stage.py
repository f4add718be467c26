"""One pool's work in this process: real NATS, a simulated chain, and daemons that a test can instruct."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nompcore.bus import Bus
from nompcore.config import DaemonConfig, PoolConfig
from nompcore.messages import DaemonState, Job, NetworkSnapshot
from nompcore.subjects import STATS, TEMPLATES, network_key
from services.jobmaker.pool_work import PoolWork
from services.jobmaker.template_store import TemplateStore
from tests.counted import counted
from tests.servers import SimCoind, wait_until
from tests.servers.relay_daemon import RelayDaemon
from tests.service.jobmaker_rig import Miners
from tests.unit.chain_samples import coin

LITECOIN = coin("litecoin.json")
_numbers = itertools.count()


class PoolStage:
    """A pool whose only daemon is `relay`, in front of `sim`; `miners` see its jobs."""

    def __init__(self, sim: SimCoind, relay: RelayDaemon, miners: Miners, work: PoolWork, bus: Bus) -> None:
        self.sim, self.relay, self.miners, self.work = sim, relay, miners, work
        self.name = work.pool.name
        self._bus = bus

    @property
    def state(self) -> DaemonState:
        """How the daemon looks."""
        return self.work.daemons.states()[0]

    async def job_on_tip(self) -> Job:
        """The newest job, once it is on top of the daemon's tip."""
        height = await self.sim.call("getblockcount")
        return await self.miners.job(lambda job: job.height == height + 1)

    async def new_tip(self) -> None:
        """An empty block, and another one in place of the tip: what waits for a block waits on."""
        await self.sim.call("sim_reorg", 1)

    async def snapshot(self) -> NetworkSnapshot | None:
        """What the api would see."""
        return await self._bus.bucket(STATS).load(network_key(self.name), NetworkSnapshot)

    def count(self, metric: str, **labels: str) -> float:
        """A metric of this pool."""
        return counted(metric, pool=self.name, **labels)

    async def wait_for_count(self, at_least: float, metric: str, **labels: str) -> None:
        """Returns when a metric of this pool has come so far."""
        await wait_until(lambda: self.count(metric, **labels) >= at_least, what=f"{metric} {labels}")


@contextlib.asynccontextmanager
async def set_up(
    sim: SimCoind, nats_url: str, *, relay: RelayDaemon, **pool: Any
) -> AsyncIterator[PoolStage]:
    """The pool, not at work yet; `pool` are fields of its configuration."""
    bus = await Bus.connect(nats_url, service="jobmaker", replica="jobmaker-1")
    await bus.ensure()
    miners = Miners(bus, LITECOIN)
    await miners.listen()
    config = pool_config(relay.config, await sim.call("getnewaddress"), **pool)
    work = PoolWork(bus, "jobmaker-1", config, TemplateStore(bus.objects(TEMPLATES)))
    try:
        yield PoolStage(sim, relay, miners, work, bus)
    finally:
        await work.close()
        await bus.drain()


@contextlib.asynccontextmanager
async def at_work(stage: PoolStage) -> AsyncIterator[None]:
    """The pool works for the length of the block."""
    stop = asyncio.Event()
    working = asyncio.create_task(stage.work.run(stop))
    try:
        yield
    finally:
        stop.set()
        await working


@contextlib.asynccontextmanager
async def simulated_chain(directory: Path, *, options: tuple[str, ...] = ()) -> AsyncIterator[SimCoind]:
    """A simulated daemon with a chain of two blocks."""
    sim = SimCoind(directory, options=options)
    try:
        await sim.start()
        await sim.generate(2, await sim.call("getnewaddress"))
        yield sim
    finally:
        await sim.stop()


def pool_config(daemon: DaemonConfig, address: str, **fields: Any) -> PoolConfig:
    """A litecoin regtest pool that polls often; its name is its own, and so are its metrics."""
    config = PoolConfig(
        name=f"ltc{next(_numbers)}",
        coin=LITECOIN,
        network="regtest",
        address=address,
        ports={},
        daemons=(daemon,),
        block_refresh_interval_seconds=0.05,
        tx_refresh_interval_seconds=0.05,
        job_rebroadcast_timeout_seconds=0,
    )
    return replace(config, **fields)
