"""A reward without a block in the ledger: no coins are booked twice, and no round is spent for nothing."""

from __future__ import annotations

import pytest

from nompcore.errors import LedgerError
from services.payouts.counting.round_mark import MARK_WORKER
from services.payouts.counting.tally_batch import Candidate
from services.payouts.ledger.blocks_ledger import Closing
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.suspense import Release
from tests.unit.ledger_steps import NOW, REWARD, block_id, confirm, credited, intend
from tests.unit.payouts_samples import POOL, outcome

TXID, OTHER_TXID, ADDRESS = "ab" * 32, "cd" * 32, "ours"
GROUNDS = Grounds("paid on Monday", "ann")
SATS = 1_000


def enter(ledger: Ledger, txid: str = TXID, *, pool: str = POOL, address: str = ADDRESS) -> bool:
    return ledger.upstream_rewards.enter(
        pool, txid, reward_sats=SATS, fee_ppm=0, address=address, grounds=GROUNDS, now_ms=NOW
    )


def close(ledger: Ledger, miner: str, txid: str = TXID) -> None:
    """The mark comes along in the share log."""
    mark = Candidate(txid, 0, MARK_WORKER, ADDRESS, 0.0, 0, NOW)
    ledger.blocks.close_round(POOL, mark, {miner: 1}, NOW, round_work=1)


def test_the_coinbase_of_a_block_of_the_pools_own_is_no_payment_of_an_upstream_pool(ledger: Ledger) -> None:
    credited(ledger, "miner")

    with pytest.raises(LedgerError, match="pays for a block"):
        enter(ledger, outcome(1).coinbase_txid_display)

    assert ledger.balances(POOL) == {"wallet": REWARD, "miner:miner": -REWARD}


def test_a_payment_of_the_pool_is_none_either(ledger: Ledger) -> None:
    credited(ledger, "miner")
    intend(ledger, "p1", miner=REWARD)
    ledger.payments.store_signed("p1", transaction_hex="01", txid=TXID, fee_sats=5)

    with pytest.raises(LedgerError, match="payment of this ledger"):
        enter(ledger)


@pytest.mark.parametrize("reference", [TXID, TXID.upper()])
def test_what_was_put_into_the_reserve_is_not_paid_out_too(ledger: Ledger, reference: str) -> None:
    ledger.reserve.deposit_reserve(POOL, sats=SATS, reference=reference, now_ms=NOW)

    with pytest.raises(LedgerError, match="deposit"):
        enter(ledger)


def test_what_is_shared_out_is_not_put_into_the_reserve_too(ledger: Ledger) -> None:
    enter(ledger)

    with pytest.raises(LedgerError, match="what an upstream pool paid"):
        ledger.reserve.deposit_reserve(POOL, sats=SATS, reference=TXID, now_ms=NOW)


def test_two_pools_with_one_address_do_not_share_out_the_same_coins(ledger: Ledger) -> None:
    assert enter(ledger)

    with pytest.raises(LedgerError, match="another pool"):
        enter(ledger, pool="dogecoin")
    assert enter(ledger, pool="dogecoin", address="another wallet's")


def test_a_reward_that_an_operator_gave_away_ends_no_round(ledger: Ledger) -> None:
    enter(ledger)
    assert ledger.suspense.give(POOL, TXID, "fee", GROUNDS, NOW) is Release.RELEASED

    with pytest.raises(LedgerError, match="given away"):
        enter(ledger)


def test_what_waits_for_the_next_round_gets_that_of_an_upstream_reward(ledger: Ledger) -> None:
    ledger.blocks.record_outcome(outcome(2))
    confirm(ledger, block_id(ledger, 2))
    ledger.suspense.give_to_next_round(POOL, outcome(2).block_hash_display, GROUNDS, NOW)
    enter(ledger)

    close(ledger, "miner")

    assert ledger.balances(POOL) == {"wallet": REWARD + SATS, "miner:miner": -REWARD - SATS}


def test_a_round_is_credited_once_whatever_waits(ledger: Ledger) -> None:
    enter(ledger)
    ledger.suspense.give_to_next_round(POOL, TXID, GROUNDS, NOW)

    close(ledger, "miner")
    close(ledger, "another")
    enter(ledger, OTHER_TXID)
    close(ledger, "another", OTHER_TXID)

    assert ledger.balances(POOL) == {
        "wallet": 2 * SATS, "miner:miner": -SATS, "miner:another": -SATS,
    }  # fmt: skip


def test_a_mark_that_the_ledger_has_forgotten_waits_for_its_reward(ledger: Ledger) -> None:
    """The ledger came out of a backup, and the log still has the mark."""
    mark = Candidate(TXID, 0, MARK_WORKER, ADDRESS, 0.0, 0, NOW)
    assert ledger.blocks.expect_round(POOL, mark) is Closing.WAITING
    assert ledger.blocks.unsettled(POOL) == []  # no chain is asked for it
    assert ledger.blocks.expect_round(POOL, mark) is Closing.WAITING

    assert enter(ledger)
    assert not enter(ledger)
    close(ledger, "miner")

    assert ledger.balances(POOL) == {"wallet": SATS, "miner:miner": -SATS}
    assert ledger.upstream_rewards.is_credited(POOL, TXID)


def test_a_transaction_that_the_audit_was_told_to_pass_over_can_be_entered(ledger: Ledger) -> None:
    ledger.findings.accept(POOL, TXID, GROUNDS, NOW, is_transaction=True)

    assert enter(ledger)
