"""Payments in the ledger: each state is reached in one transaction, and only from the state before it.

    intent ──▶ signed ──▶ broadcast ──▶ confirmed
      │           └────▶ stuck ◀──┘   (back to broadcast, should the network take the transaction after all)
      └─────────────────────┴──▶ returned   (by `payment_returns`: never sent, the amounts are owed again)

What makes two transactions for one payment impossible, even with two payers at work: `open_slot` is unique,
so a pool has one unsent payment; and the signed transaction is stored only where the state still is `intent`,
so the first one stored is the only one ever sent. An intent that was entrusted to an old wallet's `sendmany`
(see `sendmany_attempts`) takes no other transaction than the one that this wallet made of it.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from nompcore.errors import LedgerError
from nompcore.messages import PaymentFailed, PaymentSent
from services.payouts.failpoint import Step
from services.payouts.ledger import accounts
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.database import Database
from services.payouts.ledger.outbox import enqueue
from services.payouts.ledger.payment_pauses import is_paused
from services.payouts.ledger.sendmany_attempts import is_entrusted
from services.payouts.ledger.tables import payment_outputs, payments
from services.payouts.payments.payees import Payee, fee_to_withdraw_sats


class State(enum.Enum):
    """Where a payment stands."""

    INTENT = "intent"
    SIGNED = "signed"
    BROADCAST = "broadcast"
    CONFIRMED = "confirmed"
    STUCK = "stuck"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the ledger has it."""

    id: str
    pool: str
    state: State
    total_sats: int
    fee_sats: int
    txid: str
    transaction_hex: str
    failure: str
    created_ms: int
    outputs: dict[str, int]  # address → sats


_COLUMNS: Final = [
    payments.c.id, payments.c.pool, payments.c.state, payments.c.total_sats, payments.c.fee_sats,
    payments.c.txid, payments.c.transaction_hex, payments.c.failure, payments.c.created_ms,
]  # fmt: skip


_ENDED: Final = (State.CONFIRMED.value, State.RETURNED.value)


class PaymentsLedger:
    """A pool's payments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_intent(self, payment_id: str, pool: str, payees: Sequence[Payee], now_ms: int) -> bool:
        """Take balances out of their accounts for one payment.

        False if another one is open or stuck, or if the pool's payments are paused.
        """
        total_sats = sum(payee.amount_sats for payee in payees)
        try:
            with self._database.write(Step.PAYMENT_INTENT) as connection:
                if _is_blocked(connection, pool):
                    return False
                _check_balances(connection, pool, payees)
                connection.execute(
                    insert(payments).values(
                        id=payment_id, pool=pool, state=State.INTENT.value, open_slot=pool,
                        total_sats=total_sats, created_ms=now_ms,
                    )
                )  # fmt: skip
                connection.execute(insert(payment_outputs), [_output(payment_id, payee) for payee in payees])
                amounts = {payee.account: payee.amount_sats for payee in payees}
                accounts.book(
                    connection, pool=pool, kind=Kind.PAYMENT, reference=payment_id,
                    amounts={**amounts, accounts.IN_FLIGHT: -total_sats}, now_ms=now_ms,
                )  # fmt: skip
        except IntegrityError:  # another payer took the slot in the same instant
            return False
        return True

    def store_signed(
        self, payment_id: str, *, transaction_hex: str, txid: str, fee_sats: int, by_sendmany: bool = False
    ) -> bool:
        """Keep the one transaction that pays this intent. False if there is one: then forget this one.

        Also False where an old wallet was asked to send the intent, and this is not what it made of it.
        """
        with self._database.write(Step.PAYMENT_SIGNED) as connection:
            if by_sendmany != is_entrusted(connection, payment_id):
                return False
            return advance(
                connection, payment_id, State.INTENT, State.SIGNED,
                transaction_hex=transaction_hex, txid=txid, fee_sats=fee_sats, failure="",
            )  # fmt: skip

    def mark_broadcast(self, payment: Payment, now_ms: int) -> bool:
        """The coin's network has the transaction, even if it was stuck before; the next may follow."""
        with self._database.write(Step.PAYMENT_BROADCAST) as connection:
            is_first = advance(
                connection,
                payment.id,
                payment.state,
                State.BROADCAST,
                open_slot=None,
                sent_ms=now_ms,
                failure="",
            )
            if is_first:
                enqueue(connection, payment.pool, sent_event(payment, now_ms), payment.id)
        return is_first

    def confirm(self, payment: Payment, now_ms: int) -> bool:
        """The transaction is deep in the chain: the coins have left the wallet."""
        with self._database.write(Step.PAYMENT_CONFIRMED) as connection:
            is_first = advance(connection, payment.id, State.BROADCAST, State.CONFIRMED, failure="")
            if is_first:
                amounts = {
                    accounts.IN_FLIGHT: payment.total_sats,
                    accounts.NETWORK_FEES: payment.fee_sats,
                    accounts.WALLET: -payment.total_sats - payment.fee_sats,
                }
                accounts.book(
                    connection, pool=payment.pool, kind=Kind.SETTLEMENT, reference=payment.id,
                    amounts=amounts, now_ms=now_ms,
                )  # fmt: skip
        return is_first

    def mark_stuck(self, payment: Payment, reason: str, now_ms: int) -> None:
        """Something else spent the transaction's coins: nothing is paid from here on."""
        with self._database.write(Step.PAYMENT_STUCK) as connection:
            if advance(connection, payment.id, payment.state, State.STUCK, failure=reason):
                enqueue(connection, payment.pool, _failed(payment, reason, now_ms), f"{payment.id}-stuck")

    def report_failure(self, payment: Payment, reason: str, now_ms: int) -> None:
        """A step was refused and will be tried again. Each reason is published once."""
        if payment.failure == reason:
            return
        with self._database.write(Step.PAYMENT_STUCK) as connection:
            connection.execute(update(payments).where(payments.c.id == payment.id).values(failure=reason))
            enqueue(connection, payment.pool, _failed(payment, reason, now_ms), f"{payment.id}-{reason}")

    def open_payment(self, pool: str) -> Payment | None:
        """The payment that was not broadcast yet."""
        with self._database.read() as connection:
            return next(iter(select_payments(connection, payments.c.open_slot == pool)), None)

    def find(self, pool: str, payment_id: str) -> Payment | None:
        """The pool's payment of this id."""
        with self._database.read() as connection:
            condition = (payments.c.pool == pool) & (payments.c.id == payment_id)
            return next(iter(select_payments(connection, condition)), None)

    def in_state(self, pool: str, state: State) -> list[Payment]:
        """A pool's payments in a state, oldest first."""
        with self._database.read() as connection:
            return select_payments(connection, (payments.c.pool == pool) & (payments.c.state == state.value))

    def signed_transactions(self) -> list[str]:
        """Hex of signed transactions that may not have been sent, of every pool: their coins are taken."""
        with self._database.read() as connection:
            unsent = payments.c.state.in_([State.SIGNED.value, State.STUCK.value])
            signed = select_payments(connection, unsent)
        return [payment.transaction_hex for payment in signed if payment.transaction_hex]

    def stages(self, pool: str) -> dict[str, State]:
        """Where the payments stand that are not at their end, by id."""
        condition = (payments.c.pool == pool) & payments.c.state.not_in(_ENDED)
        with self._database.read() as connection:
            rows = connection.execute(select(payments.c.id, payments.c.state).where(condition))
            return {payment_id: State(state) for payment_id, state in rows}

    def under_way(self, pool: str) -> tuple[list[Payment], dict[str, int]]:
        """Payments that are not at their end, and the books' balances at the same moment."""
        condition = (payments.c.pool == pool) & payments.c.state.not_in(_ENDED)
        with self._database.read() as connection:
            return select_payments(connection, condition), accounts.balances(connection, pool)


