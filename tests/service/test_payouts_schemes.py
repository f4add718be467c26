"""Reward schemes through the whole service: from shares in the log to credits in the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nompcore.target import WORK_PER_DIFFICULTY as ONE
from services.payouts.counting.redis_client import connect
from services.payouts.rounds.rewards import split
from services.payouts.schemes.score import FACTOR_BITS, factor
from tests.servers import NatsServer, ValkeyServer
from tests.servers.payouts_process import POOL
from tests.service.payouts_chain import FOUND_MS, Chain, FoundBlock, miner_share
from tests.service.payouts_world import PayoutsWorld, payouts_world

FEE_PPM = 10_000
SOLO_PORT = 3033

World = Callable[..., AbstractAsyncContextManager[PayoutsWorld]]


@pytest.fixture
async def world_of(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> AsyncIterator[World]:
    """A world whose payment section has these keys; nobody is paid, so that credits stay where they are."""
    yield partial(payouts_world, tmp_path, nats_server, valkey_server, chain, minimumPayment=10**9)


def reconfigure(directory: Path, *, ports: dict[str, Any] | None = None, **payment: Any) -> None:
    """Change the pool's file for its next start."""
    file = directory / "payouts" / "pool_configs" / f"{POOL}.json"
    pool = json.loads(file.read_text())
    pool["paymentProcessing"].update(payment)
    pool["ports"].update(ports or {})
    file.write_text(json.dumps(pool))


def credited(world: PayoutsWorld) -> dict[str, int]:
    """Address → sats, of miners that have any."""
    return {
        account.removeprefix("miner:"): -sats
        for account, sats in world.process.balances().items()
        if account.startswith("miner:")
    }


def expected(*blocks: tuple[FoundBlock, dict[str, int]]) -> dict[str, int]:
    """Address → sats that these blocks earn, divided by these weights."""
    total: dict[str, int] = {}
    for block, weights in blocks:
        for address, sats in split(block.reward_sats, FEE_PPM, weights).credits.items():
            total[address] = total.get(address, 0) + sats
    return total


async def credits_are(world: PayoutsWorld, wanted: dict[str, int]) -> None:
    """A round may be closed after its block is mature: what waited in suspense is released then."""
    await world.wait_until(lambda: credited(world) == wanted, f"credits of {wanted}")


async def confirmed(world: PayoutsWorld, blocks: int) -> None:
    await world.wait_until(
        lambda: world.block_statuses().count("confirmed") == blocks, f"{blocks} confirmed blocks"
    )


def schemes(world: PayoutsWorld) -> list[str]:
    """The schemes of all rounds, the first one first."""
    rows = world.process.query("SELECT scheme FROM rounds ORDER BY sequence, found_ms")
    return [json.loads(scheme)["type"] for (scheme,) in rows]


async def test_pplns_pays_the_last_shares_across_rounds(world_of: World) -> None:
    async with world_of(scheme="pplns", window=1) as world:
        first, second = await world.chain.find_mature(2)
        a, b, c = await world.chain.miner_addresses(3)
        await world.publish_shares(miner_share(a, 4), first.candidate(b, 3, network_difficulty=4))
        await world.publish_shares(miner_share(c, 1), second.candidate(c, 2, network_difficulty=4.5))
        for block in (first, second):
            await world.publish_outcome(block.outcome(b))
        world.process.start()
        await confirmed(world, 2)
        await credits_are(world, expected((first, {a: 1, b: 3}), (second, {b: 3, c: 6})))
        assert schemes(world) == ["pplns", "pplns"]


async def test_pplns_returns_no_shares_of_a_dead_block(world_of: World) -> None:
    async with world_of(scheme="pplns", window=1) as world:
        dead, living = await world.chain.find_mature(2)
        a, b = await world.chain.miner_addresses(2)
        await world.publish_shares(miner_share(a, 50), dead.candidate(a, 1, network_difficulty=4))
        await world.publish_shares(miner_share(b, 3), living.candidate(b, 1, network_difficulty=5))
        await world.publish_outcome(dead.outcome(a, "rejected"))
        await world.publish_outcome(living.outcome(b))
        world.process.start()
        await confirmed(world, 1)
        await credits_are(world, expected((living, {a: 1, b: 4})))


async def test_score_weighs_by_age_and_a_dead_rounds_scores_return(world_of: World) -> None:
    async with world_of(scheme="score", scoreSeconds=100) as world:
        dead, living = await world.chain.find_mature(2)
        a, b = await world.chain.miner_addresses(2)
        at = [FOUND_MS + seconds * 1000 for seconds in (0, 100, 150, 250)]
        await world.publish_shares(
            miner_share(a, 2, time_ms=at[0]), dead.candidate(b, 1, time_ms=at[1])
        )  # fmt: skip
        await world.publish_outcome(dead.outcome(b, "rejected"))
        world.process.start()
        await world.wait_until(
            lambda: world.process.query("SELECT round_closed FROM blocks") == [(1,)], "a closed dead round"
        )
        await world.publish_shares(
            miner_share(a, 5, time_ms=at[2]), living.candidate(b, 3, time_ms=at[3])
        )  # fmt: skip
        await world.publish_outcome(living.outcome(b))
        await confirmed(world, 1)

        def score(difficulty: int, age_ms: int) -> int:
            return difficulty * ONE * factor(age_ms, 100_000) >> FACTOR_BITS

        weights = {a: score(2, 100_000) + score(5, 100_000), b: 4 * ONE}
        await credits_are(world, expected((living, weights)))


