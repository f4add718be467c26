"""The ledger's records against a real wallet and chain; and a running payouts that finds them untrue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.alarms import AuditFailed
from nompcore.daemon import Daemon
from nompcore.messages import Share
from nompcore.requests import Books, PaymentsControl
from nompcore.subjects import AUDIT_FAILED, PAYMENTS_CONTROL
from services.payouts.auditing.record_audit import Looked, RecordAudit
from services.payouts.counting.tally_batch import Candidate, fold
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.wallet import Wallet
from services.payouts.rounds.chain_view import ChainView
from tests.servers import NatsServer, ValkeyServer
from tests.service.payouts_chain import POOL_WALLET, Chain, FoundBlock
from tests.service.payouts_payers import NOW, REGTEST, make_payer, settle, states
from tests.service.payouts_world import PayoutsWorld, payouts_world
from tests.unit.payouts_samples import POOL, share_batch, stored
from tests.unit.test_payouts_audit_reads import tamper

# ---- records ----


@pytest.fixture
async def daemon(chain: Chain) -> AsyncIterator[Daemon]:
    async with chain.node.daemon(POOL_WALLET) as daemon:
        yield daemon


def make_audit(ledger: Ledger, daemon: Daemon) -> RecordAudit:
    return RecordAudit(ledger, Wallet(daemon, 8), ChainView(daemon, 8), pool=POOL, network=REGTEST)


def credit(ledger: Ledger, block: FoundBlock, *addresses: str) -> None:
    """A mature block of the chain, shared equally."""
    ledger.blocks.record_outcome(block.outcome("finder"))
    (pending,) = ledger.blocks.unsettled(POOL)
    candidate = candidate_of(block.candidate("finder"))
    ledger.blocks.close_round(POOL, candidate, dict.fromkeys(addresses, 1), NOW, round_work=1)
    ledger.blocks.confirm(
        pending.id, reward_sats=block.reward_sats, fee_ppm=10_000, confirmations=101, now_ms=NOW
    )


def candidate_of(found: Share) -> Candidate:
    (part,) = fold(stored(share_batch([found]))).parts
    assert part.candidate is not None
    return part.candidate


async def paid_ledger(ledger: Ledger, daemon: Daemon, chain: Chain) -> RecordAudit:
    """A credited block and the confirmed payment of it."""
    (block,) = await chain.find_mature(1)
    credit(ledger, block, *await chain.miner_addresses(2))
    payer = make_payer(ledger, daemon, chain)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    return make_audit(ledger, daemon)


async def test_true_records_are_found_true(ledger: Ledger, daemon: Daemon, chain: Chain) -> None:
    audit = await paid_ledger(ledger, daemon, chain)
    assert await audit.look(0) == Looked([], rounds=1, payments=1, blocks=1)
    assert await audit.newest_blocks() == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE payments SET fee_sats = fee_sats + 1", "the wallet paid a fee of"),
        ("UPDATE payments SET total_sats = total_sats + 1", "is said to be of"),
        ("UPDATE payments SET txid = '" + "ab" * 32 + "'", "does not know its transaction"),
        (
            "UPDATE round_shares SET work = '2' WHERE address = (SELECT min(address) FROM round_shares)",
            "weigh",
        ),
        ("UPDATE blocks SET block_hash = '" + "ab" * 32 + "', coinbase_txid = ''", "is without it"),
    ],
)
async def test_a_record_that_was_changed_is_found(
    ledger: Ledger, daemon: Daemon, chain: Chain, tmp_path: Path, statement: str, words: str
) -> None:
    audit = await paid_ledger(ledger, daemon, chain)
    tamper(tmp_path, statement)
    (problem,) = (await audit.look(0)).problems
    assert words in problem


async def test_amounts_that_the_transaction_does_not_pay_are_found(
    ledger: Ledger, daemon: Daemon, chain: Chain, tmp_path: Path
) -> None:
    audit = await paid_ledger(ledger, daemon, chain)
    for sign, which in (("+", "min"), ("-", "max")):
        tamper(
            tmp_path,
            f"UPDATE payment_outputs SET amount_sats = amount_sats {sign} 1 "
            f"WHERE address = (SELECT {which}(address) FROM payment_outputs)",
        )
    (problem,) = (await audit.look(0)).problems
    assert "lacks 2 of the intended outputs" in problem


async def test_a_credited_block_that_leaves_the_chain_is_found(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    lost, kept = await chain.find_mature(1), await chain.find_mature(1)
    for block in (*lost, *kept):
        credit(ledger, block, "a")
    audit = make_audit(ledger, daemon)
    assert await audit.newest_blocks() == []
    await chain.replace_tip(kept[0].block_hash, 1)
    (problem,) = await audit.newest_blocks()
    assert problem.startswith(f"block {kept[0].block_hash} at height {kept[0].height} was credited")
    assert (await audit.look(0)).problems == [problem]


# ---- the running service ----


async def books(world: PayoutsWorld) -> Books:
    """What an operator is told."""
    request = PaymentsControl(action="audit")
    reply = await world.api.request(PAYMENTS_CONTROL, request, pool=POOL, timeout_seconds=20)
    assert reply.books is not None
    return reply.books


async def test_payments_stop_when_a_credited_block_leaves_the_chain_and_go_on_when_it_is_back(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> None:
    lost, other = await chain.find_mature(1), await chain.find_mature(1)
    miner, late = await chain.miner_addresses(2)
    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        world.process.start()
        await world.publish_shares(other[0].candidate(miner))
        await world.publish_outcome(other[0].outcome(miner))
        await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
        sound = await books(world)
        assert (sound.problems, sound.findings) == ([], [])
        assert (sound.rounds_checked, sound.payments_checked, sound.blocks_checked) == (1, 1, 1)

        await chain.replace_tip(other[0].block_hash, 7)
        missing = f"block {other[0].block_hash} at height {other[0].height} was credited, "
        await world.wait_until(lambda: missing in world.process.output, "the log says so")
        await world.publish_shares(lost[0].candidate(late))
        await world.publish_outcome(lost[0].outcome(late))
        await world.wait_until(lambda: world.block_statuses() == ["confirmed"] * 2, "another credit")
        told = await books(world)
        assert [problem for problem in told.problems if problem.startswith(missing)]
        assert [problem for problem in told.findings if problem.startswith(missing)]
        assert told.findings_since_ms > 0
        event = (await world.published(AUDIT_FAILED, 1))[0]
        assert isinstance(event, AuditFailed)
        assert event.problems[0].startswith(missing)
        assert world.payment_states() == ["confirmed"]

        async with chain.node.daemon() as node:
            await node.call("reconsiderblock", other[0].block_hash)
        await world.mine_until(lambda: world.payment_states() == ["confirmed"] * 2, "payments go on")
        assert (await books(world)).findings == []
