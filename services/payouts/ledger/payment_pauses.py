"""Pools whose payments an operator has paused. A pause is in the ledger: it outlasts every restart."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from services.payouts.failpoint import Step
from services.payouts.ledger.database import Database
from services.payouts.ledger.payment_tables import payment_pauses


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a pool pays nobody, who said so, and why."""

    reason: str
    author: str
    since_ms: int


class PaymentPauses:
    """One row for each pool that is paused."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, pool: str) -> Pause | None:
        """The pool's pause, None while it pays."""
        with self._database.read() as connection:
            return _pause(connection, pool)

    def pause(self, pool: str, *, reason: str, author: str, now_ms: int) -> Pause:
        """From the next step on nothing is paid. The pause that holds: an earlier one stays as it is."""
        asked = Pause(reason, author, now_ms)
        with self._database.write(Step.PAYMENTS_PAUSED) as connection:
            if (holds := _pause(connection, pool)) is not None:
                return holds
            values = {"pool": pool, "reason": reason, "author": author, "since_ms": now_ms}
            connection.execute(insert(payment_pauses).values(values))
        return asked

    def resume(self, pool: str) -> bool:
        """Pay again. False if there was no pause."""
        with self._database.write(Step.PAYMENTS_PAUSED) as connection:
            removed = connection.execute(delete(payment_pauses).where(payment_pauses.c.pool == pool))
            return removed.rowcount == 1


def is_paused(connection: Connection, pool: str) -> bool:
    """Whether the pool is paused, as this transaction sees it."""
    return _pause(connection, pool) is not None


def _pause(connection: Connection, pool: str) -> Pause | None:
    columns = (payment_pauses.c.reason, payment_pauses.c.author, payment_pauses.c.since_ms)
    row = connection.execute(select(*columns).where(payment_pauses.c.pool == pool)).first()
    return Pause(*row) if row else None
