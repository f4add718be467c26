"""Databases of the ledger as earlier versions left them: full of money."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    func,
    insert,
    make_url,
    select,
)

from services.payouts.ledger.engines import CHANGES_TABLES, ledger_engine

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger_before_steps"

BALANCES_BEFORE_STEPS = {
    "fee": -49999000, "in_flight": -2000013345, "miner:a": -649987655, "miner:b": -1300000000,
    "network_fees": 225, "wallet": 3999999775,
}  # fmt: skip
"""Of the databases in `VECTORS`, as the version that made them told."""


def run_script(url: str, script: str) -> None:
    """Run statements as the ledger's role, with the plain driver."""
    if url.startswith("sqlite"):
        with sqlite3.connect(str(make_url(url).database)) as connection:
            connection.executescript(script)
        connection.close()
    else:
        with psycopg.connect(url) as server:
            server.execute(script.encode())


def make_database_before_steps(url: str) -> None:
    """What the last version without numbered steps made of its shares, blocks and payments."""
    name = "sqlite" if url.startswith("sqlite") else "postgresql"
    run_script(url, (VECTORS / f"{name}.sql").read_text())


def engine_that_changes_tables(url: str) -> Engine:
    """As `Database` has one."""
    engine = ledger_engine(url)
    return engine.execution_options(**CHANGES_TABLES[engine.dialect.name])


def reflected(connection: Connection) -> MetaData:
    """The tables as they are in the database."""
    found = MetaData()
    found.reflect(connection)
    return found


def fill_empty_tables(connection: Connection) -> None:
    """A row for each table of a newer version that the old database has nothing for."""
    for table in reflected(connection).sorted_tables:
        if not connection.scalar(select(func.count()).select_from(table)):
            row = {column.name: _sample(connection, column) for column in table.columns}
            connection.execute(insert(table).values(row))


def contents(connection: Connection) -> dict[str, list[str]]:
    """`table.column` → all its values as text, in order: equal contents have equal sums."""
    return {
        f"{table.name}.{column.name}": sorted(map(str, connection.scalars(select(column))))
        for table in reflected(connection).sorted_tables
        for column in table.columns
        if table.name != "alembic_version"
    }


def _sample(connection: Connection, column: Column[Any]) -> object:
    """Any value of the column; where it refers to another table, one that is there."""
    for key in column.foreign_keys:
        return connection.scalar(select(key.column).limit(1))
    return {int: 7, str: "7", float: 7.0, bool: True, bytes: b"7"}[column.type.as_generic().python_type]
