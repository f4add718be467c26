"""What the audit reads of the ledger: rounds, credited blocks, confirmed payments; and which are due now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Select, func, select

from services.payouts.ledger import block_rows, round_rows
from services.payouts.ledger.block_efforts import block_efforts
from services.payouts.ledger.block_rows import Block, Status
from services.payouts.ledger.correction_tables import accepted_findings
from services.payouts.ledger.database import Database
from services.payouts.ledger.payments_ledger import Payment, State, select_payments
from services.payouts.ledger.round_rows import Round
from services.payouts.ledger.scheme_tables import rounds
from services.payouts.ledger.tables import blocks, payment_outputs, payments, round_shares, transfers

T = TypeVar("T")

AT_ONCE: Final = 100
"""Of each kind, as many of the newest and as many of the older ones are looked at in one audit."""


def due(rows: Sequence[T], turn: int, size: int = AT_ONCE) -> list[T]:
    """The first of the rows every time, and of the others the next ones each turn: all have theirs."""
    newest, older = rows[:size], rows[size:]
    turns = -(-len(older) // size)
    begin = turn % turns * size if turns else 0
    return [*newest, *older[begin : begin + size]]


@dataclass(frozen=True, slots=True)
class ClosedRound:
    """Where a closed round lies in the share log, and the work that the tallies held of it."""

    block_hash: str
    decided: Round
    sequence: int  # of its candidate's message
    work: int


class AuditReads:
    """Reads only. Lists begin with the newest; what an operator has dealt with is left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def closed_rounds(self, pool: str) -> list[int]:
        """Row ids of blocks whose rounds are in the ledger."""
        condition = (blocks.c.pool == pool) & blocks.c.round_closed.is_(True)
        condition &= blocks.c.block_hash.not_in(_accepted(pool))
        with self._database.read() as connection:
            return list(connection.scalars(select(blocks.c.id).where(condition).order_by(blocks.c.id.desc())))

    def uneven_rounds(self, block_ids: Sequence[int]) -> dict[str, tuple[int, int]]:
        """Block hash → (work noted of its round, sum of its shares), where the two differ."""
        stored = select(blocks.c.id, blocks.c.block_hash, blocks.c.round_work).where(
            blocks.c.id.in_(block_ids)
        )
        works = select(round_shares.c.block_id, round_shares.c.work).where(
            round_shares.c.block_id.in_(block_ids)
        )
        sums = dict.fromkeys(block_ids, 0)  # work outgrows the integers of both databases
        with self._database.read() as connection:
            for block_id, work in connection.execute(works):
                sums[block_id] += int(work)
            rows = connection.execute(stored).all()
        return {
            block_hash: (int(noted), sums[block_id])
            for block_id, block_hash, noted in rows
            if int(noted) != sums[block_id]
        }

    def rounds_in_log(self, pool: str, limit: int) -> list[ClosedRound]:
        """Rounds closed last whose place in the share log is known."""
        newest = (
            select(blocks.c.block_hash, rounds.c.sequence, block_efforts.c.work)
            .join(rounds, (rounds.c.pool == blocks.c.pool) & (rounds.c.block_hash == blocks.c.block_hash))
            .join(block_efforts, block_efforts.c.block_id == blocks.c.id)
            .where(blocks.c.pool == pool, blocks.c.round_closed.is_(True), rounds.c.sequence > 0)
            .where(blocks.c.block_hash.not_in(_accepted(pool)))
            .order_by(blocks.c.id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(newest).all()
            decided = round_rows.of_blocks(connection, pool, [row.block_hash for row in rows])
        return [ClosedRound(row[0], decided[row[0]], row[1], int(row[2])) for row in rows]

    def credited_blocks(self, pool: str, limit: int | None = None) -> list[Block]:
        """Blocks whose rewards are booked."""
        with self._database.read() as connection:
            found = block_rows.with_status(connection, pool, [Status.CONFIRMED])
            accepted: set[str] = set(connection.scalars(_accepted(pool)))
        return [block for block in reversed(found) if block.block_hash not in accepted][:limit]

    def confirmed_payments(self, pool: str) -> list[str]:
        """Ids of payments that are deep in the chain."""
        condition = (payments.c.pool == pool) & (payments.c.state == State.CONFIRMED.value)
        condition &= payments.c.id.not_in(_accepted(pool))
        newest = select(payments.c.id).where(condition).order_by(payments.c.created_ms.desc(), payments.c.id)
        with self._database.read() as connection:
            return list(connection.scalars(newest))

    def payments(self, payment_ids: Sequence[str]) -> list[Payment]:
        """Those payments."""
        with self._database.read() as connection:
            return select_payments(connection, payments.c.id.in_(payment_ids))

    def books_since_ms(self, pool: str) -> int | None:
        """When the pool's first booking was made; None before it."""
        first = select(func.min(transfers.c.created_ms)).where(transfers.c.pool == pool)
        with self._database.read() as connection:
            found: int | None = connection.scalar(first)
        return found

    def known_transactions(self, txids: Collection[str]) -> set[str]:
        """Those that pay for any pool of this ledger, or that an operator has dealt with."""
        paid = select(payments.c.txid).where(payments.c.txid.in_(txids))
        accepted = select(accepted_findings.c.subject).where(accepted_findings.c.subject.in_(txids))
        with self._database.read() as connection:
            return {*connection.scalars(paid), *connection.scalars(accepted)}

    def uneven_payments(self, payment_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Payment id → (its total, sum of what it pays to whom), where the two differ."""
        total = func.coalesce(func.sum(payment_outputs.c.amount_sats), 0)
        sums = (
            select(payments.c.id, payments.c.total_sats, total)
            .outerjoin(payment_outputs, payment_outputs.c.payment_id == payments.c.id)
            .where(payments.c.id.in_(payment_ids))
            .group_by(payments.c.id, payments.c.total_sats)
        )
        with self._database.read() as connection:
            rows = connection.execute(sums).all()
        return {payment_id: (noted, int(paid)) for payment_id, noted, paid in rows if noted != int(paid)}


def _accepted(pool: str) -> Select[Any]:
    return select(accepted_findings.c.subject).where(accepted_findings.c.pool == pool)
