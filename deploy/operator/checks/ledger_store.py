"""The ledger's database: is it there, of this program's version, and can payouts write to it?"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from deploy.operator.checks.ground import Ground
from deploy.operator.checks.ledger_reading import ledger_file, reading
from deploy.operator.findings import Finding, fine, hint, wrong
from services.payouts.ledger import schema

WHERE = "ledger (LEDGER_URL)"
NO_PAYMENTS = "payouts does not start without it: shares wait in NATS, nobody is paid"


async def check_ledger(ground: Ground) -> list[Finding]:
    """The one of all pools."""
    return await asyncio.to_thread(_look, ground.settings.ledger_url)


def _look(url: str) -> list[Finding]:
    try:
        file = ledger_file(url)
    except ArgumentError:
        return [_bad_url("not the URL of a database")]
    if file is not None and (found := _file(file)):
        return found
    try:
        with reading(url) as connection:
            return judge_version(schema.version(connection), schema.versions())
    except schema.LedgerUnusable as error:
        return [_bad_url(str(error))]
    except SQLAlchemyError as error:
        return [_unreachable(str(error.__cause__ or error))]


def judge_version(version: str, known: list[str]) -> list[Finding]:
    """Whether this program can use tables of that version."""
    if version and version not in known:
        return [
            wrong(
                "ledger-newer", WHERE, f"its tables are of version {version}, this program knows {known[-1]}",
                why=NO_PAYMENTS,
                mend="install the program that made it or a newer one, or restore the backup from before",
            )
        ]  # fmt: skip
    if version != known[-1]:
        return [
            hint(
                "ledger-older", WHERE, f"its tables are of version {version or 'none'}, today's are "
                f"{known[-1]}",
                why="the next payouts that starts brings them up, and an older one then refuses them",
                mend="back it up, then start this version of payouts",
            )
        ]  # fmt: skip
    return [fine("ledger", WHERE, f"answers, tables of version {version}")]


def _file(file: Path) -> list[Finding]:
    """What is wrong with a SQLite file, before it is opened."""
    if not file.exists():
        return _missing(file)
    if os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK):
        return []
    return [_unwritable(str(file.absolute()))]


def _missing(file: Path) -> list[Finding]:
    place = next(parent for parent in file.absolute().parents if parent.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        return [_unwritable(str(place))]
    return [
        hint(
            "ledger-absent", WHERE, f"there is no file {file.absolute()}",
            why="payouts makes it when it starts first; later it would mean that the books are gone",
            mend="nothing for a new pool; else give the LEDGER_URL of payouts, or restore the backup",
        )
    ]  # fmt: skip


def _unwritable(place: str) -> Finding:
    return wrong(
        "ledger-unwritable", WHERE, f"{place} cannot be written to by this user", why=NO_PAYMENTS,
        mend="give file and directory to the user of payouts (chown), and run this command as that user",
    )  # fmt: skip


def _unreachable(text: str) -> Finding:
    return wrong(
        "ledger-unreachable", WHERE, " ".join(text.split()), why=NO_PAYMENTS,
        mend="start the database; compare host, port, user, password and database in LEDGER_URL with what it "
        "has (psql with the same URL tells more)",
    )  # fmt: skip


def _bad_url(text: str) -> Finding:
    return wrong(
        "ledger-url", WHERE, text, why=NO_PAYMENTS,
        mend="give sqlite:///<file> or postgresql://<user>:<password>@<host>/<database>, with @ in the "
        "password as %40",
    )  # fmt: skip
