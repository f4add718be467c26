"""MPOS's database, of pools that leave accounts and payments to it: does it answer, and would it take what
payouts writes?"""

from __future__ import annotations

import asyncio

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from deploy.operator.checks.ground import ANSWER_SECONDS, Ground
from deploy.operator.checks.mpos_judgement import (
    Shown,
    judge_refusal,
    judge_tables,
    login,
    sound,
    unreachable,
)
from deploy.operator.checks.mpos_uses import Use, position_uses, uses
from deploy.operator.findings import Finding
from nompcore.config import MposConfig, PoolConfig
from services.payouts.mpos.mpos_position import positions
from services.payouts.mpos.mpos_tables import shares

LOGIN_REFUSED = (1044, 1045, 1698)
"""Numbers of MySQL and MariaDB: no right to the database, wrong password, no login by password."""

LOCK_SECONDS = 1
"""MPOS's own jobs lock tables for seconds; who waits so long for one says so."""

_COLUMNS = text(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
)
_ENGINE = text(
    "SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :table"
)


async def check_mpos(ground: Ground) -> list[Finding]:
    """Of all pools in MPOS mode."""
    pools = [(pool, pool.mpos) for pool in ground.pools if pool.mpos is not None]
    found = await asyncio.gather(*(asyncio.to_thread(_look, pool, mpos) for pool, mpos in pools))
    return [finding for part in found for finding in part]


def _look(pool: PoolConfig, config: MposConfig) -> list[Finding]:
    where = f"MPOS's database {config.host}:{config.port} (pool_configs/{pool.name}.json)"
    seconds = int(ANSWER_SECONDS)
    timeouts = {"connect_timeout": seconds, "read_timeout": seconds, "write_timeout": seconds}
    engine = create_engine(_url(config), connect_args=timeouts, hide_parameters=True)
    try:
        with engine.connect() as connection:
            return _examine(where, connection, config) or [sound(where)]
    except DBAPIError as error:
        number, words = _refusal(error)
        return [login(where, words) if number in LOGIN_REFUSED else unreachable(where, words)]
    except (SQLAlchemyError, RuntimeError) as error:  # RuntimeError: a package for its login is missing
        return [unreachable(where, str(error))]
    finally:
        engine.dispose()


def _examine(where: str, connection: Connection, config: MposConfig) -> list[Finding]:
    connection.execute(text(f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}"))
    wanted, shown = uses(config), _shown(connection)
    found = judge_tables(where, shown, wanted)
    if shares.name not in shown.columns:
        return found
    tried = [use for use in wanted if set(use.columns) <= shown.columns.get(use.table, set())]
    tried += position_uses(is_there=positions.name in shown.columns)
    return found + [finding for use in tried for finding in _try(where, connection, config, use)]


def _shown(connection: Connection) -> Shown:
    """What the server shows this user of the database: only what it has some right to."""
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(_COLUMNS):
        columns.setdefault(table, set()).add(column)
    return Shown(columns, connection.execute(_ENGINE, {"table": shares.name}).scalar() or "")


def _try(where: str, connection: Connection, config: MposConfig, use: Use) -> list[Finding]:
    try:
        connection.execute(use.statement)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return judge_refusal(where, f"{config.database}.{use.table}", use, *_refusal(error))
    finally:
        if not connection.invalidated:
            connection.rollback()
    return []


def _url(config: MposConfig) -> URL:
    password = config.password.get_secret_value()
    return URL.create("mysql+pymysql", config.user, password, config.host, config.port, config.database)


def _refusal(error: DBAPIError) -> tuple[int, str]:
    """The server's number, 0 without one, and its words."""
    arguments = error.orig.args if error.orig is not None else ()
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    return number, str(error.orig)
