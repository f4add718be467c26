"""The ledger migrates itself, on both databases: from nothing, from every version, and never back."""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

import services.payouts
from services.payouts.failpoint import Failpoints
from services.payouts.ledger import schema
from services.payouts.ledger.blocks_ledger import Crediting
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.schema import LedgerUnusable
from services.payouts.ledger.tables import metadata
from tests.servers import PostgresServer, wait_until
from tests.servers.process import ServerProcess
from tests.service.ledger_databases import (
    BALANCES_BEFORE_STEPS,
    contents,
    engine_that_changes_tables,
    fill_empty_tables,
    make_database_before_steps,
    run_script,
)
from tests.unit.ledger_steps import block_id, confirm, intend, statuses
from tests.unit.payouts_samples import POOL, block_hash

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = engine_that_changes_tables(url)
    yield opened
    opened.dispose()


@contextmanager
def open_ledger(url: str) -> Iterator[Ledger]:
    ledger = Ledger(Database(url, Failpoints()))
    try:
        ledger.open()
        yield ledger
    finally:
        ledger.close()


def migrate(url: str) -> None:
    with open_ledger(url):
        pass


def all_tables() -> set[str]:
    """Of every module of payouts, wherever it says what its tables are."""
    for module in pkgutil.walk_packages(services.payouts.__path__, "services.payouts."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    return set(metadata.tables)


def shape(connection: Connection) -> dict[str, Any]:
    """All that the database says of its tables, in no order."""
    look = inspect(connection)
    return {table: _shape(look, table) for table in look.get_table_names() if table != "alembic_version"}


def _shape(look: Any, table: str) -> dict[str, Any]:
    parts = {
        "columns": look.get_columns(table),
        "foreign keys": look.get_foreign_keys(table),
        "indexes": look.get_indexes(table),
        "unique": look.get_unique_constraints(table),
        "checks": look.get_check_constraints(table),
    }
    shapes = {
        name: sorted(str(sorted(part.items(), key=str)) for part in found) for name, found in parts.items()
    }
    return {**shapes, "primary key": look.get_pk_constraint(table)}


# ---- the tables ----


def test_an_empty_database_gets_exactly_the_tables_of_today(engine: Engine) -> None:
    tables = all_tables()
    with engine.begin() as connection:
        schema.migrate(connection)
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        migrated = shape(connection)
        assert set(migrated) == tables
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert migrated == shape(connection)


@pytest.mark.parametrize("change", ["UPDATE {} SET pool = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["entries", "transfers"])
def test_the_books_can_only_be_added_to(url: str, table: str, change: str) -> None:
    make_database_before_steps(url)
    migrate(url)
    with pytest.raises(Exception, match=r"the books are only added to|near .TRUNCATE.: syntax error"):
        run_script(url, change.format(table))


# ---- upgrades ----


def test_a_database_from_before_there_were_steps_goes_on_with_all_its_money(url: str, engine: Engine) -> None:
    make_database_before_steps(url)
    with engine.begin() as connection:
        before = contents(connection)
    with open_ledger(url) as ledger, engine.begin() as connection:
        assert before.items() <= contents(connection).items()
        assert schema.version(connection) == schema.versions()[-1]
        assert ledger.balances(POOL) == BALANCES_BEFORE_STEPS


def test_money_moves_on_in_a_database_from_before_there_were_steps(url: str) -> None:
    make_database_before_steps(url)
    with open_ledger(url) as ledger:
        assert statuses(ledger) == {
            block_hash(1): "confirmed", block_hash(2): "rejected", block_hash(3): "pending",
            block_hash(4): "submitted",
        }  # fmt: skip
        assert confirm(ledger, block_id(ledger, 3)) is Crediting.CREDITED
        unsent = ledger.payments.open_payment(POOL)
        assert unsent is not None
        assert (unsent.id, unsent.outputs) == ("p3", {"a": 12345})
        assert not intend(ledger, "p4", a=1)


def test_every_step_leaves_all_that_the_version_before_wrote(url: str, engine: Engine) -> None:
    make_database_before_steps(url)
    for version in schema.versions():
        with engine.begin() as connection:
            before = contents(connection)
            schema.migrate(connection, to=version)
            assert schema.version(connection) == version
            assert before.items() <= contents(connection).items()
            fill_empty_tables(connection)


def test_a_step_that_fails_leaves_the_database_as_it_was(url: str, engine: Engine) -> None:
    make_database_before_steps(url)
    run_script(url, "DROP TABLE entries")
    with engine.begin() as connection:
        before = shape(connection)
    with pytest.raises(DBAPIError):
        migrate(url)
    with engine.begin() as connection:
        assert schema.version(connection) == ""
        assert shape(connection) == before


def test_opening_again_changes_nothing(url: str, engine: Engine) -> None:
    for _ in range(2):
        migrate(url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            (schema.versions()[-1],)
        ]


async def test_processes_that_migrate_at_once_all_succeed(url: str, engine: Engine, tmp_path: Path) -> None:
    make_database_before_steps(url)
    command = [sys.executable, "-m", "tests.service.migrating_process", url]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'libs'}{os.pathsep}{ROOT}"}
    processes = [ServerProcess(command, tmp_path / f"{number}.log", environment) for number in range(3)]

    def are_waiting() -> bool:
        """PostgreSQL tells who waits for the lock; of SQLite we know who is about to ask for it."""
        if engine.dialect.name == "postgresql":
            with engine.begin() as watching:
                waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                return bool(watching.scalar(text(waiting)) == len(processes))
        return all("opening" in process.log_path.read_text() for process in processes)

    with engine.begin() as connection:  # holds what all of them need
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({schema.LOCK})"))
        for process in processes:
            process.start()
        await wait_until(are_waiting, what="three processes at the lock")
    exit_codes = await asyncio.gather(*(process.wait() for process in processes))
    assert exit_codes == [0, 0, 0], [process.log_path.read_text() for process in processes]
    with engine.begin() as connection:
        assert schema.version(connection) == schema.versions()[-1]


# ---- refusals ----


def test_a_database_of_a_newer_program_is_refused_and_left_alone(url: str, engine: Engine) -> None:
    migrate(url)
    run_script(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerUnusable, match=r"at version 9999, this program knows \d{4} at most"):
        migrate(url)
    with engine.begin() as connection:
        assert schema.version(connection) == "9999"
