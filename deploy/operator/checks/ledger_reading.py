"""Looks into the ledger without changing anything, whichever database it is in."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from services.payouts.auditing.audit import Standing
from services.payouts.ledger import accounts, schema
from services.payouts.ledger.engines import READS, ledger_engine
from services.payouts.ledger.payments_ledger import State, select_payments
from services.payouts.ledger.tables import payments


def ledger_file(url: str) -> Path | None:
    """The file of a SQLite ledger; None for another database."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(str(parsed.database)) if is_file else None


@contextlib.contextmanager
def reading(url: str) -> Iterator[Connection]:
    """A transaction that only reads. Raises what the database raises, and LedgerUnusable."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def owed_sats(url: str, pool: str) -> int | None:
    """What the pool's wallet has to hold for others; None where the ledger cannot be read."""
    try:
        with reading(url) as connection:
            if schema.version(connection) != schema.versions()[-1]:
                return None
            sent = select_payments(
                connection, (payments.c.pool == pool) & (payments.c.state == State.BROADCAST.value)
            )
            balances = accounts.balances(connection, pool)
    except (SQLAlchemyError, schema.LedgerUnusable, OSError):
        return None
    sent_sats = sum(payment.total_sats for payment in sent)
    return Standing(balances, unsettled_sats=0, sent_sats=sent_sats, wallet_sats=0).owed_sats


def _engine(url: str) -> Engine:
    file = ledger_file(url)
    if file is None:
        return ledger_engine(url).execution_options(**READS["postgresql"])
    place = f"file:{quote(str(file))}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(place, uri=True), hide_parameters=True)
