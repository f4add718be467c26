"""MPOS's database: connections and transactions. Whatever it does is an outage, for it is not ours.

Synchronous, like the ledger's; its methods run in threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Dialect, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from nompcore.config import MposConfig
from nompcore.errors import NompError
from services.payouts.failpoint import Failpoints, Moment, Step
from services.payouts.mpos.mpos_position import create_missing_table
from services.payouts.mpos.mpos_tables import shares

CONNECT_SECONDS: Final = 3
ANSWER_SECONDS: Final = 20
"""A batch of rows takes milliseconds, but MPOS's own jobs lock tables for seconds."""


TRANSACTIONAL: Final = "InnoDB"

_ENGINE_OF: Final = text(
    "SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :table"
)


_PACKAGE: Final = "cryptography"
_WITHOUT_PACKAGE: Final = (
    "the server keeps this user's password as caching_sha2_password or sha256_password, for which the "
    "package cryptography is missing: ALTER USER ... IDENTIFIED WITH mysql_native_password BY ..., or "
    "install it (docs/mpos.md)"
)


class MposUnavailable(NompError):  # noqa: N818 - as those of nompcore.errors
    """The database is away or refuses: its number and text, never what was asked."""


class MposDatabase:
    """The engine, and a pool's transactions."""

    def __init__(self, config: MposConfig, failpoints: Failpoints) -> None:
        """Nothing is opened yet."""
        self._engine = create_engine(
            _url(config),
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": ANSWER_SECONDS,
                "write_timeout": ANSWER_SECONDS,
            },
            isolation_level="REPEATABLE READ",  # old servers with a binary log refuse to write in another
            pool_pre_ping=True,
            hide_parameters=True,
        )
        event.listen(self._engine, "do_connect", _connect)
        event.listen(self._engine, "connect", _speak_utc)
        self._failpoints = failpoints

    def prepare(self) -> None:
        """Make our one table where it is not there. MposUnavailable where rows cannot be taken back: then
        they would not be written exactly once."""
        with self.transaction() as connection:
            create_missing_table(connection)
            engine = connection.execute(_ENGINE_OF, {"table": shares.name}).scalar()
        if engine is None:
            raise MposUnavailable(f"MPOS database: no table {shares.name}, or no right to use it")
        if engine != TRANSACTIONAL:
            raise MposUnavailable(
                f"MPOS database: the engine of table {shares.name} is {engine}, not {TRANSACTIONAL}"
            )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction; MposUnavailable when the database does not do it."""
        with _outages(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, step: Step) -> Iterator[Connection]:
        """A transaction that is durable once the block is left, unless it raises; then nothing happened."""
        with self.transaction() as connection:
            yield connection
            self._failpoints.reach(step, Moment.BEFORE)
        self._failpoints.reach(step, Moment.AFTER)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise MposUnavailable(f"MPOS database: {error.orig}") from None  # the statement is left out
    except SQLAlchemyError as error:  # no connection was free
        raise MposUnavailable(f"MPOS database: {type(error).__name__}") from None


def _url(config: MposConfig) -> URL:
    return URL.create(
        "mysql+pymysql",
        username=config.user,
        password=config.password.get_secret_value(),
        host=config.host,
        port=config.port,
        database=config.database,
        query={"charset": "utf8mb4"},
    )


def _connect(dialect: Dialect, _record: Any, arguments: Any, options: Any) -> DBAPIConnection:
    """The driver raises RuntimeError where it lacks what the server wants for its kind of passwords."""
    try:
        return dialect.connect(*arguments, **options)
    except RuntimeError as error:
        reason = _WITHOUT_PACKAGE if _PACKAGE in str(error) else error
        raise MposUnavailable(f"MPOS database: {reason}") from error


def _speak_utc(connection: Any, _record: Any) -> None:
    """Times go in as UTC: in other zones an hour in autumn has two meanings."""
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
