"""Ports that switch coins: no share is lost, credited elsewhere or twice, and nobody has to reconnect."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

from tests.servers import wait_until
from tests.stratum_stage import metrics
from tests.stratum_work import REGTEST_BITS
from tests.switching_stage import (
    POOLS,
    SWITCHES,
    SwitchingStage,
    accounts_of,
    submit_for_ever,
    switching_stage,
    worker_in,
)

SEED = 20261126
ORDERS = 30
MINERS = 12
SHARES_PER_SECOND = 500.0
SHARES_BETWEEN_ORDERS = 10
JOB_EACH_ORDERS = 5
SHARES_OF_A_BLOCK = 24
"""Of a network on which each second hash is a block."""


async def test_random_switches_lose_no_share_and_credit_none_elsewhere(tmp_path: Path) -> None:
    random = Random(SEED)
    async with switching_stage(tmp_path) as stage:
        for switch in SWITCHES:
            await stage.connect(switch, MINERS // len(SWITCHES))
        mining = asyncio.create_task(submit_for_ever(stage, SHARES_PER_SECOND, random))
        for number in range(ORDERS):
            switch = random.choice(list(SWITCHES))
            await stage.order(switch, random.choice(SWITCHES[switch]))
            await stage.promises(SHARES_BETWEEN_ORDERS)
            if number % JOB_EACH_ORDERS == 0:
                await stage.publish(random.choice(POOLS))
        mining.cancel()
        await stage.settled()

        promised, stored = stage.promised(), await stage.stored()
        assert accounts_of(stored) == promised
        assert {pool for pool, _, _ in promised} == set(POOLS)
        for miner in stage.everybody:
            assert miner.refused == {}
            assert miner.doubles_taken == 0
            assert (miner.connections, len(miner.extranonces)) == (1, 1)


async def test_a_replica_begins_where_the_switches_stand_and_waits_for_a_pools_first_job(
    tmp_path: Path,
) -> None:
    with_jobs = [pool for pool in POOLS if pool != "dogecoin"]
    chosen = {"scrypt": "litecoin", "sha256": "no-such-pool"}
    async with switching_stage(tmp_path, 1, with_jobs=with_jobs, chosen=chosen) as stage:
        await stage.connect("scrypt", 2)
        await stage.connect("sha256", 1)
        assert await _connections(stage) == {"dogecoin": 0, "litecoin": 2, "bitcoin": 1, "bitcoincash": 0}
        assert 'stratum_switch_unknown_pools_total{switch="sha256"} 1.0' in await metrics(stage.process)

        await stage.write("scrypt", "dogecoin")
        await wait_until(lambda: bool(_waits(stage)), what="the switch waits")
        assert [len(miner.held) for miner in stage.miners["scrypt"]] == [1, 1]
        await stage.publish("dogecoin")
        await wait_until(
            lambda: all(len(miner.held) == 2 for miner in stage.miners["scrypt"]), what="a job of dogecoin"
        )

        assert await _connections(stage) == {"dogecoin": 2, "litecoin": 0, "bitcoin": 1, "bitcoincash": 0}


async def test_a_block_found_for_the_pool_left_is_announced_there(tmp_path: Path) -> None:
    async with switching_stage(tmp_path, 1, with_jobs=["bitcoincash"]) as stage:
        old = await stage.publish("bitcoin", bits=REGTEST_BITS)
        await stage.connect("sha256", 1)
        (miner,) = stage.miners["sha256"]
        await stage.order("sha256", "bitcoincash")
        for _ in range(SHARES_OF_A_BLOCK):
            miner.submit(miner.held[0])
        await miner.settled()

        shares = [share for pool, share in await stage.stored() if pool == "bitcoin"]
        hashes = {share.block_hash_display for share in shares if share.block_hash_display}
        blocks = await stage.blocks("bitcoin", len(hashes))
        assert len(shares) == SHARES_OF_A_BLOCK
        assert {block.block_hash_display for block in blocks} == hashes != set()
        assert {(block.job_id, block.worker) for block in blocks} == {
            (old.job_id, worker_in("bitcoin", miner))
        }


def _waits(stage: SwitchingStage) -> list[object]:
    return list(stage.process.logged("a switch waits for the first job of a pool"))


async def _connections(stage: SwitchingStage) -> dict[str, int]:
    page = await metrics(stage.process)
    lines = [line.split('"') for line in page.splitlines() if line.startswith("stratum_connections{")]
    return {pool: int(float(count.removeprefix("} "))) for _, pool, count in lines}
