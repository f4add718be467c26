"""What MPOS's database shows and says, judged. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.operator.checks.mpos_uses import Use, used_columns
from deploy.operator.findings import Finding, fine, unchecked, wrong
from services.payouts.mpos.mpos_database import TRANSACTIONAL
from services.payouts.mpos.mpos_position import positions
from services.payouts.mpos.mpos_tables import accounts, pool_worker, shares

NO_SHARES = "shares wait in NATS until MPOS's database takes them, and miners cannot log in"
WHY: Mapping[str, str] = {
    shares.name: NO_SHARES,
    positions.name: NO_SHARES,
    pool_worker.name: "miners cannot log in, or shares come into MPOS late",
    accounts.name: "unknown workers are not added, and cannot log in",
}

# Numbers of MySQL and MariaDB.
ABSENT = 1146
NO_RIGHT = (1142, 1143)  # to the table, to a column
NO_DEFAULT = 1364
BUSY = 1205
READ_ONLY = (1290, 1792, 1836)


@dataclass(frozen=True, slots=True)
class Shown:
    """Tables of the database with their columns, and the engine of the shares; only what the user may use."""

    columns: Mapping[str, set[str]]
    engine: str


def judge_tables(where: str, shown: Shown, wanted: Sequence[Use]) -> list[Finding]:
    """Whether it is a database of MPOS, with all that payouts uses."""
    if shares.name not in shown.columns:
        return [_empty(where)]
    missing = {
        table: sorted(used_columns(wanted, table) - shown.columns.get(table, set()))
        for table in dict.fromkeys(use.table for use in wanted)
    }
    return [
        *([] if shown.engine == TRANSACTIONAL else [_engine(where, shown.engine)]),
        *(
            _missing(where, table, columns, is_there=table in shown.columns)
            for table, columns in missing.items()
            if columns
        ),
    ]


def judge_refusal(where: str, place: str, use: Use, number: int, words: str) -> list[Finding]:
    """A statement that the server did not do. `place` is the table with its database."""
    why = WHY[use.table]
    if number == ABSENT and use.table == positions.name:
        return []  # payouts makes it when it starts
    if number == BUSY:
        again = "ask again; if it stays so, look with SHOW PROCESSLIST for who locks it"
        return [unchecked("mpos-busy", where, f"{use.right} on {place}: {words}", mend=again)]
    if number in NO_RIGHT:
        grant = f"GRANT {use.right} ON {place} TO the pool's user (docs/mpos.md has all that it needs)"
        return [wrong("mpos-rights", where, words, why=why, mend=grant)]
    if number in READ_ONLY:
        source = 'name the server that MPOS itself writes to as "host", or end its read_only'
        return [wrong("mpos-read-only", where, words, why=why, mend=source)]
    return [_refused(where, place, use, number, words)]


def sound(where: str) -> Finding:
    """Nothing is wrong."""
    return fine("mpos", where, "answers, and takes what payouts writes")


def login(where: str, words: str) -> Finding:
    """The user is refused."""
    return wrong(
        "mpos-login", where, words, why=NO_SHARES,
        mend="GRANT the user its rights at the database (docs/mpos.md), and set user and password in the "
        "MPOS section of the pool's file",
    )  # fmt: skip


def unreachable(where: str, words: str) -> Finding:
    """No answer."""
    return wrong(
        "mpos-unreachable", where, words, why=NO_SHARES,
        mend="start the database; compare host, port and database in the MPOS section with what it has, and "
        "look at its bind-address and the firewall",
    )  # fmt: skip


def _empty(where: str) -> Finding:
    return wrong(
        "mpos-empty", where, f"it has no table {shares.name}, or none that the user may use", why=NO_SHARES,
        mend='name MPOS\'s own database as "database", load MPOS\'s own tables into it, or GRANT the rights '
        "of docs/mpos.md",
    )  # fmt: skip


def _engine(where: str, engine: str) -> Finding:
    return wrong(
        "mpos-engine", where, f"the engine of table {shares.name} is {engine}, not {TRANSACTIONAL}",
        why=f"rows could not be taken back, so payouts writes none: {NO_SHARES}",
        mend=f"ALTER TABLE {shares.name} ENGINE={TRANSACTIONAL}, as MPOS makes it",
    )  # fmt: skip


def _missing(where: str, table: str, columns: Sequence[str], *, is_there: bool) -> Finding:
    names = ", ".join(columns)
    what = f"table {table} has no {names}" if is_there else f"it has no table {table}"
    return wrong(
        "mpos-columns" if is_there else "mpos-table", where, f"{what}, or none that the user may use",
        why=WHY[table],
        mend="run MPOS's own upgrades, compare it with MPOS's tables, and GRANT the rights of docs/mpos.md",
    )  # fmt: skip


def _refused(where: str, place: str, use: Use, number: int, words: str) -> Finding:
    mend = (
        "give it a default: payouts does not know the column"
        if number == NO_DEFAULT
        else "look at what the server says, and compare the table with MPOS's own"
    )
    return wrong("mpos-refuses", where, f"{use.right} on {place}: {words}", why=WHY[use.table], mend=mend)
