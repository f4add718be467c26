"""What operators, miners and old wallets add to payments: each durable, each once, and the books balance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nompcore.alarms import PayeeQuarantined
from nompcore.errors import LedgerError
from nompcore.messages import PaymentSent
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payee_terms import Quarantined
from services.payouts.ledger.payment_pauses import Pause
from services.payouts.ledger.payment_returns import Verdict
from services.payouts.ledger.payments_ledger import Payment, State
from tests.unit.ledger_steps import NOW, REWARD, credited, intend
from tests.unit.payouts_samples import POOL, sqlite_ledger

VERDICT = Verdict("the coins went elsewhere", "ann", "f" * 64)


def intent(ledger: Ledger) -> Payment:
    """All that `a` is owed, intended as payment p1."""
    credited(ledger, "a", "b")
    assert intend(ledger, "p1", a=REWARD // 2)
    payment = ledger.payments.find(POOL, "p1")
    assert payment is not None
    return payment


def stuck(ledger: Ledger) -> Payment:
    intent(ledger)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=5)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    ledger.payments.mark_stuck(signed, "spent elsewhere", NOW)
    (payment,) = ledger.payments.in_state(POOL, State.STUCK)
    return payment


# ---- pauses ----


def test_a_paused_pool_begins_no_payment(ledger: Ledger) -> None:
    credited(ledger, "a")
    ledger.pauses.pause(POOL, reason="the wallet moves", author="ann", now_ms=NOW)
    assert not intend(ledger, "p1", a=REWARD)
    assert ledger.pauses.of("other") is None
    assert ledger.pauses.resume(POOL)
    assert not ledger.pauses.resume(POOL)
    assert intend(ledger, "p1", a=REWARD)


def test_the_first_pause_holds_and_outlasts_the_process(ledger: Ledger, tmp_path: Path) -> None:
    first = Pause("the wallet moves", "ann", NOW)
    assert ledger.pauses.pause(POOL, reason=first.reason, author=first.author, now_ms=NOW) == first
    assert ledger.pauses.pause(POOL, reason="again", author="bob", now_ms=NOW + 1) == first
    ledger.close()
    again = sqlite_ledger(tmp_path)
    assert again.pauses.of(POOL) == first
    again.close()


# ---- the quarantine and minimums ----


def test_a_payee_is_quarantined_once_with_one_event_until_released(ledger: Ledger) -> None:
    assert ledger.payees.quarantine(POOL, {"a": "no", "b": "never"}, NOW) == ["a", "b"]
    assert ledger.payees.quarantine(POOL, {"a": "no"}, NOW + 1) == []
    assert ledger.payees.quarantined(POOL) == [Quarantined("a", "no", NOW), Quarantined("b", "never", NOW)]
    assert ledger.payees.quarantined("other") == []
    events = [event.message for event in ledger.outbox.waiting(POOL)]
    assert events == [
        PayeeQuarantined(pool=POOL, address="a", reason="no", time_ms=NOW),
        PayeeQuarantined(pool=POOL, address="b", reason="never", time_ms=NOW),
    ]
    assert ledger.payees.release(POOL, "a")
    assert not ledger.payees.release(POOL, "a")
    assert ledger.payees.quarantine(POOL, {"a": "no"}, NOW + 2) == ["a"]
    assert len(ledger.outbox.waiting(POOL)) == 3


def test_a_quarantine_moves_no_money(ledger: Ledger) -> None:
    credited(ledger, "a")
    before = ledger.balances(POOL)
    ledger.payees.quarantine(POOL, {"a": "no"}, NOW)
    ledger.payees.release(POOL, "a")
    assert ledger.balances(POOL) == before


def test_a_minimum_is_the_last_one_set_and_can_be_taken_back(ledger: Ledger) -> None:
    ledger.payees.set_minimum(POOL, "a", 5, NOW)
    ledger.payees.set_minimum(POOL, "a", 7, NOW)
    ledger.payees.set_minimum(POOL, "b", 9, NOW)
    ledger.payees.set_minimum("other", "a", 1, NOW)
    assert ledger.payees.minimums(POOL) == {"a": 7, "b": 9}
    ledger.payees.set_minimum(POOL, "a", 0, NOW)
    assert ledger.payees.minimums(POOL) == {"b": 9}


@pytest.mark.parametrize(("address", "sats"), [("a", -1), ("a", 2**62 + 1), ("", 7), ("a" * 129, 7)])
def test_an_absurd_minimum_is_refused(ledger: Ledger, address: str, sats: int) -> None:
    with pytest.raises(LedgerError):
        ledger.payees.set_minimum(POOL, address, sats, NOW)
    assert ledger.payees.minimums(POOL) == {}


# ---- old wallets ----


def test_one_caller_alone_may_ask_the_wallet_to_send(ledger: Ledger) -> None:
    intent(ledger)
    assert [ledger.attempts.begin("p1", "b" * 64, NOW) for _ in range(2)] == [True, False]
    attempt = ledger.attempts.of("p1")
    assert attempt is not None
    assert (attempt.since_block, attempt.begun_ms) == ("b" * 64, NOW)
    assert [ledger.attempts.end("p1") for _ in range(2)] == [True, False]
    assert ledger.attempts.begin("p1", "b" * 64, NOW)


def test_what_was_entrusted_to_a_wallet_takes_no_other_transaction(ledger: Ledger) -> None:
    payment = intent(ledger)
    ledger.attempts.begin("p1", "b" * 64, NOW)
    assert not ledger.payments.store_signed("p1", transaction_hex="01", txid="raw", fee_sats=1)
    assert not ledger.returns.withdraw(payment, VERDICT, NOW)
    assert ledger.payments.store_signed("p1", transaction_hex="", txid="sent", fee_sats=1, by_sendmany=True)
    assert not ledger.attempts.end("p1")
    assert ledger.payments.signed_transactions() == []


def test_what_was_signed_is_not_entrusted_to_a_wallet(ledger: Ledger) -> None:
    intent(ledger)
    assert not ledger.payments.store_signed(
        "p1", transaction_hex="01", txid="sent", fee_sats=1, by_sendmany=True
    )
    assert ledger.payments.store_signed("p1", transaction_hex="01", txid="raw", fee_sats=1)
    assert not ledger.attempts.begin("p1", "b" * 64, NOW)


# ---- payments that end otherwise ----


def test_a_stuck_payment_is_returned_once(ledger: Ledger) -> None:
    payment = stuck(ledger)
    assert [ledger.returns.give_back(payment, VERDICT, NOW) for _ in range(2)] == [True, False]
    assert ledger.balances(POOL) == {
        accounts.WALLET: REWARD, accounts.miner("a"): -REWARD // 2, accounts.miner("b"): -REWARD // 2,
    }  # fmt: skip
    assert ledger.payments.under_way(POOL)[0] == []
    returned = ledger.payments.find(POOL, "p1")
    assert returned is not None
    assert (returned.state, returned.failure) == (State.RETURNED, "the coins went elsewhere (ann)")
    assert not ledger.payments.mark_broadcast(payment, NOW)
    assert intend(ledger, "p2", a=REWARD // 2)


def test_an_intent_that_cannot_be_signed_is_withdrawn_and_never_signed(ledger: Ledger) -> None:
    payment = intent(ledger)
    assert [ledger.returns.withdraw(payment, VERDICT, NOW) for _ in range(2)] == [True, False]
    assert not ledger.payments.store_signed("p1", transaction_hex="01", txid="late", fee_sats=1)
    assert not ledger.attempts.begin("p1", "b" * 64, NOW)
    assert ledger.balances(POOL)[accounts.miner("a")] == -REWARD // 2


def test_only_a_stuck_payment_is_returned_or_adopted(ledger: Ledger) -> None:
    intent(ledger)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=5)
    signed = ledger.payments.open_payment(POOL)
    assert signed is not None
    assert not ledger.returns.give_back(signed, VERDICT, NOW)
    assert not ledger.returns.withdraw(signed, VERDICT, NOW)
    assert not ledger.returns.adopt(signed, VERDICT, transaction_hex="02", fee_sats=7, now_ms=NOW)
    assert ledger.payments.open_payment(POOL) == signed


def test_a_payment_that_another_transaction_pays_goes_on_with_that_one(ledger: Ledger) -> None:
    payment = stuck(ledger)
    adopt = [
        ledger.returns.adopt(payment, VERDICT, transaction_hex="02", fee_sats=7, now_ms=NOW) for _ in range(2)
    ]
    assert adopt == [True, False]
    (sent,) = ledger.payments.in_state(POOL, State.BROADCAST)
    assert (sent.txid, sent.transaction_hex, sent.fee_sats) == ("f" * 64, "02", 7)
    assert ledger.payments.confirm(sent, NOW)
    assert ledger.balances(POOL)[accounts.WALLET] == REWARD - REWARD // 2 - 7
    events = [event.message for event in ledger.outbox.waiting(POOL)]
    assert [event.txid_display for event in events if isinstance(event, PaymentSent)] == ["f" * 64]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.dictionaries(st.sampled_from("abcd"), st.integers(1, REWARD // 4), min_size=1),
    ways=st.lists(st.sampled_from(["withdraw", "give back"]), min_size=1, max_size=3),
)
def test_whatever_is_given_back_the_books_are_as_before(
    tmp_path_factory: pytest.TempPathFactory, amounts: dict[str, int], ways: list[str]
) -> None:
    ledger = sqlite_ledger(tmp_path_factory.mktemp("books"))
    credited(ledger, "a", "b", "c", "d")
    before = ledger.balances(POOL)
    for number, way in enumerate(ways):
        assert intend(ledger, f"p{number}", **amounts)
        payment = ledger.payments.open_payment(POOL)
        assert payment is not None
        if way == "withdraw":
            assert ledger.returns.withdraw(payment, VERDICT, NOW)
            continue
        ledger.payments.store_signed(payment.id, transaction_hex="01", txid=payment.id, fee_sats=3)
        ledger.payments.mark_stuck(replace(payment, state=State.SIGNED), "spent", NOW)
        assert ledger.returns.give_back(payment, VERDICT, NOW)
        assert ledger.balances(POOL) == before
    assert ledger.balances(POOL) == before
    ledger.close()
