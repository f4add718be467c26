"""What payouts does with MPOS's tables, each as a statement that concerns no row: it needs the same tables,
columns and rights, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Executable, Table, insert, literal_column, select, text, update
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from nompcore.config import MposConfig
from nompcore.config.mpos import LoginCheck
from services.payouts.mpos.mpos_position import positions
from services.payouts.mpos.mpos_tables import accounts, pool_worker, shares

_NO_ROW = text("1 = 0")


@dataclass(frozen=True, slots=True)
class Use:
    """`right` as GRANT spells it."""

    table: str
    right: str
    columns: tuple[str, ...]
    statement: Executable


def uses(config: MposConfig) -> list[Use]:
    """Of MPOS's own tables, as the pool's way to check logins needs them."""
    logins = ["password"] if config.login_check is not LoginCheck.NONE else []
    wanted = [
        _select(shares, "id", "solution"),
        _insert(shares, [column.name for column in shares.c if column.name != "id"]),
        _update(shares, upstream_result="Y"),
        _select(pool_worker, "username", *logins),
        _update(pool_worker, difficulty=1.0),
    ]
    if config.auto_create_worker:
        wanted += [
            _select(accounts, "id", "username"),
            _insert(pool_worker, ["account_id", "username", "password"]),
        ]
    return wanted


def position_uses(*, is_there: bool) -> list[Use]:
    """Of the table that payouts makes where it is missing."""
    names = [column.name for column in positions.c]
    wanted = [
        _select(positions, *names),
        _insert(positions, names),
        _update(positions, sequence=0, share_ms=0, row_ms=0),
    ]
    return wanted if is_there else [_create(positions), *wanted]


def used_columns(wanted: Iterable[Use], table: str) -> set[str]:
    """All columns of a table that some use names."""
    return {column for use in wanted if use.table == table for column in use.columns}


def _select(table: Table, *columns: str) -> Use:
    statement = select(*(table.c[name] for name in columns)).where(_NO_ROW)
    return Use(table.name, "SELECT", columns, statement)


def _insert(table: Table, columns: Iterable[str]) -> Use:
    names = tuple(columns)
    # old servers take a WHERE only after a FROM
    nulls: list[ColumnElement[object]] = [literal_column("NULL") for _ in names]
    nothing = select(*nulls).select_from(text("DUAL")).where(_NO_ROW)
    return Use(table.name, "INSERT", names, insert(table).from_select(names, nothing))


def _update(table: Table, **values: object) -> Use:
    return Use(table.name, "UPDATE", tuple(values), update(table).where(_NO_ROW).values(values))


def _create(table: Table) -> Use:
    """Prepared and never executed: the server looks at the right then."""
    definition = str(CreateTable(table).compile(dialect=mysql.dialect()))
    quoted = definition.replace("'", "''")
    return Use(table.name, "CREATE", (), text(f"PREPARE nomp_check FROM '{quoted}'"))
