"""A pool's rows in MPOS's database, and the position of the share log that belongs to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, insert, update

from services.payouts.failpoint import Step
from services.payouts.mpos.mpos_database import MposDatabase
from services.payouts.mpos.mpos_position import Position, begin_position, move_position, read_position
from services.payouts.mpos.mpos_rows import MposRow, MposRows
from services.payouts.mpos.mpos_tables import WORKER_LETTERS, pool_worker, shares

MAX_WORKERS_KNOWN: Final = 100_000
"""Workers whose difficulty in MPOS is remembered, so that only changes are written."""


class MposWriter:
    """Synchronous; its methods raise MposUnavailable when the database does not do what is asked."""

    def __init__(self, database: MposDatabase, pool: str) -> None:
        self._database = database
        self._pool = pool
        self._difficulties: dict[str, float] = {}

    def position(self) -> Position | None:
        """Where the rows are; None before they have begun. Makes our table if it is missing."""
        self._database.prepare()
        with self._database.transaction() as connection:
            return read_position(connection, self._pool)

    def begin(self, sequence: int) -> None:
        """Begin with what comes after this sequence, unless there is a position."""
        with self._database.write(Step.MPOS_BEGUN) as connection:
            begin_position(connection, self._pool, sequence)

    def write(self, expected: int, sequence: int, stretch: MposRows) -> Position:
        """Write a stretch of the log that ends at `sequence`; MposPositionTaken if it is not the next one."""
        moved = Position(sequence, stretch.share_ms, stretch.row_ms)
        with self._database.write(Step.MPOS_ROWS) as connection:
            move_position(connection, self._pool, expected, moved)
            if stretch.rows:
                connection.execute(insert(shares), [_columns(row) for row in stretch.rows])
        return moved

    def rewind(self, position: Position, to_sequence: int) -> Position:
        """The log's numbers changed: the rows are complete up to `to_sequence` of the new ones."""
        moved = Position(to_sequence, position.share_ms, position.row_ms)
        with self._database.transaction() as connection:
            move_position(connection, self._pool, position.sequence, moved)
        return moved

    def show_difficulties(self, difficulties: dict[str, float]) -> None:
        """What MPOS shows as its workers' difficulty. Workers that it does not have are not added."""
        changed = {
            worker: difficulty
            for worker, difficulty in difficulties.items()
            if self._difficulties.get(worker) != difficulty and len(worker) <= WORKER_LETTERS
        }
        if not changed:
            return
        statement = (
            update(pool_worker)
            .where(pool_worker.c.username == bindparam("worker"))
            .values(difficulty=bindparam("shown"))
        )
        values = [{"worker": worker, "shown": shown} for worker, shown in sorted(changed.items())]
        with self._database.transaction() as connection:
            connection.execute(statement, values)
        if len(self._difficulties) + len(changed) > MAX_WORKERS_KNOWN:
            self._difficulties.clear()
        self._difficulties |= changed


def _columns(row: MposRow) -> dict[str, object]:
    return {
        "rem_host": row.rem_host,
        "username": row.username,
        "our_result": row.our_result,
        "upstream_result": row.upstream_result,
        "reason": row.reason,
        "solution": row.solution,
        "difficulty": row.difficulty,
        "time": datetime.fromtimestamp(row.time_ms // 1000, UTC).replace(tzinfo=None),
    }
