"""Payments that end otherwise than by their own transaction, each once and with its reason and author."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from sqlalchemy import Connection, insert, select

from services.payouts.failpoint import Step
from services.payouts.ledger import accounts
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.database import Database
from services.payouts.ledger.outbox import enqueue
from services.payouts.ledger.payment_tables import payment_resolutions
from services.payouts.ledger.payments_ledger import Payment, State, advance, sent_event
from services.payouts.ledger.sendmany_attempts import is_entrusted
from services.payouts.ledger.tables import payment_outputs


class Decision(enum.Enum):
    """What becomes of a payment."""

    RETURNED = "returned"  # its coins went elsewhere: the amounts are owed again
    PAID = "paid"  # the other transaction pays the same: it takes the place of the payment's own
    WITHDRAWN = "withdrawn"  # it never had a transaction: the amounts are owed again


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who decided, why, and on which transaction's account."""

    reason: str
    author: str
    txid: str = ""


class PaymentReturns:
    """Books corrections. Whether one is right is for the caller to find out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def withdraw(self, payment: Payment, verdict: Verdict, now_ms: int) -> bool:
        """Give an intent up that cannot be paid as it is. False if it was signed or entrusted to a wallet."""
        with self._database.write(Step.PAYMENT_RETURNED) as connection:
            if is_entrusted(connection, payment.id):
                return False
            return _give_back(connection, payment, State.INTENT, Decision.WITHDRAWN, verdict, now_ms)

    def give_back(self, payment: Payment, verdict: Verdict, now_ms: int) -> bool:
        """Owe the amounts of a stuck payment again. False if it is not stuck any more."""
        with self._database.write(Step.PAYMENT_RETURNED) as connection:
            return _give_back(connection, payment, State.STUCK, Decision.RETURNED, verdict, now_ms)

    def adopt(
        self, payment: Payment, verdict: Verdict, *, transaction_hex: str, fee_sats: int, now_ms: int
    ) -> bool:
        """Another transaction pays a stuck payment; it confirms as every sent one does. False: not stuck."""
        with self._database.write(Step.PAYMENT_ADOPTED) as connection:
            is_first = advance(
                connection, payment.id, State.STUCK, State.BROADCAST, open_slot=None, failure="",
                txid=verdict.txid, transaction_hex=transaction_hex, fee_sats=fee_sats,
            )  # fmt: skip
            if is_first:
                _note(connection, payment, Decision.PAID, verdict, now_ms)
                paid = replace(payment, txid=verdict.txid, fee_sats=fee_sats)
                enqueue(connection, payment.pool, sent_event(paid, now_ms), payment.id)
        return is_first


def _give_back(
    connection: Connection, payment: Payment, before: State, decision: Decision, verdict: Verdict, now_ms: int
) -> bool:
    reason = f"{verdict.reason} ({verdict.author})"
    if not advance(connection, payment.id, before, State.RETURNED, open_slot=None, failure=reason):
        return False
    columns = (payment_outputs.c.account, payment_outputs.c.amount_sats)
    rows = connection.execute(select(*columns).where(payment_outputs.c.payment_id == payment.id))
    amounts = {account: -sats for account, sats in rows}
    accounts.book(
        connection, pool=payment.pool, kind=Kind.RETURN, reference=payment.id,
        amounts={**amounts, accounts.IN_FLIGHT: payment.total_sats}, now_ms=now_ms,
    )  # fmt: skip
    _note(connection, payment, decision, verdict, now_ms)
    return True


def _note(
    connection: Connection, payment: Payment, decision: Decision, verdict: Verdict, now_ms: int
) -> None:
    connection.execute(
        insert(payment_resolutions).values(
            payment_id=payment.id, decision=decision.value, reason=verdict.reason, author=verdict.author,
            txid=verdict.txid, decided_ms=now_ms,
        )
    )  # fmt: skip
