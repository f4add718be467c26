"""PPS through the whole service: shares are credited from the reserve, once, and rewards fill it again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from nompcore.messages import Share
from services.payouts.counting.redis_client import connect
from services.payouts.failpoint import ALL_FAILPOINTS, Failpoint, Failpoints, Step
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from tests.servers import NatsServer, ValkeyServer
from tests.servers.payouts_process import POOL
from tests.service.payouts_chain import Chain, miner_share, running_chain
from tests.service.payouts_world import PayoutsWorld, payouts_world

REWARD = 50_00000000
NETWORK_DIFFICULTY = 1000.0
EACH = REWARD // 1000 * 99 // 100
"""What a share of difficulty 1 is worth after the fee of one percent."""

FAILPOINTS = [point for point in ALL_FAILPOINTS if point.step is Step.RESERVE_CHANGED]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """With coins in the pool's wallet: payments would stop if it held less than is owed."""
    with running_chain(tmp_path_factory.mktemp("litecoind")) as chain:
        asyncio.run(chain.find_mature(1))
        yield chain


@pytest.fixture
async def world(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> AsyncIterator[PayoutsWorld]:
    async with payouts_world(
        tmp_path, nats_server, valkey_server, chain, scheme="pps", minimumPayment=10**9
    ) as world:
        yield world


def pps_share(worker: str, difficulty: float = 1.0) -> Share:
    return miner_share(worker, difficulty, reward_sats=REWARD, network_difficulty=NETWORK_DIFFICULTY)


def deposit(world: PayoutsWorld, sats: int, reference: str = "first") -> None:
    """What an operator's command does."""
    ledger = Ledger(Database(world.process.ledger_url, Failpoints()))
    ledger.open()
    now_ms = int(time.time() * 1000)
    assert ledger.reserve.deposit_reserve(POOL, sats=sats, reference=reference, now_ms=now_ms)
    ledger.close()


async def balances_are(world: PayoutsWorld, **wanted: int) -> None:
    """Miners' accounts by address; `wallet` and `reserve` by name."""
    names = {
        name if name in ("wallet", "reserve") else f"miner:{name}": sats for name, sats in wanted.items()
    }
    await world.wait_until(
        lambda: world.process.balances() == {name: sats for name, sats in names.items() if sats},
        f"balances {names}",
    )


async def test_shares_are_credited_at_once_and_rewards_go_to_the_reserve(world: PayoutsWorld) -> None:
    deposit(world, 10 * EACH)
    await world.publish_shares(pps_share("a", 2), pps_share("b", 3))
    world.process.start()
    await balances_are(world, wallet=10 * EACH, reserve=-5 * EACH, a=-2 * EACH, b=-3 * EACH)

    (block,) = await world.chain.find_mature(1)
    found = block.candidate("a", 1, reward_sats=REWARD, network_difficulty=NETWORK_DIFFICULTY)
    await world.publish_shares(found, pps_share("b", 1))
    await world.publish_outcome(block.outcome("a"))
    await world.wait_until(lambda: world.block_statuses() == ["confirmed"], "a confirmed block")
    wallet = 10 * EACH + block.reward_sats
    await balances_are(world, wallet=wallet, reserve=7 * EACH - wallet, a=-3 * EACH, b=-4 * EACH)


async def test_the_pool_bears_the_loss_of_a_dead_block(world: PayoutsWorld) -> None:
    deposit(world, 10 * EACH)
    (block,) = await world.chain.find(1)
    found = block.candidate("a", 1, reward_sats=REWARD, network_difficulty=NETWORK_DIFFICULTY)
    await world.publish_shares(pps_share("b", 2), found, pps_share("b", 4))
    await world.publish_outcome(block.outcome("a", "rejected"))
    world.process.start()
    await balances_are(world, wallet=10 * EACH, reserve=-3 * EACH, a=-EACH, b=-6 * EACH)
    shown = await world.snapshot_with(invalid_blocks=1, valid_shares=3)
    assert shown.round_difficulty == 4.0


async def test_crediting_stops_at_an_empty_reserve_and_goes_on_after_a_deposit(world: PayoutsWorld) -> None:
    deposit(world, 3 * EACH)
    await world.publish_shares(pps_share("a", 2))
    await world.publish_shares(pps_share("b", 2))
    world.process.start()
    halted = "running; shares are not credited: the reserve is empty"
    await world.snapshot_with(payments_state=halted, valid_shares=2)
    assert world.process.balances() == {"wallet": 3 * EACH, "reserve": -EACH, "miner:a": -2 * EACH}
    assert "shares are not credited until coins are put in" in world.process.output

    deposit(world, EACH, "second")
    await balances_are(world, wallet=4 * EACH, reserve=0, a=-2 * EACH, b=-2 * EACH)
    await world.snapshot_with(payments_state="running")


async def test_a_rebuilt_redis_credits_nothing_again(
    world: PayoutsWorld, valkey_server: ValkeyServer
) -> None:
    deposit(world, 10 * EACH)
    await world.publish_shares(pps_share("a", 2))
    world.process.start()
    await balances_are(world, wallet=10 * EACH, reserve=-8 * EACH, a=-2 * EACH)
    async with connect(valkey_server.url) as redis:
        await redis.flushall()
    await world.publish_shares(pps_share("b", 1))
    await world.snapshot_with(valid_shares=2)
    await balances_are(world, wallet=10 * EACH, reserve=-7 * EACH, a=-2 * EACH, b=-EACH)


@pytest.mark.parametrize("failpoint", FAILPOINTS, ids=str)
async def test_after_a_kill_every_share_is_credited_once(world: PayoutsWorld, failpoint: Failpoint) -> None:
    deposit(world, 10 * EACH)
    await world.publish_shares(pps_share("a", 2), pps_share("b", 3))
    world.process.start(str(failpoint))
    await world.wait_until(lambda: not world.process.running, f"death at {failpoint}")
    await world.end_lease()
    await world.publish_shares(pps_share("a", 1))
    world.process.start()
    await balances_are(world, wallet=10 * EACH, reserve=-4 * EACH, a=-3 * EACH, b=-3 * EACH)
