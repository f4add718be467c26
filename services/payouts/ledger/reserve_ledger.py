"""PPS in the ledger: shares are credited from the reserve, each once, never more than the reserve holds."""

from __future__ import annotations

import enum
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, insert, select, update

from nompcore.errors import LedgerError
from services.payouts.failpoint import Step
from services.payouts.ledger import accounts, block_rows
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.correction_rows import NO_GROUNDS, Grounds, book_by_hand
from services.payouts.ledger.database import Database
from services.payouts.ledger.scheme_tables import credit_remainders, credited_candidates, credited_shares


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pool's share log is credited: which log, and how often its sequences began anew (`run`)."""

    position: int = 0
    log_created_ms: int = 0
    run: int = 0
    last_share_ms: int = 0
    began: Mapping[str, int] = field(default_factory=dict)  # group → when its running round began, in ms


@dataclass(frozen=True, slots=True)
class Earned:
    """What a stretch of the log earns, and where it leads."""

    after: Progress
    credits: Mapping[str, int]  # address → sats, above zero
    remainders: Mapping[str, int]  # address → 2^-32 sats that it keeps, for those that changed
    candidates: Collection[str]  # hashes seen for the first time


@dataclass(frozen=True, slots=True)
class Reserve:
    """What crediting begins with, all of one moment."""

    progress: Progress
    reserve_sats: int
    remainders: dict[str, int]


class Crediting(enum.Enum):
    """What happened to a stretch."""

    CREDITED = "credited"
    TAKEN = "taken"  # another replica went on
    EMPTY = "empty"  # the reserve does not cover it


class ReserveLedger:
    """A pool's reserve."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deposit_reserve(
        self, pool: str, *, sats: int, reference: str, now_ms: int, grounds: Grounds = NO_GROUNDS
    ) -> bool:
        """The operator put coins into the pool's wallet for PPS. False if the reference was booked before."""
        if sats <= 0:
            raise LedgerError(f"a deposit of {sats} is none")
        with self._database.write(Step.RESERVE_CHANGED) as connection:
            if accounts.find(connection, pool, Kind.DEPOSIT, reference) is not None:
                return False
            if block_rows.find(connection, pool, reference.lower()) is not None:
                raise LedgerError(f"{reference} is what an upstream pool paid: it is the miners'")
            book_by_hand(
                connection, grounds, pool=pool, kind=Kind.DEPOSIT, reference=reference,
                amounts={accounts.WALLET: sats, accounts.RESERVE: -sats}, now_ms=now_ms,
            )  # fmt: skip
        return True

    def standing(self, pool: str) -> Reserve:
        """Where crediting stands."""
        with self._database.read() as connection:
            return Reserve(
                _progress(connection, pool), _reserve_sats(connection, pool), _remainders(connection, pool)
            )

    def seen(self, pool: str, block_hashes: Collection[str]) -> set[str]:
        """Those of the candidates that were seen in the log before."""
        condition = (credited_candidates.c.pool == pool) & credited_candidates.c.block_hash.in_(block_hashes)
        with self._database.read() as connection:
            return set(connection.scalars(select(credited_candidates.c.block_hash).where(condition)))

    def credit(self, pool: str, before: Progress, earned: Earned, now_ms: int) -> Crediting:
        """Credit what follows `before` in the log and move on, in one transaction."""
        after, total_sats = earned.after, sum(earned.credits.values())
        with self._database.write(Step.RESERVE_CHANGED) as connection:
            if _progress(connection, pool) != before:
                return Crediting.TAKEN
            if total_sats > _reserve_sats(connection, pool):
                return Crediting.EMPTY
            if total_sats:
                owed = {accounts.miner(address): -sats for address, sats in earned.credits.items()}
                accounts.book(
                    connection, pool=pool, kind=Kind.SHARES,
                    reference=f"{after.run}:{before.position}-{after.position}",
                    amounts={accounts.RESERVE: total_sats, **owed}, now_ms=now_ms,
                )  # fmt: skip
            _keep_remainders(connection, pool, earned.remainders)
            rows = [{"pool": pool, "block_hash": block_hash} for block_hash in earned.candidates]
            if rows:
                connection.execute(insert(credited_candidates), rows)
            _move(connection, pool, after)
        return Crediting.CREDITED

    def move(self, pool: str, before: Progress, after: Progress) -> bool:
        """Go on elsewhere in the log, where it was cut or began anew. False if another replica did."""
        with self._database.write(Step.RESERVE_CHANGED) as connection:
            if _progress(connection, pool) != before:
                return False
            _move(connection, pool, after)
        return True


def _progress(connection: Connection, pool: str) -> Progress:
    table = credited_shares.c
    columns = (table.position, table.log_created_ms, table.run, table.last_share_ms, table.began)
    row = connection.execute(select(*columns).where(table.pool == pool)).one_or_none()
    return Progress() if row is None else Progress(*row[:4], began=json.loads(row[4]))


def _move(connection: Connection, pool: str, after: Progress) -> None:
    values = {
        "position": after.position,
        "log_created_ms": after.log_created_ms,
        "run": after.run,
        "last_share_ms": after.last_share_ms,
        "began": json.dumps(dict(after.began)),
    }
    changed = connection.execute(
        update(credited_shares).where(credited_shares.c.pool == pool).values(**values)
    )
    if changed.rowcount == 0:
        connection.execute(insert(credited_shares).values(pool=pool, **values))


def _reserve_sats(connection: Connection, pool: str) -> int:
    return -accounts.balance(connection, pool, accounts.RESERVE)


def _remainders(connection: Connection, pool: str) -> dict[str, int]:
    table = credit_remainders.c
    rows = connection.execute(select(table.address, table.parts).where(table.pool == pool))
    return {row.address: row.parts for row in rows}


def _keep_remainders(connection: Connection, pool: str, remainders: Mapping[str, int]) -> None:
    known = _remainders(connection, pool)
    rows = [{"of": address, "left": parts} for address, parts in remainders.items() if address in known]
    if rows:
        table = credit_remainders.c
        condition = (table.pool == pool) & (table.address == bindparam("of"))
        connection.execute(update(credit_remainders).where(condition).values(parts=bindparam("left")), rows)
    new = [
        {"pool": pool, "address": address, "parts": parts}
        for address, parts in remainders.items()
        if address not in known
    ]
    if new:
        connection.execute(insert(credit_remainders), new)