def select_payments(connection: Connection, condition: ColumnElement[bool]) -> list[Payment]:
    """The payments of a condition, oldest first."""
    rows = (
        connection.execute(select(*_COLUMNS).where(condition).order_by(payments.c.created_ms))
        .mappings()
        .all()
    )
    return [_payment(row, _outputs(connection, row["id"])) for row in rows]


def _is_blocked(connection: Connection, pool: str) -> bool:
    stuck = (payments.c.pool == pool) & (payments.c.state == State.STUCK.value)
    in_the_way = select(payments.c.id).where(stuck | (payments.c.open_slot == pool)).limit(1)
    return connection.scalar(in_the_way) is not None or is_paused(connection, pool)


def _check_balances(connection: Connection, pool: str, payees: Sequence[Payee]) -> None:
    """LedgerError unless every payee is owed at least what it would get."""
    balances = accounts.balances(connection, pool)
    for payee in payees:
        is_fee = payee.account == accounts.FEE
        owed_sats = fee_to_withdraw_sats(balances) if is_fee else -balances.get(payee.account, 0)
        if not 0 < payee.amount_sats <= owed_sats:
            raise LedgerError(f"{payee.account} would be paid {payee.amount_sats} but is owed {owed_sats}")


def advance(connection: Connection, payment_id: str, before: State, after: State, **values: object) -> bool:
    """Take a payment from one state to another; False where it is not in the first any more."""
    condition = (payments.c.id == payment_id) & (payments.c.state == before.value)
    changed = connection.execute(update(payments).where(condition).values(state=after.value, **values))
    return changed.rowcount == 1


def _outputs(connection: Connection, payment_id: str) -> dict[str, int]:
    """Address → sats. A miner's address may also be where the fee goes: one output then pays both."""
    outputs: dict[str, int] = {}
    condition = payment_outputs.c.payment_id == payment_id
    columns = (payment_outputs.c.address, payment_outputs.c.amount_sats)
    for address, sats in connection.execute(
        select(*columns).where(condition).order_by(payment_outputs.c.account)
    ):
        outputs[address] = outputs.get(address, 0) + sats
    return outputs


def _payment(row: RowMapping, outputs: dict[str, int]) -> Payment:
    return Payment(**{**row, "state": State(row["state"]), "outputs": outputs})


def _output(payment_id: str, payee: Payee) -> dict[str, object]:
    return {
        "payment_id": payment_id,
        "account": payee.account,
        "address": payee.address,
        "amount_sats": payee.amount_sats,
    }


def sent_event(payment: Payment, now_ms: int) -> PaymentSent:
    """The news that a payment was handed to the coin's network."""
    return PaymentSent(
        pool=payment.pool, payment_id=payment.id, txid_display=payment.txid, total_sats=payment.total_sats,
        fee_sats=payment.fee_sats, payees=len(payment.outputs), time_ms=now_ms,
    )  # fmt: skip


def _failed(payment: Payment, reason: str, now_ms: int) -> PaymentFailed:
    return PaymentFailed(pool=payment.pool, payment_id=payment.id, reason=reason, time_ms=now_ms)
