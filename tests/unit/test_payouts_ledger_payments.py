"""Payments in the ledger: each state once, one unsent payment for a pool, nobody paid more than owed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from nompcore.errors import LedgerError
from nompcore.messages import (
    BlockConfirmed,
    BlockOrphaned,
    PaymentFailed,
    PaymentSent,
)
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import State
from services.payouts.payments.payees import Payee
from tests.unit.ledger_steps import NOW, REWARD, close_accepted, confirm, credited, intend
from tests.unit.payouts_samples import POOL, block_hash, outcome

# ---- payments ----


def test_an_intent_moves_balances_into_flight(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    assert intend(ledger, "p1", a=REWARD // 2)
    assert ledger.balances(POOL) == {
        accounts.WALLET: REWARD, accounts.miner("b"): -REWARD // 2, accounts.IN_FLIGHT: -REWARD // 2,
    }  # fmt: skip
    payment = ledger.payments.open_payment(POOL)
    assert payment is not None
    assert (payment.id, payment.state, payment.outputs) == ("p1", State.INTENT, {"a": REWARD // 2})


def test_a_pool_has_one_unsent_payment(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    assert intend(ledger, "p1", a=1)
    assert not intend(ledger, "p2", b=1)
    assert ledger.balances(POOL)[accounts.IN_FLIGHT] == -1


def test_the_database_refuses_a_second_unsent_payment(ledger: Ledger, tmp_path: Path) -> None:
    credited(ledger, "a")
    intend(ledger, "p1", a=1)
    insert = (
        "INSERT INTO payments (id, pool, state, open_slot, total_sats, fee_sats, txid, transaction_hex, "
        "failure, created_ms, sent_ms) VALUES ('p2', ?, 'intent', ?, 1, 0, '', '', '', 0, 0)"
    )
    with sqlite3.connect(tmp_path / "ledger.db") as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(insert, (POOL, POOL))


def test_nobody_is_paid_more_than_owed(ledger: Ledger) -> None:
    credited(ledger, "a")
    with pytest.raises(LedgerError, match="is owed"):
        intend(ledger, "p1", a=REWARD + 1)


def test_the_first_signature_is_the_only_one(ledger: Ledger) -> None:
    credited(ledger, "a")
    intend(ledger, "p1", a=REWARD)
    assert ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=5)
    assert not ledger.payments.store_signed("p1", transaction_hex="02", txid="two", fee_sats=6)
    payment = ledger.payments.open_payment(POOL)
    assert payment is not None
    assert (payment.transaction_hex, payment.txid, payment.fee_sats) == ("01", "one", 5)
    assert ledger.payments.signed_transactions() == ["01"]


def test_a_payment_goes_through_its_states_once_each(ledger: Ledger) -> None:
    credited(ledger, "a")
    intend(ledger, "p1", a=REWARD - 100)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=5)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    assert not ledger.payments.confirm(signed, NOW)  # not sent yet
    assert ledger.payments.mark_broadcast(signed, NOW)
    assert not ledger.payments.mark_broadcast(signed, NOW)
    (sent,) = ledger.payments.in_state(POOL, State.BROADCAST)
    assert ledger.payments.confirm(sent, NOW)
    assert not ledger.payments.confirm(sent, NOW)
    assert ledger.balances(POOL) == {
        accounts.WALLET: 95, accounts.miner("a"): -100, accounts.NETWORK_FEES: 5,
    }  # fmt: skip
    (row,) = ledger.reports.payment_page(POOL, 0, 10).payments
    assert (row.state, row.txid_display, row.outputs) == ("confirmed", "one", {"a": REWARD - 100})


def test_a_sent_payment_makes_room_for_the_next(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    intend(ledger, "p1", a=1)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=0)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    ledger.payments.mark_broadcast(signed, NOW)
    assert intend(ledger, "p2", b=1)


def test_a_stuck_payment_stops_all_others_until_the_network_takes_it(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    intend(ledger, "p1", a=1)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=0)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    ledger.payments.mark_broadcast(signed, NOW)
    (sent,) = ledger.payments.in_state(POOL, State.BROADCAST)
    ledger.payments.mark_stuck(sent, "spent elsewhere", NOW)
    assert not intend(ledger, "p2", b=1)
    (stuck,) = ledger.payments.in_state(POOL, State.STUCK)
    assert stuck.failure == "spent elsewhere"
    assert ledger.payments.mark_broadcast(stuck, NOW)
    assert intend(ledger, "p2", b=1)


def test_the_fee_is_withdrawn_less_what_the_network_took(ledger: Ledger) -> None:
    confirm(ledger, close_accepted(ledger, 1, {"a": 1}), fee_ppm=10_000)
    intend(ledger, "p1", a=10)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=1000)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    ledger.payments.mark_broadcast(signed, NOW)
    (sent,) = ledger.payments.in_state(POOL, State.BROADCAST)
    ledger.payments.confirm(sent, NOW)
    fee_sats = 50000000
    with pytest.raises(LedgerError):
        ledger.payments.create_intent("p2", POOL, [Payee(accounts.FEE, "pool", fee_sats)], NOW)
    assert ledger.payments.create_intent("p3", POOL, [Payee(accounts.FEE, "pool", fee_sats - 1000)], NOW)


def test_one_output_pays_a_miner_and_the_fee_to_the_same_address(ledger: Ledger) -> None:
    confirm(ledger, close_accepted(ledger, 1, {"a": 1}), fee_ppm=10_000)
    payees = [Payee(accounts.miner("a"), "a", 100), Payee(accounts.FEE, "a", 50)]
    ledger.payments.create_intent("p1", POOL, payees, NOW)
    payment = ledger.payments.open_payment(POOL)
    assert payment is not None
    assert payment.outputs == {"a": 150}


# ---- events and reports ----


def test_events_wait_in_the_outbox_until_they_are_published(ledger: Ledger) -> None:
    confirm(ledger, close_accepted(ledger, 1, {"a": 1}))
    ledger.blocks.orphan(close_accepted(ledger, 2, {"a": 1}), reason="other", now_ms=NOW)
    intend(ledger, "p1", a=1)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=0)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    ledger.payments.report_failure(signed, "fee too low", NOW)
    ledger.payments.report_failure(signed, "fee too low", NOW)
    ledger.payments.mark_broadcast(signed, NOW)
    waiting = ledger.outbox.waiting(POOL)
    assert [type(event.message) for event in waiting] == [
        BlockConfirmed,
        BlockOrphaned,
        PaymentFailed,
        PaymentSent,
    ]
    assert len({event.msg_id for event in waiting}) == 4
    ledger.outbox.mark_published(waiting[0])
    assert ledger.outbox.waiting(POOL) == waiting[1:]


def test_a_miner_sees_what_is_owed_expected_and_paid(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    close_accepted(ledger, 2, {"a": 1, "b": 3})
    intend(ledger, "p1", a=REWARD // 2)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=0)
    before = ledger.reports.miner(POOL, "a", 0)
    assert (before.balance_sats, before.immature_sats, before.paid_sats) == (0, REWARD // 4, 0)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    ledger.payments.mark_broadcast(signed, NOW)
    after = ledger.reports.miner(POOL, "a", 0)
    assert after.paid_sats == REWARD // 2
    assert [(row.txid_display, row.amount_sats, row.state) for row in after.payments] == [
        ("one", REWARD // 2, "broadcast")
    ]
    assert not ledger.reports.miner(POOL, "stranger", 0).is_known


def test_pages_are_newest_first_and_bounded(ledger: Ledger) -> None:
    for number in range(1, 5):
        ledger.blocks.record_outcome(outcome(number))
    page = ledger.reports.block_page(POOL, 1, 2)
    assert page.total == 4
    assert [row.block_hash_display for row in page.blocks] == [block_hash(3), block_hash(2)]
    assert ledger.reports.block_page(POOL, -1, -1).blocks == []


def test_pools_do_not_see_each_other(ledger: Ledger) -> None:
    credited(ledger, "a")
    assert ledger.balances("other") == {}
    assert ledger.blocks.unsettled("other") == []
    assert ledger.reports.block_page("other", 0, 10).total == 0


def test_a_miner_is_shown_its_own_minimum_and_why_it_is_held_back(ledger: Ledger) -> None:
    ledger.payees.set_minimum(POOL, "a", 700, NOW)
    ledger.payees.quarantine(POOL, {"a": "Invalid address"}, NOW)

    told, other = ledger.reports.miner(POOL, "a", 0), ledger.reports.miner(POOL, "b", 0)
    assert (told.minimum_sats, told.held_back) == (700, "Invalid address")
    assert (other.minimum_sats, other.held_back) == (0, "")
