"""The stratum service while NATS is away or its own end has come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore import subjects
from nompcore.errors import RejectReason
from nompcore.target import difficulty_from_target
from services.stratum.extranonce import prefix_key
from tests.servers import NatsServer, wait_until
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage, open_stage
from tests.stratum_work import (
    ERRORS,
    POOL,
    REGTEST_BITS,
    Solution,
    coin,
    make_job,
    solve,
)


@pytest.fixture
async def stage(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Stage]:
    """NATS, miners, and stratum when the test starts it."""
    async with open_stage(tmp_path, nats_server) as stage:
        yield stage


def difficulty_of(solution: Solution) -> float:
    return difficulty_from_target(solution.hash_int, coin().multiplier)


async def test_without_nats_no_share_is_answered_true_and_every_true_is_stored_once(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    solutions = miner.solutions(job, 60)
    accepted: list[Solution] = []

    for solution in solutions[:10]:
        assert (await miner.reply(miner.submit(solution)))["result"] is True
        accepted.append(solution)
    pending: dict[int, Solution] = {}
    async with asyncio.TaskGroup() as tasks:  # shares flow on while NATS is killed
        tasks.create_task(stage.nats.kill())
        for solution in solutions[10:]:
            pending[miner.submit(solution)] = solution
            await asyncio.sleep(0.005)
    for request_id, solution in pending.items():
        reply = await miner.reply(request_id)
        if reply["result"] is True:
            accepted.append(solution)
        else:
            assert reply["error"] == ERRORS[RejectReason.NOT_STORED]
    assert 10 <= len(accepted) < 60

    await stage.nats.start()
    await wait_until(lambda: bool(process.logged("connected to NATS again")), what="stratum is back")
    again = await stage.clients.mine(process.port)
    more = again.solutions(job, 50)
    replies = [await again.reply(again.submit(solution)) for solution in more]

    assert [reply["result"] for reply in replies] == [True] * 50
    stored = await stage.stored_shares(len(accepted) + 50)
    reached = [share.share_difficulty for share in stored]
    for solution in accepted + more:
        assert reached.count(difficulty_of(solution)) == 1
    assert len(set(reached)) == len(reached)


async def test_a_block_found_without_nats_is_announced_and_marks_its_round_when_nats_is_back(
    stage: Stage,
) -> None:
    job = await stage.publish(make_job("1", bits=REGTEST_BITS))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    block = solve(job, miner.extranonce1_hex, at_most=int(job.network_target_hex, 16))
    await stage.nats.kill()

    reply = await miner.reply(miner.submit(block))
    await stage.nats.start()
    await wait_until(lambda: stage.bus.connected, what="the test is connected again")

    assert reply["error"] == ERRORS[RejectReason.NOT_STORED]
    (share,) = await stage.stored_shares(1)
    assert int(share.block_hash_display, 16) == block.hash_int
    async with asyncio.timeout(30):
        found = await anext(stage.bus.read(subjects.BLOCK_FOUND, POOL, 0))
    assert [one.message.block_hash_display for one in found] == [share.block_hash_display]


async def test_a_frozen_nats_delays_answers_and_sigterm_still_gives_every_one(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    solutions = miner.solutions(job, 30)
    stage.nats.freeze()
    request_ids = [miner.submit(solution) for solution in solutions]
    assert (await miner.call("mining.ping"))["result"] == "pong"  # all shares before it were taken

    assert not any(miner.has_heard(one) for one in request_ids)
    process.terminate()
    await wait_until(lambda: bool(process.logged("stopping")), what="stratum stops")
    stage.nats.thaw()

    assert [(await miner.reply(one))["result"] for one in request_ids] == [True] * 30
    assert await miner.is_closed()
    assert await process.exit_code() == 0
    assert len(await stage.stored_shares(30)) == 30
    assert not process.logged("tasks cancelled at the deadline")
    assert await stage.bus.bucket(subjects.EXTRANONCE).get(miner.extranonce1_hex[:4]) is None


async def test_sigterm_without_nats_answers_with_errors_and_ends(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    (solution,) = miner.solutions(job, 1)
    await stage.nats.kill()
    request_id = miner.submit(solution)
    assert (await miner.call("mining.ping"))["result"] == "pong"

    process.terminate()

    assert (await miner.reply(request_id))["error"] == ERRORS[RejectReason.NOT_STORED]
    assert await miner.is_closed()
    assert await process.exit_code() == 0
    (ended,) = process.logged("session ended")
    assert (ended["rejected"], ended["reason"]) == (1, "drained")
    await stage.nats.start()


async def test_a_lost_prefix_gives_its_miners_another_extranonce1_or_sends_them_away(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    flexible = await stage.clients.mine(process.port)
    assert (await flexible.call("mining.extranonce.subscribe"))["result"] is True
    prefix = miner.extranonce1_hex[:4]
    (leased,) = process.logged("extranonce prefix leased")
    assert leased["prefix"] == prefix == prefix_key(int(prefix, 16))

    await stage.bus.bucket(subjects.EXTRANONCE).put(prefix, b"somebody else")

    assert await miner.is_closed()
    await wait_until(lambda: len(process.logged("extranonce prefix leased")) == 2, what="a new prefix")
    again = await stage.clients.mine(process.port)
    assert again.extranonce1_hex[:4] != prefix
    before = flexible.extranonce1_hex
    flexible.extranonce1_hex, size = await flexible.notification("mining.set_extranonce")
    assert (flexible.extranonce1_hex[:4], size) == (again.extranonce1_hex[:4], 4)
    assert flexible.extranonce1_hex != before
    (solution,) = flexible.solutions(job, 1)
    assert (await flexible.reply(flexible.submit(solution)))["result"] is True


async def test_a_configuration_that_cannot_be_used_ends_the_process_with_two(stage: Stage) -> None:
    process = StratumProcess(stage.directory, stage.nats.url, coin="no-such-coin.json")
    with pytest.raises(AssertionError, match=r"no-such-coin\.json"):
        await process.start()

    assert await process.exit_code() == 2
