"""The benchmarks' own programs do what their figures stand for: a small load on the real service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bench.full_job import full_job
from tests.bench.load_generator import Generator, Target
from tests.bench.rival_servers import FLOORS, floor
from tests.servers import NatsServer
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage, open_stage
from tests.stratum_work import EASY

EVERY_HASH = 1e-10
CONNECTIONS, SHARES = 10, 200
LONG_SECONDS = 60


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    nats = NatsServer(tmp_path / "nats")
    await nats.start()
    async with open_stage(tmp_path, nats) as stage:
        yield stage
    await nats.stop()


async def started(stage: Stage, difficulty: float) -> Target:
    await stage.publish(full_job(1))
    process: StratumProcess = await stage.start(difficulty=difficulty)
    assert process.process
    return Target(process.port, (process.process.pid,))


async def test_every_share_of_a_closed_loop_is_answered_and_stored(stage: Stage) -> None:
    target = await started(stage, EVERY_HASH)

    report = await Generator().run(
        target, CONNECTIONS, "--warmup", 0, "--settle", 0, "--count", SHARES, "--duration", LONG_SECONDS
    )

    assert SHARES <= report.answers < SHARES + CONNECTIONS
    assert report.accepted == report.ever_accepted == len(await stage.stored_shares(report.accepted))
    assert report.share_us(target.pids[0]) > 0


async def test_an_open_loop_submits_what_is_due(stage: Stage) -> None:
    target = await started(stage, EVERY_HASH)

    report = await Generator().run(
        target, CONNECTIONS, "--warmup", 0, "--settle", 0, "--rate", SHARES, "--duration", 1
    )

    assert abs(report.accepted - SHARES) <= 1
    assert 0 < report.lat_us.p50 <= report.lat_us.p99 <= report.lat_us.max


async def test_idle_miners_hear_of_a_block(stage: Stage, tmp_path: Path) -> None:
    target, births = await started(stage, EVERY_HASH), tmp_path / "births"
    job = full_job(2)
    births.write_text(f"{job.prevhash_hex} 1\n")

    options = ("--window", 0, "--warmup", 0, "--duration", 2, "--kts", "--control", births)
    async with Generator().running(target, CONNECTIONS, *map(str, options)) as running:
        await running.ready()
        await stage.publish(job)
        report = await running.report()

    (block,) = report.blocks
    assert block.got == CONNECTIONS
    assert block.spread_ms.last >= block.spread_ms.p50 >= 0
    assert block.from_tip_ms is not None
    assert block.from_tip_ms.last > block.spread_ms.last, "counted from another moment than the file's"


async def test_a_run_with_refused_shares_is_no_measurement(stage: Stage) -> None:
    target = await started(stage, EASY)

    with pytest.raises(AssertionError, match=r"shares were refused: {'23': \d+}"):
        await Generator().run(target, CONNECTIONS, "--warmup", 0, "--settle", 0, "--count", SHARES)


@pytest.mark.parametrize("name", FLOORS)
async def test_the_floors_take_every_share(name: str) -> None:
    async with asyncio.timeout(LONG_SECONDS), floor(name) as target:
        report = await Generator().run(target, CONNECTIONS, "--warmup", 0, "--settle", 0, "--count", SHARES)

    assert report.accepted >= SHARES
