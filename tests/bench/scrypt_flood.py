"""Shares of a slow algorithm: how many a process checks on one core and on two, and who waits for that."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from pathlib import Path

import msgspec

from nompcore.messages import Job
from tests.bench.bench_pool import BenchPool, two_pools
from tests.bench.full_job import full_job
from tests.bench.load_generator import Generator, Target
from tests.bench.share_runs import MS
from tests.stratum_work import POOL, coin, make_job

SCRYPT_POOL, SCRYPT_COIN = "ltc", "litecoin.json"
FLOODERS = 100
FLOOD = ("--window", 2, "--settle", 0.3, "--warmup", 1)

MINERS, MINERS_RATE = 20, 200
STEADY = ("--rate", MINERS_RATE, "--settle", 0.3, "--warmup", 0.5, "--duration", 5)
BEGUN_SECONDS = 1.5
"""Until the flood is at its height."""


def scrypt_job() -> Job:
    """A job of the same length as the other pool's."""
    job = make_job(of=coin(SCRYPT_COIN), pool=SCRYPT_POOL)
    return msgspec.structs.replace(job, merkle_branch_hex=full_job(1).merkle_branch_hex)


async def scrypt_figures(generator: Generator, source: Path) -> dict[str, float]:
    """A process with both pools: the flood alone, the miners of sha256d alone, then beside the flood."""
    async with two_pools(source, {"bitcoin.json": full_job(1), SCRYPT_COIN: scrypt_job()}) as pool:
        flood = Target(pool.ports[SCRYPT_POOL], (pool.stratum.pid,))
        miners = Target(pool.ports[POOL], (pool.stratum.pid,))
        cores = os.sched_getaffinity(0)
        one = await _flood_rate(generator, pool, flood, sorted(cores)[:1])
        two = await _flood_rate(generator, pool, flood, sorted(cores)[:2])
        pin(pool.stratum.pid, cores)
        alone = await generator.run(miners, MINERS, *STEADY)
        async with generator.running(flood, FLOODERS, *FLOOD, "--duration", 8) as flooding:
            await flooding.ready()
            await asyncio.sleep(BEGUN_SECONDS)
            beside = await generator.run(miners, MINERS, *STEADY)
            flooded = await flooding.report()
    return {
        "scrypt on one core: shares/s": one,
        "scrypt on two cores: shares/s": two,
        f"sha256d at {MINERS_RATE}/s alone: p50 ms": alone.lat_us.p50 / MS,
        f"sha256d at {MINERS_RATE}/s alone: p99 ms": alone.lat_us.p99 / MS,
        "beside scrypt: p50 ms": beside.lat_us.p50 / MS,
        "beside scrypt: p99 ms": beside.lat_us.p99 / MS,
        "beside sha256d: scrypt shares/s": flooded.per_s,
    }


async def _flood_rate(generator: Generator, pool: BenchPool, flood: Target, cores: Collection[int]) -> float:
    pin(pool.stratum.pid, cores)
    return (await generator.run(flood, FLOODERS, *FLOOD, "--duration", 4)).per_s


def pin(pid: int, cores: Collection[int]) -> None:
    """Let a process, with all its threads of now and later, run on these cores only."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)
