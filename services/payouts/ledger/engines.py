"""Engines for the ledger's database: SQLite by default, PostgreSQL by its URL.

On both, a commit is on the disk when it returns, and of several writing transactions the others wait until
the first one is done, then see all that it did. So what holds on one database holds on the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from services.payouts.ledger.schema import LedgerUnusable

BUSY_MS: Final = 10_000
"""How long a transaction waits for another process's; ours take milliseconds."""

DEAD_MS: Final = 60_000
"""When PostgreSQL ends a transaction whose process is silent: it may be gone with its machine."""

PATIENCE: Final = {
    "connect_timeout": "10",  # seconds, for each of the hosts
    "tcp_user_timeout": "10000",  # ms until data sent must be acknowledged
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
}
"""Parameters of libpq that a URL may overrule: without them a dead host is waited for minutes or hours."""

READS: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {"takes_turn": False},
    "postgresql": {"takes_turn": False, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""Options of a transaction that reads of one moment; it neither waits for writers nor has them wait."""

CHANGES_TABLES: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {},
    "postgresql": {"takes_turn": False, "isolation_level": "READ COMMITTED"},
}
"""Options of the transaction that `schema.migrate` needs; it takes a lock of its own."""


def ledger_engine(url: str) -> Engine:
    """An engine that has opened nothing yet; LedgerUnusable for a URL of anything else."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerUnusable("not the URL of a database") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite_engine(parsed)
        case "postgresql" | "postgres":
            return _postgresql_engine(parsed)
    raise LedgerUnusable("expected sqlite:///<file> or postgresql://<user>:<password>@<host>/<database>")


def _postgresql_engine(url: URL) -> Engine:
    url = url.set(drivername="postgresql+psycopg", query={**PATIENCE, **url.query})
    engine = create_engine(url, isolation_level="SERIALIZABLE", pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = {BUSY_MS}")
    connection.execute(f"SET idle_in_transaction_session_timeout = {DEAD_MS}")
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.autocommit = False


def _begin_postgresql(connection: Connection) -> None:
    """One writer at a time, as on SQLite. What it sees is settled after the wait: LOCK takes no snapshot."""
    if connection.get_execution_options().get("takes_turn", True):
        connection.exec_driver_sql("LOCK TABLE alembic_version IN EXCLUSIVE MODE")


def _sqlite_engine(url: URL) -> Engine:
    """Its transactions begin when we say; the driver by itself would at the first write."""
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.set(drivername="sqlite"), hide_parameters=True)
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
    takes_turn = connection.get_execution_options().get("takes_turn", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if takes_turn else "BEGIN")
