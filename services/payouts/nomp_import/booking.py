"""An import in the ledger: everything in one transaction, once for each pool.

What was read is stored with it, so that a second run can tell whether NOMP has changed since, and the report
can be made again. NOMP's running round becomes a round of a block that never was: rejected, so the next
living round takes its shares as it takes those of any dead block, exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, insert, inspect, select

from services.payouts.failpoint import Step
from services.payouts.ledger import accounts, block_rows
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.block_rows import Status
from services.payouts.ledger.database import Database
from services.payouts.ledger.tables import blocks, entries, transfers
from services.payouts.nomp_import.dialect import Refusal
from services.payouts.nomp_import.difference import differences
from services.payouts.nomp_import.plan import Options, Plan, PlannedBlock
from services.payouts.nomp_import.reading import Reading
from services.payouts.nomp_import.tables import nomp_imports, nomp_payouts

REFERENCE: Final = "nomp"

RUNNING_ROUND: Final = "nomp-running-round"
"""In the place of a block hash."""


@dataclass(frozen=True, slots=True)
class StoredImport:
    """An import as the ledger has it."""

    reading: Reading
    options: Options
    created_ms: int
    credited: dict[str, int]  # address → sats, from the books


@dataclass(frozen=True, slots=True)
class Standing:
    """A pool in the ledger at one moment."""

    stored: StoredImport | None
    balances: dict[str, int]  # address → owed sats


@dataclass(frozen=True, slots=True)
class Applied:
    """It is in the ledger; `is_new` if this run brought it there."""

    is_new: bool


def look(database: Database, pool: str) -> Standing:
    """What the ledger has of a pool; nothing where there is no ledger yet."""
    with database.read() as connection:
        tables = inspect(connection)
        if not tables.has_table(entries.name):
            return Standing(None, {})
        stored = _stored(connection, pool) if tables.has_table(nomp_imports.name) else None
        return Standing(stored, _owed_to_miners(accounts.balances(connection, pool)))


def apply(
    database: Database, pool: str, reading: Reading, options: Options, plan: Plan, *, now_ms: int
) -> Applied | Refusal:
    """Book a plan, which was made of this reading and these options, unless that was done before."""
    with database.write(Step.NOMP_IMPORTED) as connection:
        stored = _stored(connection, pool)
        if stored is not None:
            return compared(stored, reading) or Applied(is_new=False)
        known = [planned for planned in plan.blocks if _is_known(connection, pool, planned)]
        reasons = (
            *plan.obstacles,
            *(f"block {planned.block.block_hash} is in the ledger already" for planned in known),
        )
        if reasons:
            return Refusal(reasons)
        _book(connection, pool, plan, now_ms)
        connection.execute(
            insert(nomp_imports).values(
                pool=pool, reading=_json(reading), options=_json(options), created_ms=now_ms
            )
        )
    return Applied(is_new=True)


def compared(stored: StoredImport, reading: Reading) -> Refusal | None:
    """Refuses what differs from what was imported: it would be credited by halves, or twice."""
    changed = differences(stored.reading, reading)
    if not changed:
        return None
    return Refusal(("this pool was imported before, and NOMP's Redis has changed since", *changed))


def _is_known(connection: Connection, pool: str, planned: PlannedBlock) -> bool:
    return block_rows.find(connection, pool, planned.block.block_hash) is not None


def _book(connection: Connection, pool: str, plan: Plan, now_ms: int) -> None:
    credited = {accounts.miner(line.address): -line.credited_sats for line in plan.lines}
    accounts.book(
        connection, pool=pool, kind=Kind.IMPORT, reference=REFERENCE,
        amounts={accounts.OPENING: plan.credited_sats, **credited}, now_ms=now_ms,
    )  # fmt: skip
    for planned in plan.blocks:
        _insert_pending(connection, pool, planned, now_ms)
    if plan.running:
        _insert_running(connection, pool, plan.running, now_ms)
    paid = [
        {"pool": pool, "address": line.address, "paid_sats": line.paid_sats}
        for line in plan.lines
        if line.paid_sats
    ]
    if paid:
        connection.execute(insert(nomp_payouts), paid)


def _insert_pending(connection: Connection, pool: str, planned: PlannedBlock, now_ms: int) -> None:
    """NOMP does not say when, by whom and at which difficulty it was found."""
    block = planned.block
    block_id = _insert_block(
        connection, pool=pool, block_hash=block.block_hash, coinbase_txid=block.coinbase_txid,
        height=block.height, reward_sats=block.reward_sats, found_ms=now_ms, status=Status.PENDING.value,
        reason="taken over from NOMP",
    )  # fmt: skip
    if planned.weights:
        block_rows.store_round(connection, block_id, planned.weights)


def _insert_running(connection: Connection, pool: str, weights: Mapping[str, int], now_ms: int) -> None:
    block_id = _insert_block(
        connection, pool=pool, block_hash=RUNNING_ROUND, height=0, reward_sats=0, found_ms=now_ms,
        status=Status.REJECTED.value, reason="no block: the running round taken over from NOMP",
    )  # fmt: skip
    block_rows.store_round(connection, block_id, weights)


def _insert_block(connection: Connection, **values: object) -> int:
    row = connection.execute(insert(blocks).values(worker="", address="", difficulty=0.0, **values))
    assert row.inserted_primary_key is not None, "the row was just inserted"
    return int(row.inserted_primary_key[0])


def _stored(connection: Connection, pool: str) -> StoredImport | None:
    row = connection.execute(select(nomp_imports).where(nomp_imports.c.pool == pool)).mappings().one_or_none()
    if row is None:
        return None
    booked = (
        select(entries.c.account, entries.c.amount_sats)
        .join(transfers, transfers.c.id == entries.c.transfer_id)
        .where(transfers.c.pool == pool, transfers.c.kind == Kind.IMPORT.value)
        .where(transfers.c.reference == REFERENCE)
    )
    return StoredImport(
        reading=msgspec.json.decode(row["reading"], type=Reading),
        options=msgspec.json.decode(row["options"], type=Options),
        created_ms=row["created_ms"],
        credited=_owed_to_miners({row.account: row.amount_sats for row in connection.execute(booked)}),
    )


def _owed_to_miners(balances: Mapping[str, int]) -> dict[str, int]:
    return {
        address: -sats
        for account, sats in balances.items()
        if (address := accounts.miner_address(account)) is not None
    }


def _json(record: Reading | Options) -> str:
    return msgspec.json.encode(record).decode()
