"""payouts pays through an old wallet and is killed around every durable step: one transaction comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nompcore.requests import PaymentsControl
from nompcore.subjects import PAYMENT_FAILED, PAYMENTS_CONTROL
from services.payouts.failpoint import ALL_FAILPOINTS, Failpoint, Moment, Step
from tests.servers import NatsServer, ValkeyServer
from tests.servers.old_wallet import OldWallet, old_wallet
from tests.servers.payouts_process import POOL
from tests.servers.scripted_daemon import Refusal
from tests.service.payouts_chain import POOL_WALLET, Chain, FoundBlock
from tests.service.payouts_world import PayoutsWorld, payouts_world
from tests.service.test_payouts_crashes import FAILPOINTS_OF_OLD_WALLETS, killed_at

STEPS_OF_A_PAYMENT = {
    Step.PAYMENT_INTENT, Step.PAYMENT_ENTRUSTED, Step.PAYMENT_SIGNED, Step.PAYMENT_BROADCAST,
    Step.PAYMENT_CONFIRMED,
}  # fmt: skip
FAILPOINTS = [point for point in ALL_FAILPOINTS if point.step in STEPS_OF_A_PAYMENT]
FAILPOINTS_OF_A_REFUSAL = [
    point for point in ALL_FAILPOINTS if point.step in {Step.PAYMENT_NOT_SENT, Step.PAYMENT_RETURNED}
]

NEVER_ASKED = Failpoint(Step.PAYMENT_ENTRUSTED, Moment.AFTER)
NOT_NOTED = Failpoint(Step.PAYMENT_NOT_SENT, Moment.BEFORE)
"""Where nothing tells a request that was never made, or was refused, from one that may still be done."""


@pytest.fixture(scope="module")
def found_blocks(chain: Chain) -> Iterator[FoundBlock]:
    """Mature blocks of the pool, one for each test."""
    return iter(asyncio.run(chain.find_mature(len(FAILPOINTS) + len(FAILPOINTS_OF_A_REFUSAL))))


@asynccontextmanager
async def world_of_old_wallet(
    directory: Path, nats: NatsServer, valkey: ValkeyServer, chain: Chain
) -> AsyncIterator[tuple[PayoutsWorld, OldWallet]]:
    async with (
        old_wallet(chain.node.config(POOL_WALLET)) as wallet,
        payouts_world(directory, nats, valkey, chain, wallet=wallet.config) as world,
    ):
        yield world, wallet


async def say_that_it_was_not_sent(world: PayoutsWorld) -> None:
    """As an operator who has looked into the wallet."""
    failed = await world.published(PAYMENT_FAILED, 1)
    assert "does not know it" in getattr(failed[-1], "reason", "")
    ((payment_id,),) = world.process.query("SELECT id FROM payments WHERE state = 'intent'")
    request = PaymentsControl(action="send-again", payment_id=payment_id)
    await world.api.request(PAYMENTS_CONTROL, request, pool=POOL, timeout_seconds=20)


async def publish_block(world: PayoutsWorld, block: FoundBlock, miner: str) -> None:
    await world.publish_shares(block.candidate(miner))
    await world.publish_outcome(block.outcome(miner))


def test_every_failpoint_of_old_wallets_is_tried() -> None:
    assert set(FAILPOINTS_OF_OLD_WALLETS) <= {*FAILPOINTS, *FAILPOINTS_OF_A_REFUSAL}


@pytest.mark.parametrize("failpoint", FAILPOINTS, ids=str)
async def test_after_a_kill_the_wallet_has_sent_each_intent_once(
    failpoint: Failpoint, tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain,
    found_blocks: Iterator[FoundBlock],
) -> None:  # fmt: skip
    (miner,) = await chain.miner_addresses(1)
    async with world_of_old_wallet(tmp_path, nats_server, valkey_server, chain) as (world, wallet):
        await publish_block(world, next(found_blocks), miner)
        await killed_at(world, failpoint)
        world.process.start()
        if failpoint == NEVER_ASKED:
            await say_that_it_was_not_sent(world)
        await world.mine_until(lambda: world.payment_states() == ["confirmed"], "one confirmed payment")

        ((txid, sats),) = await chain.payments_to(miner)
        assert world.process.query("SELECT id, txid, total_sats FROM payments") == [
            (wallet.sent[0], txid, sats)
        ]
        assert len(wallet.sent) == 1
        assert sum(world.process.balances().values()) == 0
        assert "in_flight" not in world.process.balances()


@pytest.mark.parametrize("failpoint", FAILPOINTS_OF_A_REFUSAL, ids=str)
async def test_after_a_kill_a_refused_payment_is_planned_anew_and_sent_once(
    failpoint: Failpoint, tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain,
    found_blocks: Iterator[FoundBlock],
) -> None:  # fmt: skip
    (miner,) = await chain.miner_addresses(1)
    async with world_of_old_wallet(tmp_path, nats_server, valkey_server, chain) as (world, wallet):
        send = wallet.relay.answers["sendmany"]

        async def refuse(_params: list[object]) -> object:
            raise Refusal(-6, "Transaction amount too small")

        wallet.relay.answers["sendmany"] = refuse
        await publish_block(world, next(found_blocks), miner)
        await killed_at(world, failpoint)
        wallet.relay.answers["sendmany"] = send
        world.process.start()
        if failpoint == NOT_NOTED:
            await say_that_it_was_not_sent(world)
        await world.mine_until(lambda: world.payment_states()[-1:] == ["confirmed"], "a confirmed payment")

        assert len(wallet.sent) == len(await chain.payments_to(miner)) == 1
        assert set(world.payment_states()) <= {"returned", "confirmed"}
        assert "in_flight" not in world.process.balances()
