"""payouts is killed around every durable effect; afterwards, everything has happened exactly once.

The whole way of money is run through: shares and a candidate in the log, the block's outcome, the round, the
reward, the payment to two miners, its confirmation. `FAILPOINTS_OF_*` together are all places the code names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nompcore.messages import BlockConfirmed, PaymentFailed, PaymentSent
from nompcore.subjects import BLOCK_CONFIRMED, BLOCK_ORPHANED, PAYMENT_FAILED, PAYMENT_SENT
from services.payouts.failpoint import ALL_FAILPOINTS, Failpoint, Step
from services.payouts.rounds.rewards import split
from tests.servers import NatsServer, PostgresServer, ValkeyServer
from tests.service.payouts_chain import Chain, FoundBlock, miner_share
from tests.service.payouts_world import PayoutsWorld, payouts_world

FEE_PPM = 10_000

STEPS_OF_OLD_WALLETS = {Step.PAYMENT_ENTRUSTED, Step.PAYMENT_NOT_SENT}
STEPS_OF_MPOS = {Step.MPOS_BEGUN, Step.MPOS_ROWS, Step.MPOS_ACCEPTED}
DECISIONS = {
    Step.PAYMENT_RETURNED, Step.PAYMENT_ADOPTED, Step.PAYEE_QUARANTINED, Step.PAYEE_RELEASED,
    Step.MINIMUM_SET, Step.PAYMENTS_PAUSED, Step.BOOKS_CORRECTED, Step.SUSPENSE_RELEASED, Step.AUDIT_NOTED,
    Step.FINDING_ACCEPTED, Step.UPSTREAM_REWARD,
}  # fmt: skip
STEPS_OF_THE_LOG = {Step.TALLIES_REPLACED, Step.LOG_BASE_MOVED, Step.LOG_CUT}
ONLY_ON_FAILURE = {
    *STEPS_OF_THE_LOG, Step.PAYMENT_STUCK, Step.BLOCK_ORPHANED, Step.NOMP_IMPORTED, Step.RESERVE_CHANGED,
    *STEPS_OF_OLD_WALLETS, *DECISIONS, *STEPS_OF_MPOS,
}  # fmt: skip
FAILPOINTS_OF_A_PAYMENT = [point for point in ALL_FAILPOINTS if point.step not in ONLY_ON_FAILURE]
SQLITE, POSTGRESQL = "sqlite", "postgresql"
FAILPOINTS_ON_POSTGRESQL = [
    Failpoint.parse(name)
    for name in (
        "ledger.migrated.before-commit", "round.closed.after-commit", "payment.intent.after-commit",
        "payment.signed.before-commit", "payment.broadcast.before-commit",
    )
]  # fmt: skip
DEATHS_OF_A_PAYMENT = [
    *((point, SQLITE) for point in FAILPOINTS_OF_A_PAYMENT),
    *((point, POSTGRESQL) for point in FAILPOINTS_ON_POSTGRESQL),
]
FAILPOINTS_OF_A_FAILURE = [point for point in ALL_FAILPOINTS if point.step is Step.PAYMENT_STUCK]
FAILPOINTS_OF_AN_ORPHAN = [point for point in ALL_FAILPOINTS if point.step is Step.BLOCK_ORPHANED]
FAILPOINTS_OF_AN_IMPORT = [point for point in ALL_FAILPOINTS if point.step is Step.NOMP_IMPORTED]
"""Tried in `test_nomp_import`: a command comes there, not the service."""
FAILPOINTS_OF_PPS = [point for point in ALL_FAILPOINTS if point.step is Step.RESERVE_CHANGED]
"""Tried in `test_payouts_pps`."""
FAILPOINTS_OF_MPOS = [point for point in ALL_FAILPOINTS if point.step in STEPS_OF_MPOS]
"""Tried in `test_payouts_mpos_crashes`."""
FAILPOINTS_OF_THE_LOG = [point for point in ALL_FAILPOINTS if point.step in STEPS_OF_THE_LOG]
"""Tried in `test_payouts_rebuild`."""
FAILPOINTS_OF_OLD_WALLETS = [point for point in ALL_FAILPOINTS if point.step in STEPS_OF_OLD_WALLETS]
"""Tried in `test_payouts_sendmany_crashes`."""
FAILPOINTS_OF_DECISIONS = [point for point in ALL_FAILPOINTS if point.step in DECISIONS]
"""Tried in `test_payouts_decision_crashes`."""


@pytest.fixture(scope="module")
def found_blocks(chain: Chain) -> Iterator[FoundBlock]:
    """Mature blocks of the pool, one for each test."""
    count = len(DEATHS_OF_A_PAYMENT) + len(FAILPOINTS_OF_A_FAILURE) + 1
    return iter(asyncio.run(chain.find_mature(count)))


@pytest.fixture
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Empty for SQLite: then the process has a file of its own."""
    if request.param == SQLITE:
        return ""
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


async def killed_at(world: PayoutsWorld, failpoint: Failpoint) -> None:
    """Run until the process kills itself there."""
    world.process.start(str(failpoint))
    await world.mine_until(lambda: not world.process.running, f"death at {failpoint}")
    await world.end_lease()


