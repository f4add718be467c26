"""jobmaker under test: real NATS and two litecoind around it, and miners on the other side of the bus."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from nompcore.bus import Bus
from nompcore.coin import Coin
from nompcore.config import DaemonConfig, load_config
from nompcore.messages import (
    BlockFound,
    BlockSubmitted,
    Job,
    NetworkSnapshot,
)
from nompcore.subjects import BLOCK_FOUND, BLOCK_SUBMITTED, JOB, STATS, network_key
from tests.servers import Litecoind, NatsServer, wait_until
from tests.servers.jobmaker_process import POOL, ROOT, JobmakerProcess, pool_keys, write_config
from tests.servers.regtest_chain import activate_mweb


class Miners:
    """The other side of the bus: sees every job and every block's fate, and publishes found blocks."""

    def __init__(self, bus: Bus, coin: Coin) -> None:
        self.jobs: list[Job] = []
        self.fates: list[BlockSubmitted] = []
        self.bus = bus
        self.coin = coin

    async def listen(self) -> None:
        """Start to see things."""
        await self.bus.subscribe(JOB, self._on_job)
        await self.bus.subscribe(BLOCK_SUBMITTED, self._on_fate)

    async def job(self, wanted: Callable[[Job], bool] = lambda job: True) -> Job:
        """The newest job, once it is as wanted."""
        await wait_until(lambda: bool(self.jobs) and wanted(self.jobs[-1]), what="a job as wanted")
        return self.jobs[-1]

    async def publish(self, found: BlockFound) -> None:
        """Publish a found block as stratum does."""
        await self.bus.publish(BLOCK_FOUND, found, pool=found.pool, msg_id=found.block_hash_display)

    async def fate_of(self, found: BlockFound) -> BlockSubmitted:
        """What jobmaker says about the block."""
        await wait_until(lambda: self._fates(found) != [], seconds=60, what="the block's fate")
        return self._fates(found)[0]

    def _fates(self, found: BlockFound) -> list[BlockSubmitted]:
        return [fate for fate in self.fates if fate.block_hash_display == found.block_hash_display]

    async def _on_job(self, job: Job) -> None:
        self.jobs.append(job)

    async def _on_fate(self, fate: BlockSubmitted) -> None:
        self.fates.append(fate)


class Rig:
    """Two connected litecoind, NATS, miners; the test starts the jobmakers."""

    def __init__(self, directory: Path, nats: NatsServer, nodes: tuple[Litecoind, Litecoind]) -> None:
        self.directory = directory
        self.nats = nats
        self.miners_url = self.jobmaker_url = nats.url
        self.node, self.peer = nodes
        self.jobmakers: list[JobmakerProcess] = []
        self.miners: Miners

    async def open(self, address: str) -> None:
        """Connect the miners. Rewards go to `address`."""
        self.address = address
        config = load_config(self.configure("probe"), ROOT / "coins", {})
        bus = await Bus.connect(self.miners_url, service="stratum", replica="test")
        await bus.ensure()
        self.miners = Miners(bus, config.pools[POOL].coin)
        await self.miners.listen()

    def configure(self, name: str, daemons: Sequence[DaemonConfig] | None = None, **keys: Any) -> Path:
        """A configuration with one pool; both nodes are its daemons unless said."""
        configs = daemons if daemons is not None else [self.node.config(), self.peer.config()]
        return write_config(self.directory / name, {POOL: pool_keys(configs, self.address, **keys)})

    async def jobmaker(
        self, daemons: Sequence[DaemonConfig] | None = None, replica: str = "jobmaker-1", **keys: Any
    ) -> JobmakerProcess:
        """Start a jobmaker; it ends with the test."""
        process = JobmakerProcess(self.configure(replica, daemons, **keys), self.jobmaker_url, replica)
        self.jobmakers.append(process)
        await process.start()
        return process

    async def mine(self, blocks: int = 1) -> None:
        """Blocks that are not the pool's."""
        await self.node.generate(blocks, self.address)

    async def snapshot(self) -> NetworkSnapshot | None:
        """What the api would see."""
        return await self.miners.bus.bucket(STATS).load(network_key(POOL), NetworkSnapshot)

    async def wait_for_states(self, *wanted: str) -> NetworkSnapshot:
        """The snapshot once the daemons are in these states."""
        seen: list[NetworkSnapshot | None] = []

        async def as_wanted() -> bool:
            seen.append(await self.snapshot())
            return seen[-1] is not None and [daemon.state for daemon in seen[-1].daemons] == list(wanted)

        await wait_until(as_wanted, what=f"daemons are {wanted}")
        assert seen[-1] is not None
        return seen[-1]

    async def close(self) -> None:
        """Leave nothing behind."""
        for process in self.jobmakers:
            await process.stop()
            print(process.output)  # pytest shows it when the test failed
        await self.miners.bus.drain()


@contextlib.asynccontextmanager
async def running_rig(
    directory: Path, nats: NatsServer, *, mweb: bool = False, urls: tuple[str, str] | None = None
) -> AsyncIterator[Rig]:
    """A rig with a fresh chain: one block, or past MWEB activation. `urls`: NATS for miners and jobmaker."""
    peer = Litecoind(directory / "peer", mweb=mweb)
    node = Litecoind(directory / "node", peer=peer, mweb=mweb)
    async with contextlib.AsyncExitStack() as stack:
        for each in (peer, node):
            stack.push_async_callback(each.stop)
            await each.start()
        rig = Rig(directory, nats, (node, peer))
        rig.miners_url, rig.jobmaker_url = urls or (nats.url, nats.url)
        if mweb:
            address = await activate_mweb(node)
        else:
            address = await node.create_wallet()
            await node.generate(1, address)
        await rig.open(address)
        stack.push_async_callback(rig.close)
        yield rig
