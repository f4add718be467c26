"""What the audit of a pool found, kept from one time to the next: so each finding is told once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, delete, insert, select

from nompcore.alarms import AuditFailed
from nompcore.errors import LedgerError
from services.payouts.failpoint import Step
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.correction_tables import accepted_findings
from services.payouts.ledger.database import Database
from services.payouts.ledger.outbox import enqueue
from services.payouts.ledger.tables import blocks, metadata, payments

audit_findings = Table(
    "audit_findings",
    metadata,
    Column("pool", String(64), primary_key=True),  # a row: its last audit found something
    Column("problems", Text, nullable=False),  # JSON list
    Column("since_ms", BigInteger, nullable=False),  # when the first of them was found
)

_AMOUNT: Final = re.compile(r"\b\d+\b")

MAX_TOLD: Final = 20
"""Findings of one event; the log and the books have all."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, in words, and since when; nothing: no problems."""

    problems: list[str]
    since_ms: int = 0


class AuditFindings:
    """A pool's findings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, pool: str) -> Findings:
        """Those of the last audit."""
        with self._database.read() as connection:
            return _findings(connection, pool)

    def note(self, pool: str, problems: Sequence[str], now_ms: int) -> bool:
        """Keep what an audit found; an event tells what is new. False if nothing is otherwise than before.

        That an amount in a finding has changed makes no new one.
        """
        if _is_same(self.of(pool).problems, problems):
            return False
        with self._database.write(Step.AUDIT_NOTED) as connection:
            before = _findings(connection, pool)
            if _is_same(before.problems, problems):
                return False
            connection.execute(delete(audit_findings).where(audit_findings.c.pool == pool))
            if problems:
                text = msgspec.json.encode(list(problems)).decode()
                row = {"pool": pool, "problems": text, "since_ms": before.since_ms or now_ms}
                connection.execute(insert(audit_findings).values(**row))
                event = AuditFailed(pool=pool, problems=list(problems[:MAX_TOLD]), time_ms=now_ms)
                enqueue(connection, pool, event, str(now_ms))
        return True

    def accept(
        self, pool: str, subject: str, grounds: Grounds, now_ms: int, *, is_transaction: bool = False
    ) -> bool:
        """Pass over a block (its hash) or a payment (its id) from now on; False if that was so before.

        LedgerError where the pool has neither. A transaction (its id) is one that the ledger does not know.
        """
        table = accepted_findings.c
        with self._database.write(Step.FINDING_ACCEPTED) as connection:
            if not is_transaction and not _exists(connection, pool, subject):
                raise LedgerError(f"the pool has no block and no payment {subject}")
            known = select(table.subject).where(table.pool == pool, table.subject == subject)
            if connection.scalar(known) is not None:
                return False
            said = {"reason": grounds.reason, "author": grounds.author, "accepted_ms": now_ms}
            connection.execute(insert(accepted_findings).values(pool=pool, subject=subject, **said))
        return True


def _exists(connection: Connection, pool: str, subject: str) -> bool:
    block = select(blocks.c.id).where(blocks.c.pool == pool, blocks.c.block_hash == subject)
    payment = select(payments.c.id).where(payments.c.pool == pool, payments.c.id == subject)
    return connection.scalar(block) is not None or connection.scalar(payment) is not None


def _findings(connection: Connection, pool: str) -> Findings:
    table = audit_findings.c
    row = connection.execute(select(table.problems, table.since_ms).where(table.pool == pool)).one_or_none()
    return Findings([]) if row is None else Findings(msgspec.json.decode(row[0], type=list[str]), row[1])


def _is_same(before: Sequence[str], after: Sequence[str]) -> bool:
    return [_AMOUNT.sub("#", text) for text in before] == [_AMOUNT.sub("#", text) for text in after]