def test_every_failpoint_is_tried() -> None:
    tried = [
        *FAILPOINTS_OF_A_PAYMENT, *FAILPOINTS_OF_A_FAILURE, *FAILPOINTS_OF_AN_ORPHAN,
        *FAILPOINTS_OF_AN_IMPORT, *FAILPOINTS_OF_PPS, *FAILPOINTS_OF_OLD_WALLETS, *FAILPOINTS_OF_DECISIONS,
        *FAILPOINTS_OF_MPOS, *FAILPOINTS_OF_THE_LOG,
    ]  # fmt: skip
    assert sorted(map(str, tried)) == sorted(map(str, ALL_FAILPOINTS))


@pytest.mark.parametrize(("failpoint", "ledger_url"), DEATHS_OF_A_PAYMENT, ids=str, indirect=["ledger_url"])
async def test_after_a_kill_each_intent_has_one_transaction_and_the_books_balance(
    failpoint: Failpoint, ledger_url: str, tmp_path: Path, nats_server: NatsServer,
    valkey_server: ValkeyServer, chain: Chain, found_blocks: Iterator[FoundBlock],
) -> None:  # fmt: skip
    block = next(found_blocks)
    first, second = await chain.miner_addresses(2)
    async with payouts_world(tmp_path, nats_server, valkey_server, chain, ledger_url=ledger_url) as world:
        await world.publish_shares(miner_share(f"{first}.a", 1), miner_share(f"{second}.b", 2))
        await world.publish_shares(block.candidate(f"{first}.a", 1), miner_share(f"{second}.b", 5))
        await world.publish_outcome(block.outcome(f"{first}.a"))

        await killed_at(world, failpoint)
        world.process.start()
        await world.mine_until(lambda: world.payment_states() == ["confirmed"], "one confirmed payment")

        credited = split(block.reward_sats, FEE_PPM, {first: 2, second: 2})
        payments = [await chain.payments_to(address) for address in (first, second)]
        assert [[sats for _, sats in sent] for sent in payments] == [
            [credited.credits[first]],
            [credited.credits[second]],
        ]
        ((txid, _),), ((other_txid, _),) = payments
        assert txid == other_txid
        assert world.process.query("SELECT txid FROM payments") == [(txid,)]

        ((network_fee,),) = world.process.query("SELECT fee_sats FROM payments")
        paid = sum(credited.credits.values())
        assert world.process.balances() == {
            "wallet": block.reward_sats - paid - network_fee,
            "fee": -credited.fee_sats,
            "network_fees": network_fee,
        }
        confirmed = await world.published(BLOCK_CONFIRMED, 1)
        assert [type(message) for message in confirmed] == [BlockConfirmed]
        sent = await world.published(PAYMENT_SENT, 1)
        assert [message.txid_display for message in sent if isinstance(message, PaymentSent)] == [txid]
        assert world.block_statuses() == ["confirmed"]


@pytest.mark.parametrize("failpoint", FAILPOINTS_OF_A_FAILURE, ids=str)
async def test_a_payment_whose_coins_were_spent_elsewhere_stops_payments_and_is_never_made_again(
    failpoint: Failpoint, tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain,
    found_blocks: Iterator[FoundBlock],
) -> None:  # fmt: skip
    block = next(found_blocks)
    (miner,) = await chain.miner_addresses(1)
    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        await world.publish_shares(block.candidate(miner))
        await world.publish_outcome(block.outcome(miner))
        await killed_at(world, Failpoint.parse("payment.signed.after-commit"))
        ((signed_hex,),) = world.process.query("SELECT transaction_hex FROM payments")
        await chain.spend_same_coins(signed_hex)
        await chain.mine(1)

        await killed_at(world, failpoint)
        world.process.start()
        await world.wait_until(lambda: world.payment_states() == ["stuck"], "a stuck payment")

        (failed,) = await world.published(PAYMENT_FAILED, 1)
        assert isinstance(failed, PaymentFailed)
        assert "missingorspent" in failed.reason
        assert world.process.query("SELECT kind FROM outbox ORDER BY id") == [
            ("BlockConfirmed",),
            ("PaymentFailed",),
        ]
        assert await chain.payments_to(miner) == []
        assert world.process.balances()["in_flight"] == -(block.reward_sats - block.reward_sats // 100)
        await world.wait_until(lambda: "payments stopped" in world.process.output, "the log says so")


@pytest.mark.parametrize("failpoint", FAILPOINTS_OF_AN_ORPHAN, ids=str)
async def test_after_a_kill_an_orphaned_block_is_orphaned_once(
    failpoint: Failpoint, tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> None:
    (block,) = await chain.find(1)
    await chain.replace_tip(block.block_hash, 7)
    (miner,) = await chain.miner_addresses(1)
    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        await world.publish_shares(block.candidate(miner))
        await world.publish_outcome(block.outcome(miner))
        await killed_at(world, failpoint)
        world.process.start()
        await world.wait_until(lambda: world.block_statuses() == ["orphaned"], "an orphaned block")
        assert len(await world.published(BLOCK_ORPHANED, 1)) == 1
        assert world.process.balances() == {}