async def test_solo_pays_the_finder_alone(world_of: World) -> None:
    async with world_of(scheme="solo") as world:
        (block,) = await world.chain.find_mature(1)
        a, b = await world.chain.miner_addresses(2)
        await world.publish_shares(miner_share(a, 1000), block.candidate(b, 1))
        await world.publish_outcome(block.outcome(b))
        world.process.start()
        await confirmed(world, 1)
        await credits_are(world, expected((block, {b: 1})))


async def test_a_block_of_one_port_leaves_the_rounds_of_others_running(
    world_of: World, tmp_path: Path
) -> None:
    async with world_of() as world:
        reconfigure(tmp_path, ports={str(SOLO_PORT): {"diff": 1, "scheme": "solo"}})
        alone, together = await world.chain.find_mature(2)
        a, b, s = await world.chain.miner_addresses(3)
        await world.publish_shares(
            miner_share(a, 3), miner_share(s, 9, port=SOLO_PORT), alone.candidate(s, 1, port=SOLO_PORT),
            miner_share(s, 2, port=SOLO_PORT), miner_share(b, 4),
        )  # fmt: skip
        await world.publish_outcome(alone.outcome(s))
        world.process.start()
        await world.snapshot_with(blocks_confirmed=1, round_difficulty=9.0)
        await credits_are(world, expected((alone, {s: 1})))
        await world.publish_shares(together.candidate(b, 1))
        await world.publish_outcome(together.outcome(b))
        await world.snapshot_with(blocks_confirmed=2, round_difficulty=2.0)
        await credits_are(world, expected((alone, {s: 1}), (together, {a: 3, b: 5})))


async def test_a_scheme_changes_with_the_next_round_and_a_rebuild_knows(
    world_of: World, tmp_path: Path, valkey_server: ValkeyServer
) -> None:
    async with world_of() as world:
        blocks = await world.chain.find_mature(4)
        a, b, c = await world.chain.miner_addresses(3)
        now_ms = int(time.time() * 1000)

        async def found(number: int, worker: str, *before: Any, late_ms: int = 0) -> None:
            block = blocks[number]
            shares = [miner_share(name, n, time_ms=now_ms + late_ms) for name, n in before]
            last = block.candidate(worker, 1, time_ms=now_ms + late_ms, network_difficulty=6)
            await world.publish_shares(*shares, last)
            await world.publish_outcome(block.outcome(worker))

        await found(0, a, (a, 2))
        world.process.start()
        await confirmed(world, 1)
        await world.process.stop()

        reconfigure(tmp_path, scheme="pplns", window=2)
        world.process.start()
        await world.wait_until(
            lambda: world.process.query("SELECT COUNT(*) FROM scheme_changes") == [(2,)], "a noted change"
        )
        later_ms = 3_600_000
        await found(1, b, (a, 30), late_ms=later_ms)  # the round that was running: PROP
        await found(2, b, (c, 1), late_ms=later_ms + 1)  # its window ends where PPLNS began
        await found(3, c, (c, 1), late_ms=later_ms + 2)
        await confirmed(world, 4)
        earned = expected(
            (blocks[0], {a: 1}), (blocks[1], {a: 30, b: 1}), (blocks[2], {b: 1, c: 1}),
            (blocks[3], {b: 1, c: 3}),
        )  # fmt: skip
        await credits_are(world, earned)
        assert schemes(world) == ["prop", "prop", "pplns", "pplns"]

        async with connect(valkey_server.url) as redis:
            await redis.flushall()
        await world.publish_shares(miner_share(a, 5))
        await world.snapshot_with(valid_shares=9, round_difficulty=5.0)
        await credits_are(world, earned)
        assert schemes(world) == ["prop", "prop", "pplns", "pplns"]


async def test_a_candidate_of_an_old_stratum_is_divided_by_its_round(world_of: World) -> None:
    async with world_of(scheme="pplns") as world:
        (block,) = await world.chain.find_mature(1)
        a, b = await world.chain.miner_addresses(2)
        await world.publish_shares(miner_share(a, 3), block.candidate(b, 1))
        await world.publish_outcome(block.outcome(b))
        world.process.start()
        await confirmed(world, 1)
        await credits_are(world, expected((block, {a: 3, b: 1})))
        assert "does not say the network's difficulty" in world.process.output
