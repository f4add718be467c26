"""Blocks that a deep reorganisation brings back, and daemons that are on two chains."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nompcore.config import DaemonConfig
from nompcore.daemon import Daemon
from services.payouts.rounds.chain_view import ChainView, InChain, Replaced
from services.payouts.rounds.chain_witnesses import ChainWitnesses, connected_witnesses
from services.payouts.rounds.rewards import split
from tests.servers.payouts_process import POOL
from tests.servers.scripted_daemon import Answers, Refusal, scripted_daemon
from tests.service.payouts_chain import MATURITY, Chain, miner_share
from tests.service.payouts_world import PayoutsWorld

FEE_PPM = 10_000
OURS, OTHER, COINBASE = "aa" * 32, "bb" * 32, "cc" * 32


# ---- back in the chain ----


async def test_an_orphan_that_comes_back_is_paid_by_its_own_round(world: PayoutsWorld) -> None:
    (lost,) = await world.chain.find(1)
    first, second = await world.chain.miner_addresses(2)
    await _publish_found(world, lost, first, miner_share(second, 1, time_ms=_now_ms()))
    world.process.start()
    await world.wait_until(lambda: world.block_statuses() == ["pending"], "a pending block")
    await world.chain.replace_tip(lost.block_hash, 6)
    await world.wait_until(lambda: world.block_statuses() == ["orphaned"], "an orphaned block")

    await _bring_back(world.chain, lost)
    await world.wait_until(lambda: world.block_statuses() == ["pending"], "the block pending again")
    await world.chain.mine(MATURITY)
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
    credited = split(lost.reward_sats, FEE_PPM, {second: 1, first: 3}).credits
    assert [sats for _, sats in await world.chain.payments_to(first)] == [credited[first]]
    assert [sats for _, sats in await world.chain.payments_to(second)] == [credited[second]]


async def test_what_a_block_earns_whose_shares_were_paid_with_another_waits_for_the_operator(
    world: PayoutsWorld,
) -> None:
    (lost,) = await world.chain.find(1)
    first, second = await world.chain.miner_addresses(2)
    await _publish_found(world, lost, first)
    world.process.start()
    await world.wait_until(lambda: world.block_statuses() == ["pending"], "a pending block")
    await world.chain.replace_tip(lost.block_hash, 6)
    await world.wait_until(lambda: world.block_statuses() == ["orphaned"], "an orphaned block")
    (living,) = await world.chain.find(1)
    await _publish_found(world, living, second)
    await world.wait_until(lambda: world.block_statuses() == ["orphaned", "pending"], "the next block")

    # the block and the shares of its round went another way: this chain has both heights, by other miners
    await _bring_back(world.chain, lost)
    await world.chain.mine(MATURITY)
    await world.mine_until(
        lambda: world.block_statuses() == ["confirmed", "orphaned"], "the old block instead of the new one"
    )
    assert world.process.balances() == {"wallet": lost.reward_sats, "suspense": -lost.reward_sats}


# ---- two chains ----


def a_daemon(*, has_ours: bool, headers_ahead: int = 0) -> Answers:
    """A daemon whose chain has our block at height 7, or another one, ten blocks below its tip."""
    in_chain = OURS if has_ours else OTHER

    def header_of(params: list[object]) -> object:
        if params[0] != in_chain:
            raise Refusal(-5, "Block not found")
        return {"confirmations": 10}

    return {
        "getblockheader": header_of,
        "getblockchaininfo": lambda _: {"blocks": 16, "headers": 16 + headers_ahead},
        "getblockcount": lambda _: 16,
        "getblockhash": lambda _: in_chain,
        "getblock": lambda _: {"tx": [COINBASE if has_ours else "dd" * 32]},
    }


@pytest.mark.parametrize(("has_ours", "place"), [(True, Replaced(OTHER)), (False, InChain(10))])
async def test_a_daemon_in_sync_on_the_other_chain_denies(has_ours: bool, place: InChain | Replaced) -> None:
    assert await _deny(a_daemon(has_ours=has_ours), place)


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        (a_daemon(has_ours=True), InChain(10)),
        (a_daemon(has_ours=False), Replaced(OTHER)),
        (a_daemon(has_ours=True, headers_ahead=2), Replaced(OTHER)),
        ({}, Replaced(OTHER)),
    ],
    ids=["has it too", "has it neither", "is not in sync", "does not answer"],
)
async def test_a_daemon_that_agrees_or_cannot_tell_denies_nothing(
    answers: Answers, place: InChain | Replaced
) -> None:
    assert not await _deny(answers, place)


async def test_the_daemon_that_pays_is_no_witness_of_itself() -> None:
    async with scripted_daemon(a_daemon(has_ours=True)) as config:
        async with connected_witnesses([config], config, 8) as witnesses:
            assert not await witnesses.deny(Replaced(OTHER), OURS, 7, COINBASE)
        async with connected_witnesses([config], config.model_copy(update={"port": 1}), 8) as witnesses:
            assert await witnesses.deny(Replaced(OTHER), OURS, 7, COINBASE)


async def test_no_block_is_given_up_while_another_daemon_has_it(world: PayoutsWorld, tmp_path: Path) -> None:
    (lost,) = await world.chain.find(1)
    (miner,) = await world.chain.miner_addresses(1)
    await _publish_found(world, lost, miner)
    answers = {**a_daemon(has_ours=True), "getblockheader": lambda _: {"confirmations": 3}}
    async with scripted_daemon(answers) as other:
        _add_daemon(tmp_path / "payouts" / "pool_configs" / f"{POOL}.json", other)
        world.process.start()
        await world.wait_until(lambda: world.block_statuses() == ["pending"], "a pending block")
        await world.chain.replace_tip(lost.block_hash, 7)
        await world.wait_until(lambda: "daemons disagree" in world.process.output, "a dispute")
        assert world.block_statuses() == ["pending"]
    await world.wait_until(lambda: world.block_statuses() == ["orphaned"], "an orphan, once nobody denies it")


async def _publish_found(world: PayoutsWorld, block: Any, miner: str, *shares: Any) -> None:
    """Shares, then a candidate of three times their weight that the daemons took."""
    await world.publish_shares(*shares, block.candidate(miner, 3, time_ms=_now_ms()))
    await world.publish_outcome(msgspec.structs.replace(block.outcome(miner), time_ms=_now_ms()))


async def _bring_back(chain: Chain, lost: Any) -> None:
    """Make the chain with a block that was replaced the longest again."""
    async with chain.node.daemon() as daemon:
        above = await daemon.call("getblockhash", lost.height)
        await daemon.call("invalidateblock", above)
        await daemon.call("reconsiderblock", lost.block_hash)
    await chain.mine(1)


async def _deny(answers: Answers, place: InChain | Replaced) -> bool:
    async with scripted_daemon(answers) as config, Daemon(config) as daemon:
        return await ChainWitnesses([ChainView(daemon, 8)]).deny(place, OURS, 7, COINBASE)


def _add_daemon(path: Path, other: DaemonConfig) -> None:
    pool = json.loads(path.read_text())
    password = other.password.get_secret_value()
    pool["daemons"].append({"host": other.host, "port": other.port, "user": other.user, "password": password})
    path.write_text(json.dumps(pool))


def _now_ms() -> int:
    return int(time.time() * 1000)
