"""What the ledger keeps of shares that have left the share log, and which rounds may still need the log."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, insert, select, update

from services.payouts.counting.tally_state import TallyState
from services.payouts.failpoint import Step
from services.payouts.ledger import block_rows, round_rows
from services.payouts.ledger.database import Database
from services.payouts.ledger.round_rows import Round
from services.payouts.ledger.tables import blocks
from services.payouts.share_log.log_base_tables import log_bases


@dataclass(frozen=True, slots=True)
class Base:
    """A pool's tallies at a place of a log: what was before it is not needed to have them again."""

    log_created_ms: int
    tallies: TallyState
    cut_before: int = 0  # messages below are gone; the one at `sequence` never is, to show where they ended

    @property
    def sequence(self) -> int:
        """The place."""
        return self.tallies.sequence


@dataclass(frozen=True, slots=True)
class Place:
    """A base without its tallies."""

    log_created_ms: int
    sequence: int
    cut_before: int


class LogBases:
    """Of all pools."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, pool: str) -> Base | None:
        """The base; None for a pool that was never led."""
        with self._database.read() as connection:
            row = connection.execute(select(log_bases).where(log_bases.c.pool == pool)).one_or_none()
        if row is None:
            return None
        tallies = msgspec.json.decode(zlib.decompress(row.tallies), type=TallyState)
        return Base(row.log_created_ms, tallies, row.cut_before)

    def place(self, pool: str) -> Place | None:
        """Where the base is."""
        with self._database.read() as connection:
            return _place(connection, pool)

    def move(self, pool: str, before: Place | None, after: Base) -> bool:
        """Set the base anew. False, and nothing done, if it is not where it was: another replica moved it."""
        values = {
            "log_created_ms": after.log_created_ms,
            "sequence": after.sequence,
            "cut_before": after.cut_before,
            "tallies": zlib.compress(msgspec.json.encode(after.tallies)),
        }
        with self._database.write(Step.LOG_BASE_MOVED) as connection:
            if _place(connection, pool) != before:
                return False
            if before is None:
                connection.execute(insert(log_bases).values(pool=pool, **values))
            else:
                connection.execute(update(log_bases).where(log_bases.c.pool == pool).values(**values))
        return True

    def closed(self, pool: str, block_hashes: Collection[str]) -> set[str]:
        """Those of the blocks whose round is in the ledger."""
        condition = (
            (blocks.c.pool == pool) & blocks.c.block_hash.in_(block_hashes) & blocks.c.round_closed.is_(True)
        )
        with self._database.read() as connection:
            return set(connection.scalars(select(blocks.c.block_hash).where(condition)))

    def unsettled(self, pool: str) -> dict[str, Round]:
        """Block hash → round of every block of which the chain has not decided, as far as it came here."""
        with self._database.read() as connection:
            open_blocks = block_rows.with_status(connection, pool, block_rows.UNSETTLED)
            rounds = {
                block.block_hash: round_rows.find(connection, pool, block.block_hash) for block in open_blocks
            }
        return {block_hash: decided for block_hash, decided in rounds.items() if decided is not None}


def _place(connection: Connection, pool: str) -> Place | None:
    columns = (log_bases.c.log_created_ms, log_bases.c.sequence, log_bases.c.cut_before)
    row = connection.execute(select(*columns).where(log_bases.c.pool == pool)).one_or_none()
    return None if row is None else Place(*row)
