"""The miner that must not notice an attack: a real share every now and then, from an address of its own."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from nompcore.messages import Job
from tests.stratum_client import StratumClient
from tests.stratum_work import ADDRESS, EASY, Solution, solve, target_of

HONEST_IP = "127.0.0.2"  # all of 127/8 is loopback on Linux
PROXIED_IP = "203.0.113.7"
"""What a PROXY header of the miner's balancer at `HONEST_IP` says."""

HONEST_WORKER = f"{ADDRESS}.honest"
PAUSE_SECONDS = 0.05


@dataclass
class HonestMiner:
    """One connection; what it submitted, how it was answered, and after how long."""

    client: StratumClient
    job: Job
    promised: list[Solution] = field(default_factory=list)  # answered true
    lost: int = 0
    latencies_seconds: list[float] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _start: int = 0

    async def mine(self) -> None:
        """Submit until `stopping` is set, or thrown out."""
        while not self.stopping.is_set():
            try:
                await self.submit()
            except (ConnectionError, TimeoutError):
                self.lost += 1
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def submit(self) -> None:
        """Submit one share and wait for its answer. ConnectionError or TimeoutError without one."""
        solution = solve(self.job, self.client.extranonce1_hex, at_most=target_of(EASY), start=self._start)
        self._start = int(solution.nonce_hex, 16) + 1
        sent = time.perf_counter()
        reply = await self.client.reply(self.client.submit(solution, HONEST_WORKER))
        self.latencies_seconds.append(time.perf_counter() - sent)
        if reply["result"] is True:
            self.promised.append(solution)
        else:
            self.lost += 1


async def log_in(port: int, job: Job, first_bytes: bytes = b"") -> HonestMiner:
    """Connect from the honest address, subscribe, authorize. ConnectionError when that is refused."""
    client = StratumClient(*await asyncio.open_connection("127.0.0.1", port, local_addr=(HONEST_IP, 0)))
    client.send_bytes(first_bytes)
    await client.subscribe()
    assert (await client.call("mining.authorize", HONEST_WORKER, "x"))["result"] is True
    return HonestMiner(client, job)
