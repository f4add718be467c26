"""What an upstream pool paid, entered by an operator: shared out exactly, once, and for good."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from nompcore.errors import BusError
from nompcore.requests import PaymentsControl, PaymentsControlReply
from nompcore.subjects import PAYMENTS_CONTROL
from services.payouts.payments.payer import CONFIRMATIONS
from tests.servers import NatsServer, ValkeyServer
from tests.servers.payouts_process import POOL
from tests.service.payouts_chain import MATURITY, MINER_WALLET, POOL_WALLET, Chain, miner_share, running_chain
from tests.service.payouts_world import PayoutsWorld, payouts_world

REWARD_SATS, FEE_SATS = 123_456_790, 1_234_567
THREE_QUARTERS_SATS, A_QUARTER_SATS = 91_666_667, 30_555_556  # of what the fee leaves, one rounded up
FUNDS_SATS = 10**9


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with running_chain(tmp_path_factory.mktemp("litecoind")) as chain:
        asyncio.run(chain.mine(MATURITY + 2))  # coins for whoever pays the pool
        yield chain


async def pay_pool(chain: Chain, blocks: int = CONFIRMATIONS) -> str:
    """A payment as an upstream pool makes one, that deep in the chain; its id."""
    async with chain.node.daemon(MINER_WALLET) as wallet:
        txid = str(await wallet.call("sendtoaddress", chain.pool_address, FUNDS_SATS / 10**8))
    await chain.mine(blocks)
    return txid


async def pay_oneself(chain: Chain) -> str:
    """Coins of the wallet that stay in it, as deep in the chain; the transaction's id."""
    await pay_pool(chain)
    async with chain.node.daemon(POOL_WALLET) as wallet:
        txid = str(await wallet.call("sendtoaddress", chain.pool_address, 1))
    await chain.mine(CONFIRMATIONS)
    return txid


@pytest.fixture
async def world(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> AsyncIterator[PayoutsWorld]:
    """A pool with an upstream pool; nobody is paid yet, so that what is owed can be read."""
    async with payouts_world(tmp_path, nats_server, valkey_server, chain, minimumPayment=1_000_000) as world:
        file = tmp_path / "payouts" / "pool_configs" / f"{POOL}.json"
        upstream = {"pools": [{"host": "127.0.0.1", "port": 1, "user": "us"}]}
        file.write_text(json.dumps({**json.loads(file.read_text()), "upstream": upstream}))
        world.process.start()
        await world.snapshot_with(payments_state="running")
        yield world


async def enter(
    world: PayoutsWorld, txid: str, sats: int = REWARD_SATS, timeout_seconds: float = 20
) -> PaymentsControlReply:
    request = PaymentsControl(
        action="upstream-reward", txid_display=txid, amount_sats=sats, author="ann", reason="paid on Monday"
    )
    return await world.api.request(PAYMENTS_CONTROL, request, pool=POOL, timeout_seconds=timeout_seconds)


async def test_a_reward_is_shared_out_once_and_to_the_last_sat(
    world: PayoutsWorld, chain: Chain, valkey_server: ValkeyServer
) -> None:
    txid = await pay_pool(chain)
    rich, poor, late = await chain.miner_addresses(3)
    await world.publish_shares(miner_share(rich, 3), miner_share(poor, 1))

    assert (await enter(world, txid)).done.startswith("booked;")
    await world.wait_until(lambda: f"miner:{rich}" in world.process.balances(), "the miners' credits")
    await world.publish_shares(miner_share(late, 5))

    expected = {
        "wallet": REWARD_SATS,
        "fee": -FEE_SATS,
        f"miner:{rich}": -THREE_QUARTERS_SATS,
        f"miner:{poor}": -A_QUARTER_SATS,
    }
    assert world.process.balances() == expected
    assert (await enter(world, txid)).done == "nothing, its miners were credited before"
    with pytest.raises(BusError, match="stands in the ledger as something else"):
        await enter(world, txid, REWARD_SATS - 1)
    assert world.process.balances() == expected

    await forget_tallies(world, valkey_server)
    second = await pay_pool(chain)
    await enter(world, second, 1000)
    await world.wait_until(lambda: f"miner:{late}" in world.process.balances(), "the next round's credits")
    assert world.process.balances()[f"miner:{late}"] == -990
    assert world.process.balances()[f"miner:{rich}"] == -THREE_QUARTERS_SATS
    books = (await ask(world, "audit")).books
    assert books is not None
    assert books.problems == []


async def test_what_cannot_be_is_refused_and_books_nothing(world: PayoutsWorld, chain: Chain) -> None:
    txid = await pay_pool(chain)

    with pytest.raises(BusError, match="brought"):
        await enter(world, txid, FUNDS_SATS + 1)
    with pytest.raises(BusError, match="no confirmed transaction"):
        await enter(world, "ab" * 32)
    with pytest.raises(BusError, match="is no id of a transaction"):
        await enter(world, "monday")
    with pytest.raises(BusError, match="brought 0 to the wallet"):
        await enter(world, await pay_oneself(chain))
    with pytest.raises(BusError, match="5 blocks deep"):
        await enter(world, await pay_pool(chain, CONFIRMATIONS - 1))
    with pytest.raises(BusError, match="a reward of 0 is none"):
        await enter(world, txid, 0)

    assert world.process.balances() == {}


async def test_after_a_kill_between_books_and_mark_the_order_goes_on_where_it_was(
    world: PayoutsWorld, chain: Chain
) -> None:
    txid = await pay_pool(chain)
    (miner,) = await chain.miner_addresses(1)
    await world.publish_shares(miner_share(miner))
    assert await world.process.stop() == 0
    world.process.start("upstream.reward.after-commit")
    await world.wait_until(lambda: world.process.output.count('"message": "serving"') == 2, "it serves again")
    with pytest.raises(BusError):
        await enter(world, txid, 1000, timeout_seconds=1)
    await world.wait_until(lambda: not world.process.running, "its death")
    assert world.process.balances() == {"wallet": 1000, "suspense": -1000}
    await world.end_lease()
    world.process.start()
    await world.wait_until(lambda: world.process.output.count('"message": "serving"') == 3, "it serves again")

    assert (await enter(world, txid, 1000)).done.startswith("booked before;")

    await world.wait_until(lambda: f"miner:{miner}" in world.process.balances(), "the miner's credit")
    assert world.process.balances() == {"wallet": 1000, "fee": -10, f"miner:{miner}": -990}


async def ask(world: PayoutsWorld, action: str, **fields: Any) -> PaymentsControlReply:
    request = PaymentsControl(action=action, **fields)
    return await world.api.request(PAYMENTS_CONTROL, request, pool=POOL, timeout_seconds=20)


async def forget_tallies(world: PayoutsWorld, valkey: ValkeyServer) -> None:
    """Redis loses all it had while payouts is away; the log brings it back."""
    assert await world.process.stop() == 0
    async with Redis.from_url(valkey.url) as redis:
        await redis.flushall()
    world.process.start()
    await world.wait_until(lambda: world.process.output.count('"message": "serving"') == 2, "it serves again")
