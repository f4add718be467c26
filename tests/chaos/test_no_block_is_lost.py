"""Daemons die, restart and change their minds while blocks are found: none is lost, none ends unproven."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from nompcore.encoding import stratum_prevhash_hex
from nompcore.messages import BlockFound, Job
from tests.chaos.block_accounts import Finder, Outcome, outcomes
from tests.chaos.reorganisation import replace_from
from tests.servers import Litecoind, wait_until
from tests.servers.regtest_chain import pay_with_witness
from tests.service.jobmaker_rig import Rig

SEED = 20260102
KILLS = 10
SPREAD_SECONDS = 0.05
"""The daemon dies so long before or after the found block is published: a submission takes milliseconds."""

OUTAGE_SECONDS = 60.0
"""No daemon at all; the other tests' outages take seconds."""

MATURITY = 101  # blocks until there is a coin to spend
IN_CHAIN = Outcome("accepted", in_chain=True)
STALE = Outcome("competing", in_chain=False)


@pytest.fixture
def finder(rig: Rig) -> Finder:
    """A miner of the rig's pool."""
    return Finder(rig.miners.coin)


async def test_a_reorganisation_loses_no_block_from_before_or_after_it(rig: Rig, finder: Finder) -> None:
    await rig.jobmaker()
    old_job = await rig.miners.job()
    replaced = finder.find(old_job)
    assert await judged(rig, replaced) == "accepted"
    lost_job = await job_on(rig, replaced.block_hash_display)
    *_, tip = await replace_from(rig, rig.peer, replaced.block_hash_display, 3)

    beside, above_replaced = finder.find(old_job), finder.find(lost_job)
    on_top = finder.find(await job_on(rig, tip))
    for found in (beside, above_replaced, on_top):
        await rig.miners.publish(found)

    ended = await outcomes(rig, replaced=[replaced])
    assert named(ended, replaced, beside, above_replaced, on_top) == [
        Outcome("accepted", in_chain=False),
        STALE,
        STALE,
        IN_CHAIN,
    ]


@pytest.mark.parametrize("is_judged_first", [True, False])
async def test_a_block_that_competes_wins_by_a_reorganisation(
    rig: Rig, finder: Finder, is_judged_first: bool
) -> None:
    await rig.jobmaker()
    below = finder.find(await rig.miners.job())
    assert await judged(rig, below) == "accepted"
    job = await job_on(rig, below.block_hash_display)
    rival, *_ = await replace_from(rig, rig.peer, below.block_hash_display, 2)
    competing = finder.find(job)

    await rig.miners.publish(competing)
    await wait_until(lambda: "competes with another tip" in rig.jobmakers[0].output, what="a competing block")
    if is_judged_first:
        assert (await rig.miners.fate_of(competing)).status == "competing"
    await replace_from(rig, rig.node, rival, 1)

    ended = await outcomes(rig)
    status = "competing" if is_judged_first else "accepted"
    assert named(ended, below, competing) == [IN_CHAIN, Outcome(status, in_chain=True)]


async def test_daemons_that_restart_between_job_and_find_lose_no_block(rig: Rig, finder: Finder) -> None:
    await rig.mine(MATURITY)
    await rig.jobmaker()
    blocks = []
    for restarting in ([rig.node], [rig.peer], [rig.node, rig.peer]):
        txid = await pay_with_witness(rig.node)
        tip_job = await rig.miners.job(lambda job: job.merkle_branch_hex != [])
        blocks.append(finder.find(tip_job))
        await restart(restarting)
        assert await judged(rig, blocks[-1]) == "accepted"
        assert txid in await transactions_of(rig.node, blocks[-1])
        await rig.wait_for_states("ok", "ok")
        await job_on(rig, blocks[-1].block_hash_display)

    assert named(await outcomes(rig), *blocks) == [IN_CHAIN] * 3


async def test_a_daemon_killed_at_the_moment_of_the_find_loses_no_block(rig: Rig, finder: Finder) -> None:
    print(f"seed {SEED}")
    random = Random(SEED)
    await rig.jobmaker(replica="jobmaker-1")
    await rig.jobmaker(replica="jobmaker-2")
    job, blocks = await rig.miners.job(), []
    for round_ in range(KILLS):
        victim = (rig.node, rig.peer)[round_ % 2]
        blocks.append(finder.find(job))
        moment = random.uniform(-SPREAD_SECONDS, SPREAD_SECONDS)
        await asyncio.gather(
            kill_after(victim, max(0.0, moment)), publish_after(rig, blocks[-1], max(0.0, -moment))
        )
        assert (await rig.miners.fate_of(blocks[-1])).status == "accepted"
        await victim.start()
        await rig.wait_for_states("ok", "ok")
        job = await job_on(rig, blocks[-1].block_hash_display)

    assert named(await outcomes(rig), *blocks) == [IN_CHAIN] * KILLS


@pytest.mark.timeout(240)
async def test_blocks_that_wait_for_dead_daemons_are_judged_when_these_live_again(
    rig: Rig, finder: Finder
) -> None:
    await rig.jobmaker(replica="jobmaker-1")
    await rig.jobmaker(replica="jobmaker-2")
    job = await rig.miners.job()
    blocks = [finder.find(job), finder.find(job)]
    await flush(rig)
    await asyncio.gather(rig.node.kill(), rig.peer.kill())
    for found in blocks:
        await rig.miners.publish(found)
    await asyncio.sleep(OUTAGE_SECONDS)
    assert rig.miners.fates == []

    await asyncio.gather(rig.peer.start(), rig.node.start())

    assert Counter((await outcomes(rig)).values()) == Counter([IN_CHAIN, STALE])


async def judged(rig: Rig, found: BlockFound) -> str:
    """Publish the block; returns the status of its fate."""
    await rig.miners.publish(found)
    return (await rig.miners.fate_of(found)).status


async def job_on(rig: Rig, tip: str) -> Job:
    """A job on top of this block."""
    return await rig.miners.job(lambda job: job.prevhash_hex == stratum_prevhash_hex(tip))


def named(ended: dict[str, Outcome], *blocks: BlockFound) -> list[Outcome]:
    """The outcomes of these blocks, which must be all there are."""
    assert len(ended) == len(blocks)
    return [ended[block.block_hash_display] for block in blocks]


async def restart(nodes: list[Litecoind]) -> None:
    """Stop them all before the first comes back."""
    for node in nodes:
        await node.stop()
    await asyncio.gather(*(node.start() for node in nodes))


async def flush(rig: Rig) -> None:
    """Have both nodes write their chains to disk, as they do by themselves every hour.

    Killed before, they lose blocks that there is nobody else to get from, other than in a real network.
    """
    for node in (rig.node, rig.peer):
        async with node.daemon() as daemon:
            await daemon.call("gettxoutsetinfo")


async def transactions_of(node: Litecoind, found: BlockFound) -> list[str]:
    """Ids of the transactions in the block."""
    async with node.daemon() as daemon:
        return list((await daemon.call("getblock", found.block_hash_display))["tx"])


async def kill_after(node: Litecoind, seconds: float) -> None:
    """kill -9 after so long."""
    await asyncio.sleep(seconds)
    await node.kill()


async def publish_after(rig: Rig, found: BlockFound, seconds: float) -> None:
    """Publish the block after so long."""
    await asyncio.sleep(seconds)
    await rig.miners.publish(found)
