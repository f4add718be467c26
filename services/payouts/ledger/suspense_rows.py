"""What the account `suspense` holds of each block's reward, read and moved inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from services.payouts.ledger import accounts
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.block_rows import Block
from services.payouts.ledger.correction_rows import Grounds, book_by_hand
from services.payouts.ledger.correction_tables import awaited_releases
from services.payouts.ledger.tables import entries, transfers
from services.payouts.rounds.rewards import split

_KINDS = (Kind.REWARD.value, Kind.LATE_ROUND.value, Kind.RELEASE.value)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A suspended reward that the next credited round gets."""

    block_hash: str
    grounds: Grounds


def held_by_blocks(connection: Connection, pool: str) -> dict[str, int]:
    """Block hash → what suspense holds of its reward, in sats; those of which it holds none are absent."""
    rows = connection.execute(
        select(transfers.c.reference, func.sum(entries.c.amount_sats))
        .join(entries, entries.c.transfer_id == transfers.c.id)
        .where(transfers.c.pool == pool, transfers.c.kind.in_(_KINDS))
        .where(entries.c.pool == pool, entries.c.account == accounts.SUSPENSE)
        .group_by(transfers.c.reference)
    )
    return {block_hash: -int(sats) for block_hash, sats in rows if sats}


def release_to_own_round(connection: Connection, block: Block, owed: Mapping[str, int], now_ms: int) -> bool:
    """A suspended block's own shares turned up. False if its reward was given to others before."""
    if block.block_hash not in held_by_blocks(connection, block.pool):
        return False
    accounts.book(
        connection, pool=block.pool, kind=Kind.LATE_ROUND, reference=block.block_hash,
        amounts={accounts.SUSPENSE: block.reward_sats, **owed}, now_ms=now_ms,
    )  # fmt: skip
    forget_awaited(connection, block.pool, block.block_hash)
    return True


def release(
    connection: Connection, block: Block, grounds: Grounds, owed: Mapping[str, int], now_ms: int
) -> None:
    """A suspended reward to whom an operator gives it. `owed`: account → credits, the whole of it."""
    book_by_hand(
        connection, grounds, pool=block.pool, kind=Kind.RELEASE, reference=block.block_hash,
        amounts={accounts.SUSPENSE: block.reward_sats, **owed}, now_ms=now_ms,
    )  # fmt: skip
    forget_awaited(connection, block.pool, block.block_hash)


def spread(block: Block, weights: Mapping[str, int]) -> dict[str, int]:
    """Account → credits of a suspended reward among the shares of a round, after the pool's fee."""
    parts = split(block.reward_sats, block.fee_ppm, weights)
    owed = {accounts.miner(address): -sats for address, sats in parts.credits.items()}
    return {accounts.FEE: -parts.fee_sats, **owed}


def awaited(connection: Connection, pool: str) -> list[Awaited]:
    """What waits for the next credited round."""
    table = awaited_releases.c
    columns = (table.block_hash, table.reason, table.author)
    rows = connection.execute(
        select(*columns).where(table.pool == pool).order_by(table.since_ms, table.block_hash)
    )
    return [Awaited(block_hash, Grounds(*said)) for block_hash, *said in rows]


def forget_awaited(connection: Connection, pool: str, block_hash: str) -> None:
    """It does not wait any more."""
    table = awaited_releases.c
    connection.execute(delete(awaited_releases).where(table.pool == pool, table.block_hash == block_hash))
