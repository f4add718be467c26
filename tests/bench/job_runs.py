"""A new block on its way to ten thousand miners: from the daemon, and from NATS."""

from __future__ import annotations

import asyncio
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nompcore.encoding import stratum_prevhash_hex
from tests.bench.bench_pool import BenchPool, changed_tip, minting_pool
from tests.bench.full_job import full_job
from tests.bench.load_generator import Block, Generator, Moments, Report, Target
from tests.bench.process_figures import cpu_microseconds
from tests.bench.rival_servers import Peer
from tests.bench.share_runs import IDLE_CONNECTIONS, connection_figures
from tests.bench.tip_rpc import ADDRESS

BLOCKS = 5
PAUSE_SECONDS = 1.5
"""By then the last miner has long been told."""

PEER_PAUSE_SECONDS = 3.0
QUIET_SECONDS = 6.0
"""More than what the service does now and then by itself takes turns in."""

OPTIONS = ("--window", 0, "--settle", 1.5, "--warmup", 0, "--kts")
IDLE_SECONDS = QUIET_SECONDS + (2 * BLOCKS + 1) * PAUSE_SECONDS

FROM_DAEMON = f"daemon to {IDLE_CONNECTIONS:,} miners"
FROM_NATS = f"NATS to {IDLE_CONNECTIONS:,} miners"


@dataclass(frozen=True, slots=True)
class JobRuns:
    """How the miners heard of blocks; the first of them came from the daemon, the others from NATS alone."""

    report: Report
    us_a_miner: float  # of the stratum process, without what it takes when nothing happens

    def figures(self) -> dict[str, float]:
        """Medians, by what they are."""
        return {
            **connection_figures(self.report),
            **dict(_moments(FROM_DAEMON, self.report.blocks[:BLOCKS])),
            **dict(_moments(FROM_NATS, self.report.blocks[BLOCKS:])),
            "job: µs of stratum a miner": self.us_a_miner,
        }


def _moments(way: str, blocks: list[Block]) -> Iterator[tuple[str, float]]:
    moments: list[Moments] = [block.from_tip_ms for block in blocks if block.from_tip_ms is not None]
    yield f"{way}: first ms", median(moment.first for moment in moments)
    yield f"{way}: last ms", median(moment.last for moment in moments)
    yield f"{way}: worst last ms", max(moment.last for moment in moments)


async def job_runs(generator: Generator, source: Path) -> JobRuns:
    """Fill a fresh service with miners, then change tips, then publish jobs that nobody made."""
    with tempfile.NamedTemporaryFile("w", suffix=".births") as births:
        async with minting_pool(source) as pool:
            target = Target(pool.stratum.port, (pool.stratum.pid,), f"{ADDRESS}.rig%d")
            options = (*OPTIONS, "--control", births.name, "--duration", IDLE_SECONDS)
            async with generator.running(target, IDLE_CONNECTIONS, *options) as running:
                await running.ready()
                lines, us_a_miner = await _mint_and_publish(pool)
                births.writelines(lines)
                births.flush()
                report = await running.report()
    _check(report, 2 * BLOCKS)
    return JobRuns(report, us_a_miner)


def _check(report: Report, blocks: int) -> None:
    assert len(report.blocks) == blocks, f"the miners heard of {len(report.blocks)} blocks"
    told = [block.got for block in report.blocks]
    assert told == [IDLE_CONNECTIONS] * blocks, f"not every miner was told: {told}"


async def peer_job_figures(generator: Generator, peer: Peer, target: Target) -> dict[str, float]:
    """The same of a fresh peer's miners, as far as its daemon's new blocks go."""
    options = (*OPTIONS, "--control", peer.births, "--duration", (BLOCKS + 1) * PEER_PAUSE_SECONDS)
    async with generator.running(target, IDLE_CONNECTIONS, *options) as running:
        await running.ready()
        for _ in range(BLOCKS):
            changing = await asyncio.create_subprocess_exec(*shlex.split(peer.new_block))
            assert await changing.wait() == 0, peer.new_block
            await asyncio.sleep(PEER_PAUSE_SECONDS)
        report = await running.report()
    _check(report, BLOCKS)
    return {**connection_figures(report), **dict(_moments(FROM_DAEMON, report.blocks))}


async def _mint_and_publish(pool: BenchPool) -> tuple[list[str], float]:
    """When each block came into being, as the generator reads it; stratum's microseconds a miner and job."""
    pid = pool.stratum.pid
    before = cpu_microseconds(pid)
    await asyncio.sleep(QUIET_SECONDS)
    idle_us = (cpu_microseconds(pid) - before) / QUIET_SECONDS * PAUSE_SECONDS
    lines, spent = [], []
    for _ in range(BLOCKS):
        tip = await changed_tip(pool)
        lines.append(f"{stratum_prevhash_hex(tip['hash_display'])} {tip['changed_ns']}\n")
        await asyncio.sleep(PAUSE_SECONDS)
    for number in range(1, 1 + BLOCKS):
        job, before = full_job(number), cpu_microseconds(pid)
        lines.append(f"{job.prevhash_hex} {await pool.publish(job)}\n")
        await asyncio.sleep(PAUSE_SECONDS)
        spent.append((cpu_microseconds(pid) - before - idle_us) / IDLE_CONNECTIONS)
    return lines, median(spent)
