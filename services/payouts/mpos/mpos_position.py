"""Up to where a pool's share log is in MPOS's database: a row of our own there, moved with MPOS's rows.

One transaction writes both, so a crash repeats nothing and loses nothing, and a database that is restored
from a backup has the position that belongs to its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Select,
    String,
    Table,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.mysql import insert
from sqlalchemy.schema import CreateTable

positions: Final = Table(
    "nomp_positions",
    MetaData(),
    Column("pool", String(64), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("share_ms", BigInteger, nullable=False, server_default="0"),
    Column("row_ms", BigInteger, nullable=False, server_default="0"),
    mysql_engine="InnoDB",
    mysql_charset="ascii",
)


@dataclass(frozen=True, slots=True)
class Position:
    """The log's sequence up to which everything is written; time of the newest share and of the last row."""

    sequence: int
    share_ms: int = 0
    row_ms: int = 0


class MposPositionTaken(Exception):  # noqa: N818 - a verdict of the database, not a fault
    """The rows are not where the reading began: another replica went on."""

    def __init__(self, expected: int, stored: int) -> None:
        super().__init__(f"reading after {expected}, but the rows are at {stored}")
        self.stored = stored


def create_missing_table(connection: Connection) -> None:
    """Make the table where it is not there; only that takes the privilege to create tables."""
    if not inspect(connection).has_table(positions.name):
        connection.execute(CreateTable(positions, if_not_exists=True))


def read_position(connection: Connection, pool: str) -> Position | None:
    """Where the pool's rows are; None before they have begun."""
    row = connection.execute(_of(pool)).one_or_none()
    return Position(*row) if row else None


def begin_position(connection: Connection, pool: str, sequence: int) -> None:
    """Begin after this sequence, unless the pool has a position."""
    row = {"pool": pool, "sequence": sequence, "share_ms": 0, "row_ms": 0}
    connection.execute(insert(positions).values(row).prefix_with("IGNORE"))


def move_position(connection: Connection, pool: str, expected: int, to: Position) -> None:
    """Move it, in the transaction that writes the rows; MposPositionTaken unless it is where it should be.

    The row stays locked until that transaction ends: two replicas write one after the other.
    """
    stored = connection.execute(_of(pool).with_for_update()).one().sequence
    if stored != expected:
        raise MposPositionTaken(expected, stored)
    values = {"sequence": to.sequence, "share_ms": to.share_ms, "row_ms": to.row_ms}
    connection.execute(update(positions).where(positions.c.pool == pool).values(values))


def _of(pool: str) -> Select[Any]:
    return select(positions.c.sequence, positions.c.share_ms, positions.c.row_ms).where(
        positions.c.pool == pool
    )
