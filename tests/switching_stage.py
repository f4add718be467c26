"""Two scrypt and two sha256 coins behind two switching ports, on two stratum replicas with a real NATS."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from deploy.setup.nats_users import nats_users_conf
from nompcore import subjects
from nompcore.address import address_for, p2pkh_script
from nompcore.bus import Bus
from nompcore.messages import BlockFound, Job, Share
from nompcore.subjects import SWITCH, switch_key
from nompcore.switching import SwitchState
from services.jobmaker.job_ids import JobIds
from tests.servers import NatsServer, free_port, wait_until
from tests.stratum_process import StratumProcess
from tests.stratum_work import ADDRESS, HARD_BITS, NTIME, coin, make_job
from tests.switching_miner import HeldJob, SwitchingMiner

OPERATOR = "operator"  # plays jobmaker, and reads what was stored

EVERY_HASH = 1e-10
"""A share difficulty below 2^-32: the target is above every hash."""

SWITCHES = {"scrypt": ("dogecoin", "litecoin"), "sha256": ("bitcoin", "bitcoincash")}
POOLS = [pool for pools in SWITCHES.values() for pool in pools]
MOVED_WITHIN_SECONDS = 30.0

Accounts = Counter[tuple[str, str, str]]
"""Shares by pool, worker and job id."""


class SwitchingProcess(StratumProcess):
    """A replica that serves four pools and two switches."""

    def _configure(self, pool_keys: dict[str, Any]) -> None:
        self.ports = {name: free_port() for name in (*SWITCHES, *POOLS)}
        proxy = {
            name: {"enabled": True, "port": str(self.ports[name]), "diff": EVERY_HASH} for name in SWITCHES
        }
        (self._directory / "pool_configs").mkdir(parents=True, exist_ok=True)
        (self._directory / "config.json").write_text(json.dumps({"proxy": proxy}))
        for name in POOLS:
            pool = {
                "enabled": True,
                "coin": f"{name}.json",
                "network": "regtest",
                "address": ADDRESS,
                "daemons": [{"host": "127.0.0.1", "port": 1, "user": "u", "password": "p"}],
                **pool_keys,
                "ports": {str(self.ports[name]): {"diff": EVERY_HASH}},
            }
            (self._directory / "pool_configs" / f"{name}.json").write_text(json.dumps(pool))


class SwitchingStage:
    """Who plays jobmaker and notifier, and the miners."""

    def __init__(self, bus: Bus, notifier: Bus, process: SwitchingProcess, miners: asyncio.TaskGroup) -> None:
        self.bus = bus
        self.process = process
        self._states = notifier.bucket(SWITCH)
        self.miners: dict[str, list[SwitchingMiner]] = {name: [] for name in SWITCHES}
        self.mined = {name: pools[0] for name, pools in SWITCHES.items()}
        self._tasks = miners
        self._mining: list[asyncio.Task[None]] = []
        self._ids = {pool: JobIds("jobmaker-1", pool) for pool in POOLS}
        self._pool_of: dict[str, str] = {}  # job id → pool
        self._missing: set[SwitchingMiner] = set()  # who has not got a job of the pool ordered
        self._wanted = ""
        self._arrived = asyncio.Event()

    async def publish(self, pool: str, *, bits: str = HARD_BITS, block: int = 1) -> Job:
        """A job of the pool, as jobmaker does; earlier ones stay."""
        job_id = self._ids[pool].next(time.time_ns() // 1_000_000)
        self._pool_of[job_id] = pool
        of = coin(f"{pool}.json")
        job = make_job(job_id, of=of, pool=pool, clean=False, bits=bits, block=block, ntime=NTIME)
        await self.bus.publish(subjects.JOB, job, pool=pool)
        return job

    async def connect(self, switch: str, count: int) -> None:
        """More miners, until all are logged in and have a job."""
        first = sum(map(len, self.miners.values()))
        new = [SwitchingMiner(number, self._on_job) for number in range(first, first + count)]
        self.miners[switch] += new
        port = self.process.ports[switch]
        self._mining += [self._tasks.create_task(miner.run(port)) for miner in new]
        await asyncio.gather(*(miner.ready() for miner in new))

    async def order(self, switch: str, pool: str) -> float:
        """Have a switch mine a pool, as the notifier does; seconds until the last miner had its job."""
        began = time.perf_counter()
        self._wanted, self._missing = pool, set(self.miners[switch] if pool != self.mined[switch] else [])
        self._arrived.clear()
        await self.write(switch, pool)
        async with asyncio.timeout(MOVED_WITHIN_SECONDS):
            while self._missing:
                await self._arrived.wait()
        self.mined[switch] = pool
        return max((miner.held[-1].at for miner in self.miners[switch]), default=began) - began

    async def write(self, switch: str, pool: str) -> None:
        """Which pool a switch is to mine, without waiting for anything."""
        state = SwitchState(
            switch=switch, algorithm=switch, pool=pool, since_ms=0, author="test", reason="random"
        )
        await self._states.store(switch_key(switch), state)

    async def settled(self) -> None:
        """Wait until every share is answered."""
        await asyncio.gather(*(miner.settled() for miner in self.everybody))

    async def promises(self, count: int) -> None:
        """Wait until so many more shares are answered with true."""
        enough = self._promised + count
        await wait_until(lambda: self._promised >= enough, what=f"{count} more shares")

    @property
    def _promised(self) -> int:
        return sum(len(miner.promised) for miner in self.everybody)

    @property
    def everybody(self) -> list[SwitchingMiner]:
        """All miners."""
        return [miner for miners in self.miners.values() for miner in miners]

    def promised(self) -> Accounts:
        """What miners were promised, by the pool of the job and their worker's name there."""
        accounts: Accounts = Counter()
        for miner in self.everybody:
            for promise in miner.promised:
                job_id = self._first_id(promise.job_id)
                pool = self._pool_of[job_id]
                accounts[pool, worker_in(pool, miner), job_id] += 1
        return accounts

    async def stored(self) -> list[tuple[str, Share]]:
        """Every share of the log with its pool, once all are there that were promised."""
        expected = Counter(pool for (pool, _, _), count in self.promised().items() for _ in range(count))
        shares: list[tuple[str, Share]] = []
        for pool, count in expected.items():
            of_pool: list[Share] = []
            async with asyncio.timeout(MOVED_WITHIN_SECONDS):
                async for stored in self.bus.read(subjects.SHARE_BATCH, pool, 0):
                    of_pool += [share for one in stored for share in one.message.shares]
                    if len(of_pool) >= count:
                        break
            shares += [(pool, share) for share in of_pool]
        return shares

    async def blocks(self, pool: str, count: int) -> list[BlockFound]:
        """The blocks announced, once there are so many."""
        found: list[BlockFound] = []
        async with asyncio.timeout(MOVED_WITHIN_SECONDS):
            async for stored in self.bus.read(subjects.BLOCK_FOUND, pool, 0):
                found += [one.message for one in stored]
                if len(found) >= count:
                    break
        return found

    def end(self) -> None:
        """Nobody mines any more."""
        for task in self._mining:
            task.cancel()

    def _on_job(self, miner: SwitchingMiner, job: HeldJob) -> None:
        if self._missing and self._pool_of[self._first_id(job.job_id)] == self._wanted:
            self._missing.discard(miner)
            if not self._missing:
                self._arrived.set()

    def _first_id(self, job_id: str) -> str:
        """Of a job that was sent again."""
        return job_id if job_id in self._pool_of else job_id[:-2]


