"""Transactions of the ledger, on SQLite or PostgreSQL.

Synchronous: the ledger's methods run in threads (`asyncio.to_thread`). Nobody sees half of a writing
transaction, and it sees nobody's: there is one at a time (`engines`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DisconnectionError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from services.payouts.failpoint import Failpoints, Moment, Step
from services.payouts.ledger import schema
from services.payouts.ledger.engines import CHANGES_TABLES, READS, ledger_engine

OUTAGES = (OperationalError, InterfaceError, InternalError, DisconnectionError, NoConnectionFree)
"""The database is away, locked for too long, a standby that takes no writes, or found this transaction in
the way of one that is not ours (SQLSTATE 40001): nothing happened, try again."""


class Database:
    """The engine, and the kinds of transactions."""

    def __init__(self, url: str, failpoints: Failpoints) -> None:
        """`url` in SQLAlchemy's form, else `schema.LedgerUnusable`. Nothing is opened yet."""
        self._engine = ledger_engine(url)
        dialect = self._engine.dialect.name
        self._reading = self._engine.execution_options(**READS[dialect])
        self._changing_tables = self._engine.execution_options(**CHANGES_TABLES[dialect])
        self._failpoints = failpoints

    def create_tables(self) -> None:
        """Bring the tables up to those of today; `schema.LedgerUnusable` if they are of a newer program."""
        with self._durable(self._changing_tables, Step.LEDGER_MIGRATED) as connection:
            schema.migrate(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, of one moment."""
        with self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self, step: Step) -> Iterator[Connection]:
        """A transaction that is durable once the block is left, unless it raises; then nothing happened."""
        with self._durable(self._engine, step) as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _durable(self, engine: Engine, step: Step) -> Iterator[Connection]:
        with engine.begin() as connection:
            yield connection
            self._failpoints.reach(step, Moment.BEFORE)
        self._failpoints.reach(step, Moment.AFTER)
