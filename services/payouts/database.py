"""Connections and transactions of the ledger. SQLite by default, any other database of SQLAlchemy by its URL.

Synchronous: the ledger's methods run in threads (`asyncio.to_thread`). A writing transaction sees nobody
else's writes and nobody sees half of its own: SQLite takes the write lock at its beginning (`BEGIN
IMMEDIATE`), other databases run it serializable.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from services.payouts.failpoint import Failpoints, Moment, Step
from services.payouts.tables import metadata

OUTAGES = (OperationalError, InterfaceError, DisconnectionError, NoConnectionFree)
"""The database is away, locked for too long, or found two transactions in each other's way: try again."""

BUSY_MS = 10_000
"""How long SQLite waits for another process's transaction; ours take milliseconds."""


class Database:
    """The engine, and the two kinds of transactions."""

    def __init__(self, url: str, failpoints: Failpoints) -> None:
        """`url` in SQLAlchemy's form. Nothing is opened yet."""
        self._engine = _sqlite_engine(url) if url.startswith("sqlite") else _engine(url)
        self._failpoints = failpoints

    def create_tables(self) -> None:
        """Create what is missing."""
        with self._engine.begin() as connection:
            metadata.create_all(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, of one moment."""
        with self._engine.execution_options(read_only=True).begin() as connection:
            yield connection

    @contextmanager
    def write(self, step: Step) -> Iterator[Connection]:
        """A transaction that is durable once the block is left, unless it raises; then nothing happened."""
        with self._engine.begin() as connection:
            yield connection
            self._failpoints.reach(step, Moment.BEFORE)
        self._failpoints.reach(step, Moment.AFTER)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    return create_engine(url, isolation_level="SERIALIZABLE", pool_pre_ping=True, hide_parameters=True)


def _sqlite_engine(url: str) -> Engine:
    """An engine whose transactions begin when we say; the driver by itself would at the first write."""
    file = make_url(url).database
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # a commit is on disk when it returns, whatever the library was built with
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
