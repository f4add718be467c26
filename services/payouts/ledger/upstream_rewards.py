"""Coins that an upstream pool paid: a reward without a block, for the shares since the last one.

It stands among the blocks, with the paying transaction for a hash and no height, and waits in suspense until
the share log says where its shares end. From there on it is a block that was confirmed before its round came.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from nompcore.errors import LedgerError
from services.payouts.counting.round_mark import MARK_WORKER
from services.payouts.failpoint import Step
from services.payouts.ledger import accounts, block_rows
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.block_rows import Block, Status
from services.payouts.ledger.correction_rows import Grounds, book_by_hand
from services.payouts.ledger.correction_tables import accepted_findings
from services.payouts.ledger.database import Database
from services.payouts.ledger.suspense import is_given_away
from services.payouts.ledger.tables import blocks, payments


class UpstreamRewards:
    """Those of all pools."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(
        self,
        pool: str,
        txid: str,
        *,
        reward_sats: int,
        fee_ppm: int,
        address: str,
        grounds: Grounds,
        now_ms: int,
    ) -> bool:
        """Book a reward, once for each transaction. False if it was booked before; LedgerError if otherwise.

        Nobody looks for it in the chain as if it were a block.
        """
        if reward_sats <= 0:
            raise LedgerError(f"a reward of {reward_sats} is none")
        with self._database.write(Step.UPSTREAM_REWARD) as connection:
            before = block_rows.find(connection, pool, txid)
            if before is not None and not _is_bare_mark(before):
                if before.height or before.reward_sats != reward_sats:
                    raise LedgerError(f"{txid} stands in the ledger as something else")
                if is_given_away(connection, before):
                    raise LedgerError(f"the reward of {txid} was given away out of suspense")
                return False
            _require_unbooked(connection, pool, txid, address)
            if before is None:
                block = {
                    "pool": pool, "block_hash": txid, "height": 0, "worker": MARK_WORKER, "address": address,
                    "difficulty": 0.0, "reward_sats": 0, "found_ms": now_ms,
                    "status": Status.SUBMITTED.value,
                }  # fmt: skip
                connection.execute(insert(blocks).values(**block))
            _confirm(connection, pool, txid, reward_sats, fee_ppm)
            book_by_hand(
                connection, grounds, pool=pool, kind=Kind.REWARD, reference=txid,
                amounts={accounts.WALLET: reward_sats, accounts.SUSPENSE: -reward_sats}, now_ms=now_ms,
            )  # fmt: skip
            _pass_over(connection, pool, txid, grounds, now_ms)
        return True

    def is_credited(self, pool: str, txid: str) -> bool:
        """Whether its round has come: the miners have it."""
        with self._database.read() as connection:
            found = block_rows.find(connection, pool, txid)
        return found is not None and found.round_closed


def _is_bare_mark(block: Block) -> bool:
    """Whether the share log told of it and nobody entered it: the ledger came out of an older backup."""
    return block.height == 0 and block.worker == MARK_WORKER and block.status is Status.SUBMITTED


def _confirm(connection: Connection, pool: str, txid: str, reward_sats: int, fee_ppm: int) -> None:
    block = (blocks.c.pool == pool) & (blocks.c.block_hash == txid)
    connection.execute(
        update(blocks).where(block).values(
            status=Status.CONFIRMED.value, reward_sats=reward_sats, fee_ppm=fee_ppm,
            reason="paid by the upstream pool",
        )
    )  # fmt: skip


def _pass_over(connection: Connection, pool: str, txid: str, grounds: Grounds, now_ms: int) -> None:
    """The audit may have been told before to leave the transaction alone."""
    table = accepted_findings.c
    known = select(table.subject).where(table.pool == pool, table.subject == txid)
    if connection.scalar(known) is None:
        said = {"reason": grounds.reason, "author": grounds.author, "accepted_ms": now_ms}
        connection.execute(insert(accepted_findings).values(pool=pool, subject=txid, **said))


def _require_unbooked(connection: Connection, pool: str, txid: str, address: str) -> None:
    """LedgerError where the transaction's coins are in the books already, as something else."""
    own_block = (blocks.c.pool == pool) & (blocks.c.coinbase_txid == txid)
    own_payment = (payments.c.pool == pool) & (payments.c.txid == txid)
    elsewhere = (blocks.c.pool != pool) & (blocks.c.block_hash == txid) & (blocks.c.address == address)
    for column, condition, what in (
        (blocks.c.id, own_block, "pays for a block of the pool's own"),
        (payments.c.id, own_payment, "is a payment of this ledger"),
        (blocks.c.id, elsewhere, "was entered for another pool of this address"),
    ):
        if connection.scalar(select(column).where(condition).limit(1)) is not None:
            raise LedgerError(f"{txid} {what}")
    spellings = (txid, txid.upper())  # a deposit stands there as it was typed
    if any(accounts.find(connection, pool, Kind.DEPOSIT, one) is not None for one in spellings):
        raise LedgerError(f"{txid} is a deposit for the reserve")
