"""payouts goes on with what a NOMP left: it pays the balances, follows the blocks, ends the running round."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis

from nompcore.address import decode_base58check
from nompcore.target import work_from_difficulty
from services.payouts.nomp_import.dialect import Source
from services.payouts.rounds.rewards import Split, split
from tests.servers import NatsServer, ValkeyServer
from tests.service.nomp_import_command import ImportCommand
from tests.service.nomp_redis import DATABASE, LATER, SEED, NompRedis, reader_url
from tests.service.payouts_chain import Chain, FoundBlock
from tests.service.payouts_world import payouts_world

FEE_PPM = 10_000


@pytest.fixture
async def redis(valkey_server: ValkeyServer) -> AsyncIterator[Redis]:
    async with Redis(port=valkey_server.port, db=DATABASE) as client:
        yield client


@pytest.fixture(params=[LATER, SEED], ids=["later", "seed"])
def source(request: pytest.FixtureRequest) -> Source:
    assert isinstance(request.param, Source)
    return request.param


@pytest.fixture
def nomp(redis: Redis, source: Source) -> NompRedis:
    return NompRedis(redis, source)


@dataclass(frozen=True, slots=True)
class Miners:
    """Two addresses of the miners' wallet, and the mining key of a third."""

    first: str
    second: str
    key: str
    key_address: str


async def miners(chain: Chain) -> Miners:
    first, second = await chain.miner_addresses(2)
    async with chain.node.daemon("miners") as wallet:
        legacy = await wallet.call("getnewaddress", "", "legacy")
    return Miners(first, second, decode_base58check(legacy)[1].hex(), legacy)


async def mine_with_nomp(nomp: NompRedis, found: FoundBlock, who: Miners) -> None:
    """What NOMP leaves: debts, a block that it still waits for, and a round that goes on."""
    await nomp.owe(who.first, 30_000_000)
    await nomp.owe(f"{who.first}.rig", 5_000_000)
    await nomp.owe(who.key, 40_000_000)
    await nomp.owe("bob", 2_000_000)
    await nomp.share(who.first, 1)
    await nomp.share(who.second, 2.5)
    await nomp.block(found.block_hash, found.coinbase_txid, found.height, found.reward_sats)
    await nomp.share(who.first, 4)
    await nomp.share(who.key, 0.25)


def splits(pending: FoundBlock, following: FoundBlock, who: Miners) -> tuple[Split, Split]:
    """How both blocks are divided: the one that NOMP left, and the next one."""
    ended = {who.first: 10, who.second: 25}
    going_on = {who.first: 4, who.key_address: 0.25, who.second: 0.75}
    weights = {address: work_from_difficulty(difficulty) for address, difficulty in going_on.items()}
    return split(pending.reward_sats, FEE_PPM, ended), split(following.reward_sats, FEE_PPM, weights)


def owed_after(first: Split, second: Split, who: Miners) -> dict[str, int]:
    """What NOMP owed and what both blocks bring, by address."""
    return {
        who.first: 35_000_000 + first.credits[who.first] + second.credits[who.first],
        who.second: first.credits[who.second] + second.credits[who.second],
        who.key_address: 40_000_000 + second.credits[who.key_address],
    }


async def test_what_nomp_owed_is_paid_and_its_running_round_goes_on(
    nomp: NompRedis, tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> None:
    _funds, pending, following = await chain.find_mature(3)
    who = await miners(chain)
    await mine_with_nomp(nomp, pending, who)
    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        command = ImportCommand(tmp_path / "payouts", await reader_url(valkey_server))
        applied = await command.run("--apply")
        assert (applied.code, applied.errors) == (0, "")
        opening_sats = 77_000_000
        assert world.process.balances()["opening"] == opening_sats

        await world.publish_shares(following.candidate(who.second, 0.75))
        await world.publish_outcome(following.outcome(who.second))
        world.process.start()
        await world.mine_until(
            lambda: world.block_statuses().count("confirmed") == 2, "both blocks confirmed"
        )
        await world.mine_until(
            lambda: (
                {*world.process.balances()}
                == {"opening", "wallet", "fee", "network_fees", "miner:unassigned:bob"}
            ),
            "everybody paid but bob",
        )
        first, second = splits(pending, following, who)
        owed = owed_after(first, second, who)
        paid = {address: sum(sats for _, sats in await chain.payments_to(address)) for address in owed}
        assert paid == owed

        balances = world.process.balances()
        earned_sats = pending.reward_sats + following.reward_sats
        assert balances["fee"] == -first.fee_sats - second.fee_sats
        assert balances["miner:unassigned:bob"] == -2_000_000
        assert balances["wallet"] == earned_sats - sum(paid.values()) - balances["network_fees"]
        assert sum(balances.values()) == 0
        await world.snapshot_with(payments_state="running")
        rewards = "SELECT block_hash, reward_sats FROM blocks WHERE status = 'confirmed' ORDER BY height"
        assert world.process.query(rewards) == [
            (block.block_hash, block.reward_sats) for block in (pending, following)
        ]
        assert "another amount than announced" not in world.process.output

        again = await command.run("--apply", "--json")
        assert again.code == 0
        assert again.report["total"]["booked"] == "0.77000000"
        assert again.report["total"]["balance"] == "0.02000000"
        assert world.process.balances() == balances


async def test_a_taken_over_block_that_was_orphaned_returns_its_shares(
    nomp: NompRedis, tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> None:
    (lost,) = await chain.find(1)
    await chain.replace_tip(lost.block_hash, 7)
    who = await miners(chain)
    await mine_with_nomp(nomp, lost, who)
    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        command = ImportCommand(tmp_path / "payouts", await reader_url(valkey_server))
        assert (await command.run("--apply")).code == 0
        world.process.start()

        await world.snapshot_with(blocks_orphaned=1, round_difficulty=7.75)
