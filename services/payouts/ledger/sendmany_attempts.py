"""Intents that an old wallet was asked to send: written before it is asked, so that nobody asks it twice.

Whoever writes the row may ask; everybody else, and the same one after a crash, only looks for what the
wallet made of it. The row goes away when it is certain that the wallet did not send.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from services.payouts.failpoint import Step
from services.payouts.ledger.database import Database
from services.payouts.ledger.payment_tables import sendmany_attempts
from services.payouts.ledger.tables import payments


@dataclass(frozen=True, slots=True)
class Attempt:
    """When an intent was entrusted to the wallet, and from which block on the wallet has to be searched."""

    since_block: str
    begun_ms: int


class SendmanyAttempts:
    """One row for each intent that a wallet was asked to send."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, payment_id: str) -> Attempt | None:
        """What is known of the attempt to send a payment."""
        columns = (sendmany_attempts.c.since_block, sendmany_attempts.c.begun_ms)
        condition = sendmany_attempts.c.payment_id == payment_id
        with self._database.read() as connection:
            row = connection.execute(select(*columns).where(condition)).first()
        return Attempt(*row) if row else None

    def begin(self, payment_id: str, since_block: str, now_ms: int) -> bool:
        """Entrust an intent to the wallet. True for one caller alone: that one may ask the wallet, once."""
        values = {"payment_id": payment_id, "since_block": since_block, "begun_ms": now_ms}
        try:
            with self._database.write(Step.PAYMENT_ENTRUSTED) as connection:
                if is_entrusted(connection, payment_id) or not _is_intent(connection, payment_id):
                    return False
                connection.execute(insert(sendmany_attempts).values(values))
        except IntegrityError:  # another payer did in the same instant
            return False
        return True

    def end(self, payment_id: str) -> bool:
        """It is certain that the wallet did not send: it may be asked again. False if that was known."""
        with self._database.write(Step.PAYMENT_NOT_SENT) as connection:
            if not _is_intent(connection, payment_id):
                return False
            ended = connection.execute(
                delete(sendmany_attempts).where(sendmany_attempts.c.payment_id == payment_id)
            )
            return ended.rowcount == 1


def is_entrusted(connection: Connection, payment_id: str) -> bool:
    """Whether a wallet was asked to send the payment, as this transaction sees it."""
    condition = sendmany_attempts.c.payment_id == payment_id
    return connection.scalar(select(sendmany_attempts.c.payment_id).where(condition)) is not None


def _is_intent(connection: Connection, payment_id: str) -> bool:
    state = connection.scalar(select(payments.c.state).where(payments.c.id == payment_id))
    return bool(state == "intent")  # payments_ledger.State.INTENT; that module imports this one
