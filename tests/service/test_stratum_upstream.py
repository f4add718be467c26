"""A stratum process of a pool with an upstream pool: its extranonces, and the shares that it forwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from nompcore.messages import Job
from nompcore.subjects import UPSTREAM as UPSTREAM_STREAM
from nompcore.subjects import UPSTREAM_SHARE
from nompcore.upstream import UpstreamShare
from tests.servers import NatsServer
from tests.stratum_client import WORKER, StratumClient
from tests.stratum_stage import Stage, open_stage
from tests.stratum_work import POOL, make_job, solve

FORWARD = 1 << 250
"""Each 64th hash goes upstream; a share is each 16th."""

UPSTREAM = {"pools": [{"host": "127.0.0.1", "port": 1, "user": "us"}]}


def upstream_job(job_id: str, *, clean: bool = True) -> Job:
    job = make_job(job_id, clean=clean)
    fields: dict[str, Any] = {name: getattr(job, name) for name in job.__struct_fields__}
    fields |= {"extranonce1_size": 2, "extranonce2_size": 2, "version": 0x20002000}
    return Job(**{**fields, "forward_target_hex": f"{FORWARD:064x}", "version_mask_hex": "1fffe000"})


@pytest.fixture
async def stage(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path, nats_server) as stage:
        yield stage


async def connected(stage: Stage, port: int, job: Job) -> StratumClient:
    """A miner that has been sent the job."""
    miner = await stage.clients.connect(port)
    await miner.subscribe()
    await miner.call("mining.authorize", WORKER, "x")
    assert (await miner.notification("mining.notify"))[0] == job.job_id
    return miner


async def forwarded(stage: Stage) -> list[UpstreamShare]:
    """The shares for the upstream pool, once there is one."""
    async with asyncio.timeout(30):
        async for stored in stage.bus.read(UPSTREAM_SHARE, POOL, 0):
            return [one.message for one in stored]
    return []


async def test_a_share_for_upstream_is_stored_for_both_and_is_no_block(stage: Stage) -> None:
    process = await stage.start(upstream=UPSTREAM)
    job = await stage.publish(upstream_job("1"))
    miner = await connected(stage, process.port, job)
    assert len(miner.extranonce1_hex) == 4

    plain = solve(job, miner.extranonce1_hex, above=FORWARD, at_most=1 << 252)
    good = solve(job, miner.extranonce1_hex, at_most=FORWARD)
    for solution in (plain, good):
        assert (await miner.reply(miner.submit(solution)))["result"] is True

    (share,) = await forwarded(stage)
    assert (share.extranonce1_hex, share.extranonce2_hex) == (miner.extranonce1_hex, good.extranonce2_hex)
    assert (share.job_id, share.nonce_hex, share.worker) == ("1", good.nonce_hex, WORKER)
    assert share.version_bits_hex == "00002000"  # of the job: told nothing, some pools take them for zeros
    assert not share.is_block
    assert [one.block_hash_display for one in await stage.stored_shares(2)] == ["", ""]


async def test_the_finder_of_a_block_hears_true_when_it_is_stored_for_upstream(
    stage: Stage, nats_server: NatsServer
) -> None:
    process = await stage.start(upstream=UPSTREAM)
    every_forwarded_is_one = replace(upstream_job("1"), network_target_hex=f"{FORWARD:064x}")
    job = await stage.publish(every_forwarded_is_one)
    miner = await connected(stage, process.port, job)
    async with nats_server.operator() as client:
        await client.jetstream().delete_stream(UPSTREAM_STREAM.name)

    block = miner.submit(solve(job, miner.extranonce1_hex, at_most=FORWARD))
    plain = miner.submit(solve(job, miner.extranonce1_hex, above=FORWARD, at_most=1 << 252))
    assert (await miner.reply(plain))["result"] is True
    waiting = asyncio.create_task(miner.reply(block))
    assert await stage.stored_shares(2)  # both are in the share log already …
    assert not waiting.done()

    await stage.bus.ensure()
    assert (await waiting)["result"] is True  # … and one of them is the upstream pool's block
    (share,) = await forwarded(stage)
    assert share.is_block


async def test_a_freed_extranonce1_is_given_again_when_its_jobs_are_stale(stage: Stage) -> None:
    process = await stage.start(upstream=UPSTREAM)
    job = await stage.publish(upstream_job("1"))
    first = await connected(stage, process.port, job)
    assert (await first.reply(first.submit(solve(job, first.extranonce1_hex, at_most=1 << 252))))["result"]
    await first.close()
    second = await connected(stage, process.port, job)
    newer = await stage.publish(upstream_job("2"))
    assert (await second.notification("mining.notify"))[0] == "2"
    third = await connected(stage, process.port, newer)

    assert second.extranonce1_hex != first.extranonce1_hex
    assert third.extranonce1_hex == first.extranonce1_hex
