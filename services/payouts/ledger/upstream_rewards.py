"""Coins that an upstream pool paid: a reward without a block, for the shares since the last one.

It stands among the blocks, with the paying transaction for a hash and no height, and waits in suspense until
the share log says where its shares end. From there on it is a block that was confirmed before its round came.
"""

from __future__ import annotations

from sqlalchemy import insert

from nompcore.errors import LedgerError
from services.payouts.counting.round_mark import MARK_WORKER
from services.payouts.failpoint import Step
from services.payouts.ledger import accounts, block_rows
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.block_rows import Status
from services.payouts.ledger.correction_rows import Grounds, book_by_hand
from services.payouts.ledger.correction_tables import accepted_findings
from services.payouts.ledger.database import Database
from services.payouts.ledger.tables import blocks


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
        with self._database.write(Step.BLOCK_CONFIRMED) as connection:
            before = block_rows.find(connection, pool, txid)
            if before is not None:
                if before.height or before.reward_sats != reward_sats:
                    raise LedgerError(f"{txid} stands in the ledger as something else")
                return False
            values = {
                "pool": pool, "block_hash": txid, "height": 0, "worker": MARK_WORKER, "address": address,
                "difficulty": 0.0, "reward_sats": reward_sats, "fee_ppm": fee_ppm, "found_ms": now_ms,
                "status": Status.CONFIRMED.value, "reason": "paid by the upstream pool",
            }  # fmt: skip
            connection.execute(insert(blocks).values(**values))
            book_by_hand(
                connection, grounds, pool=pool, kind=Kind.REWARD, reference=txid,
                amounts={accounts.WALLET: reward_sats, accounts.SUSPENSE: -reward_sats}, now_ms=now_ms,
            )  # fmt: skip
            connection.execute(
                insert(accepted_findings).values(
                    pool=pool, subject=txid, reason=grounds.reason, author=grounds.author, accepted_ms=now_ms
                )
            )
        return True

    def is_credited(self, pool: str, txid: str) -> bool:
        """Whether its round has come: the miners have it."""
        with self._database.read() as connection:
            found = block_rows.find(connection, pool, txid)
        return found is not None and found.round_closed
