"""Rewards in suspense: an operator gives them to an address, to the fee, or to the shares of a round.

Each block's reward leaves suspense once: by its own round, should that turn up after all, or by an order.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from nompcore.errors import LedgerError
from services.payouts.failpoint import Step
from services.payouts.ledger import accounts, block_rows, suspense_rows
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.block_rows import Block
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.correction_tables import awaited_releases
from services.payouts.ledger.database import Database


class Release(enum.Enum):
    """What an order did."""

    RELEASED = "released"
    RELEASED_BEFORE = "released before"
    AWAITED = "awaited"  # the next round that is credited gets it


@dataclass(frozen=True, slots=True)
class Held:
    """A block's reward in suspense."""

    block_hash: str
    height: int
    sats: int
    is_awaited: bool


class Suspense:
    """A pool's suspended rewards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self, pool: str) -> list[Held]:
        """All of them, the highest block first."""
        with self._database.read() as connection:
            awaited = {row.block_hash for row in suspense_rows.awaited(connection, pool)}
            held = [
                Held(block_hash, _block(connection, pool, block_hash).height, sats, block_hash in awaited)
                for block_hash, sats in suspense_rows.held_by_blocks(connection, pool).items()
            ]
        return sorted(held, key=lambda row: (-row.height, row.block_hash))

    def give(self, pool: str, block_hash: str, account: str, grounds: Grounds, now_ms: int) -> Release:
        """All of a reward to one account: `fee`, or a miner's. LedgerError where nothing is held of it."""
        if account != accounts.FEE and accounts.miner_address(account) is None:
            raise LedgerError(f"{account!r} is neither fee nor miner:<address>")
        return self._release(
            pool, block_hash, grounds, lambda _, block: {account: -block.reward_sats}, now_ms
        )

    def give_to_round(
        self, pool: str, block_hash: str, round_hash: str, grounds: Grounds, now_ms: int
    ) -> Release:
        """Spread a reward over the shares of another block's round. LedgerError if that has none."""

        def owed(connection: Connection, block: Block) -> dict[str, int]:
            weights = block_rows.weights(connection, [_block(connection, pool, round_hash).id])
            if not weights:
                raise LedgerError(f"the ledger has no shares of block {round_hash}")
            return suspense_rows.spread(block, weights)

        return self._release(pool, block_hash, grounds, owed, now_ms)

    def give_to_next_round(self, pool: str, block_hash: str, grounds: Grounds, now_ms: int) -> Release:
        """The next block that is credited to shares takes the reward along. A later order overrules this."""
        with self._database.write(Step.SUSPENSE_RELEASED) as connection:
            if _is_released(connection, pool, block_hash):
                return Release.RELEASED_BEFORE
            suspense_rows.forget_awaited(connection, pool, block_hash)
            row = {"pool": pool, "block_hash": block_hash, "since_ms": now_ms}
            said = {"reason": grounds.reason, "author": grounds.author}
            connection.execute(insert(awaited_releases).values(**row, **said))
        return Release.AWAITED

    def _release(
        self, pool: str, block_hash: str, grounds: Grounds,
        owed: Callable[[Connection, Block], dict[str, int]], now_ms: int,
    ) -> Release:  # fmt: skip
        with self._database.write(Step.SUSPENSE_RELEASED) as connection:
            if _is_released(connection, pool, block_hash):
                return Release.RELEASED_BEFORE
            block = _block(connection, pool, block_hash)
            suspense_rows.release(connection, block, grounds, owed(connection, block), now_ms)
        return Release.RELEASED


def release_awaited(connection: Connection, block: Block, now_ms: int) -> None:
    """In the transaction that credits a block: its shares get what was decided for the next round, too."""
    awaited = suspense_rows.awaited(connection, block.pool)
    weights = block_rows.weights(connection, [block.id]) if awaited else {}
    if not weights:  # a round of PPS, whose shares were credited one by one: not the one that is waited for
        return
    for row in awaited:
        suspended = _block(connection, block.pool, row.block_hash)
        owed = suspense_rows.spread(suspended, weights)
        suspense_rows.release(connection, suspended, row.grounds, owed, now_ms)


def is_given_away(connection: Connection, block: Block) -> bool:
    """Whether an order gave a suspended reward to others: then its round earns nothing."""
    return accounts.find(connection, block.pool, Kind.RELEASE, block.block_hash) is not None


def _is_released(connection: Connection, pool: str, block_hash: str) -> bool:
    """Whether an order gave the reward away before. LedgerError where suspense never held any of it."""
    if accounts.find(connection, pool, Kind.RELEASE, block_hash) is not None:
        return True
    if block_hash not in suspense_rows.held_by_blocks(connection, pool):
        raise LedgerError(f"suspense holds nothing of a block {block_hash}")
    return False


def _block(connection: Connection, pool: str, block_hash: str) -> Block:
    block = block_rows.find(connection, pool, block_hash)
    if block is None:
        raise LedgerError(f"the pool found no block {block_hash}")
    return block
