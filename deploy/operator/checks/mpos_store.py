"""MPOS's database, of pools that leave accounts and payments to it: does it answer, and has it the tables?"""

from __future__ import annotations

import asyncio

from sqlalchemy import URL, create_engine, inspect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from deploy.operator.checks.ground import ANSWER_SECONDS, Ground
from deploy.operator.findings import Finding, fine, wrong
from nompcore.config import MposConfig, PoolConfig

SHARES = "shares"
NO_SHARES = "shares wait in NATS until MPOS's database takes them, and miners cannot log in"
LOGIN_REFUSED = (1044, 1045, 1698)
"""Numbers of MySQL and MariaDB: no right to the database, wrong password, no login by password."""


async def check_mpos(ground: Ground) -> list[Finding]:
    """Of all pools in MPOS mode."""
    pools = [(pool, pool.mpos) for pool in ground.pools if pool.mpos is not None]
    found = await asyncio.gather(*(asyncio.to_thread(_look, pool, mpos) for pool, mpos in pools))
    return [finding for part in found for finding in part]


def _look(pool: PoolConfig, config: MposConfig) -> list[Finding]:
    where = f"MPOS's database {config.host}:{config.port} (pool_configs/{pool.name}.json)"
    engine = create_engine(
        _url(config), connect_args={"connect_timeout": int(ANSWER_SECONDS)}, hide_parameters=True
    )
    try:
        with engine.connect() as connection:
            return judge_tables(where, inspect(connection).get_table_names())
    except DBAPIError as error:
        number, text = _number(error), str(error.orig)
        return [_login(where, text) if number in LOGIN_REFUSED else _unreachable(where, text)]
    except (SQLAlchemyError, RuntimeError) as error:  # RuntimeError: a package for its login is missing
        return [_unreachable(where, str(error))]
    finally:
        engine.dispose()


def judge_tables(where: str, names: list[str]) -> list[Finding]:
    """Whether it is a database of MPOS."""
    if SHARES in names:
        return [fine("mpos", where, "answers, and is one of MPOS")]
    return [
        wrong(
            "mpos-empty", where, f"it has no table {SHARES}", why=NO_SHARES,
            mend='name MPOS\'s own database as "database", or load MPOS\'s own tables into it',
        )
    ]  # fmt: skip


def _login(where: str, text: str) -> Finding:
    return wrong(
        "mpos-login", where, text, why=NO_SHARES,
        mend="GRANT the user its rights at the database (docs/mpos.md), and set user and password in the "
        "MPOS section of the pool's file",
    )  # fmt: skip


def _unreachable(where: str, text: str) -> Finding:
    return wrong(
        "mpos-unreachable", where, text, why=NO_SHARES,
        mend="start the database; compare host, port and database in the MPOS section with what it has, and "
        "look at its bind-address and the firewall",
    )  # fmt: skip


def _url(config: MposConfig) -> URL:
    password = config.password.get_secret_value()
    return URL.create("mysql+pymysql", config.user, password, config.host, config.port, config.database)


def _number(error: DBAPIError) -> int:
    arguments = error.orig.args if error.orig is not None else ()
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0
