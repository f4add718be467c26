"""Miners that never give up and remember every share that the pool answered with `true`."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from cpuminer.protocol import ProtocolError
from cpuminer.scripted import ScriptedMiner, scripted_miner
from cpuminer.work import algorithm
from nompcore.target import difficulty_from_target

ANSWER_SECONDS = 30.0
RECONNECT_SECONDS = 0.3
PAUSE_SECONDS = 0.02  # a rig, not a flood: what is tested is the accounting
SCRYPT = algorithm("scrypt")

Identity = tuple[str, str, float]
"""Worker, job and the exact difficulty reached: no two shares have all three in common."""


@dataclass
class Fleet:
    """Some miners on one port, until stopped."""

    port: int
    address: str
    size: int
    block_every: int  # one share in so many is a block candidate
    promised: Counter[Identity] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    disconnections: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Mine until `stopping` is set."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.size):
                group.create_task(self._mine_for_ever(f"{self.address}.rig{number}"))

    async def _mine_for_ever(self, worker: str) -> None:
        while not self.stopping.is_set():
            try:
                async with scripted_miner("127.0.0.1", self.port, SCRYPT) as miner:
                    await self._mine(miner, worker)
            except (OSError, TimeoutError, EOFError, ProtocolError):
                self.disconnections += 1
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _mine(self, miner: ScriptedMiner, worker: str) -> None:
        await miner.subscribe()
        assert (await miner.authorize(worker)).accepted
        await miner.next_job()
        count = 0
        while not self.stopping.is_set():
            count += 1
            await self._one_share(miner, worker, wants_block=count % self.block_every == 0)
            miner.events.clear()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _one_share(self, miner: ScriptedMiner, worker: str, *, wants_block: bool) -> None:
        work = miner.work()
        nonce = 0
        while (work.hash_int(nonce, SCRYPT.hash) <= work.network_target) != wants_block:
            nonce += 1
        hash_int = work.hash_int(nonce, SCRYPT.hash)
        answer = await miner.submit(work.solution(nonce))
        if answer.accepted:
            self.promised[worker, work.job_id, difficulty_from_target(hash_int, SCRYPT.multiplier)] += 1
        else:
            self.refused[answer.error] += 1
