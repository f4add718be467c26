"""Rows of found blocks and their rounds, read and written inside a transaction of the ledger."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from nompcore.errors import LedgerError
from nompcore.messages import BlockSubmitted
from services.payouts.counting.tally_batch import Candidate
from services.payouts.ledger.tables import blocks, round_shares


class Status(enum.Enum):
    """Where a found block stands."""

    SUBMITTED = "submitted"  # a candidate in the share log whose outcome is not known
    PENDING = "pending"  # accepted, not mature
    CONFIRMED = "confirmed"  # mature and credited
    ORPHANED = "orphaned"  # another block took its place
    REJECTED = "rejected"  # never accepted


DEAD: Final = frozenset({Status.ORPHANED, Status.REJECTED})
UNSETTLED: Final = frozenset({Status.SUBMITTED, Status.PENDING})


@dataclass(frozen=True, slots=True)
class Block:
    """A found block as the ledger has it."""

    id: int
    pool: str
    block_hash: str
    coinbase_txid: str  # empty for a candidate whose outcome was not reported
    height: int
    worker: str
    reward_sats: int
    fee_ppm: int
    found_ms: int
    status: Status
    round_closed: bool
    returned_into: int | None

    @property
    def is_returned(self) -> bool:
        """Another round took its shares."""
        return self.returned_into is not None


_COLUMNS: Final = [
    blocks.c.id, blocks.c.pool, blocks.c.block_hash, blocks.c.coinbase_txid, blocks.c.height, blocks.c.worker,
    blocks.c.reward_sats, blocks.c.fee_ppm, blocks.c.found_ms, blocks.c.status, blocks.c.round_closed,
    blocks.c.returned_into,
]  # fmt: skip


def find(connection: Connection, pool: str, block_hash: str) -> Block | None:
    """A block by its hash in display order."""
    condition = (blocks.c.pool == pool) & (blocks.c.block_hash == block_hash)
    row = connection.execute(select(*_COLUMNS).where(condition)).mappings().one_or_none()
    return None if row is None else _block(row)


def get(connection: Connection, block_id: int) -> Block:
    """A block by its row id."""
    return _block(connection.execute(select(*_COLUMNS).where(blocks.c.id == block_id)).mappings().one())


def with_status(connection: Connection, pool: str, statuses: Collection[Status]) -> list[Block]:
    """A pool's blocks of these statuses, lowest first."""
    names = [status.value for status in statuses]
    condition = (blocks.c.pool == pool) & blocks.c.status.in_(names)
    rows = connection.execute(
        select(*_COLUMNS).where(condition).order_by(blocks.c.height, blocks.c.id)
    ).mappings()
    return [_block(row) for row in rows]


def returnable(connection: Connection, pool: str) -> dict[int, str]:
    """Dead blocks whose round is here and was not taken by a living one: row id → hash."""
    names = [status.value for status in DEAD]
    condition = (blocks.c.pool == pool) & blocks.c.status.in_(names) & blocks.c.round_closed.is_(True)
    columns = (blocks.c.id, blocks.c.block_hash)
    rows = connection.execute(select(*columns).where(condition, blocks.c.returned_into.is_(None)))
    return {row.id: row.block_hash for row in rows}


def weights(connection: Connection, block_ids: Collection[int]) -> dict[str, int]:
    """Address → work in these blocks' rounds together."""
    total: dict[str, int] = {}
    condition = round_shares.c.block_id.in_(block_ids)
    for address, work in connection.execute(
        select(round_shares.c.address, round_shares.c.work).where(condition)
    ):
        total[address] = total.get(address, 0) + int(work)
    return total


def store_round(connection: Connection, block_id: int, round_weights: Mapping[str, int]) -> None:
    """Keep a round's weights and mark it closed; LedgerError for a round without work."""
    if not round_weights:
        raise LedgerError("a round holds at least the share that ended it")
    rows = [
        {"block_id": block_id, "address": address, "work": str(work)}
        for address, work in round_weights.items()
    ]
    connection.execute(insert(round_shares), rows)
    change(connection, block_id, round_closed=True, round_work=str(sum(round_weights.values())))


def store_paid_round(connection: Connection, block_id: int) -> None:
    """Mark a round closed in which nobody has a part: its shares were credited one by one."""
    change(connection, block_id, round_closed=True)


def change(connection: Connection, block_id: int, **values: object) -> None:
    """Set columns of a block."""
    status = values.get("status")
    if isinstance(status, Status):
        values["status"] = status.value
    connection.execute(update(blocks).where(blocks.c.id == block_id).values(**values))


def insert_candidate(connection: Connection, pool: str, candidate: Candidate) -> None:
    """A block of which only the share log tells."""
    connection.execute(
        insert(blocks).values(
            pool=pool, block_hash=candidate.block_hash_display, height=candidate.height,
            worker=candidate.worker, address=candidate.address, difficulty=candidate.difficulty,
            reward_sats=candidate.reward_sats, found_ms=candidate.time_ms, status=Status.SUBMITTED.value,
        )
    )  # fmt: skip


def insert_outcome(connection: Connection, outcome: BlockSubmitted, status: Status) -> None:
    """A block of which jobmaker tells before the share log does."""
    connection.execute(
        insert(blocks).values(
            pool=outcome.pool, block_hash=outcome.block_hash_display, height=outcome.height,
            coinbase_txid=outcome.coinbase_txid_display, worker=outcome.worker, address=outcome.address,
            difficulty=outcome.difficulty, reward_sats=outcome.reward_sats, found_ms=outcome.time_ms,
            status=status.value, reason=outcome.reason,
        )
    )  # fmt: skip


def _block(row: RowMapping) -> Block:
    return Block(**{**row, "status": Status(row["status"])})