def worker_in(pool: str, miner: SwitchingMiner) -> str:
    """How a miner is credited in a pool: its key's ordinary address."""
    network = coin(f"{pool}.json").networks["regtest"]
    return f"{address_for(p2pkh_script(miner.key_hash), network)}.{miner.rig}"


def accounts_of(shares: list[tuple[str, Share]]) -> Accounts:
    """The share log's accounts."""
    return Counter((pool, share.worker, share.job_id) for pool, share in shares)


async def submit_for_ever(stage: SwitchingStage, shares_per_second: float, random: Random) -> None:
    """Shares of random miners until cancelled; every tenth is one that was answered with true before."""
    for number in itertools.count(1):
        miner = random.choice(stage.everybody)
        if number % 10 == 0:
            miner.repeat()
        else:
            miner.submit()
        await asyncio.sleep(random.expovariate(shares_per_second))


@asynccontextmanager
async def switching_stage(
    directory: Path, replicas: int = 2, *, with_jobs: Iterable[str] = POOLS, chosen: Mapping[str, str] = {}
) -> AsyncIterator[SwitchingStage]:
    """Everything is there but miners. `chosen`: switch → pool, from before the replicas start."""
    async with AsyncExitStack() as stack:
        passwords = {service: f"{service}-password" for service in subjects.SERVICES}
        nats = NatsServer(directory / "nats", nats_users_conf(passwords, f"{OPERATOR}-password"))
        stack.push_async_callback(nats.stop)
        await nats.start()
        operator = await _bus(stack, nats, OPERATOR, subjects.JOBMAKER)
        notifier = await _bus(stack, nats, subjects.NOTIFIER, subjects.NOTIFIER)
        first = SwitchingProcess(directory, _url(nats, subjects.STRATUM))
        processes = [first, *(first.twin(f"twin-{number}") for number in range(1, replicas))]
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        stage = SwitchingStage(operator, notifier, first, tasks)
        for pool in with_jobs:
            await stage.publish(pool)
        for switch, pool in chosen.items():
            await stage.write(switch, pool)
        for process in processes:
            stack.push_async_callback(process.end)
        stack.callback(stage.end)
        await asyncio.gather(*(process.start() for process in processes))
        yield stage


def _url(nats: NatsServer, user: str) -> str:
    """As the user may: each service is allowed only what the table of subjects says."""
    return nats.url_for(user, f"{user}-password")


async def _bus(stack: AsyncExitStack, nats: NatsServer, user: str, service: str) -> Bus:
    bus = await Bus.connect(_url(nats, user), service=service, replica="test")
    stack.push_async_callback(bus.drain)
    await bus.ensure()
    return bus
