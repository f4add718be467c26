"""The order that what an upstream pool paid is the miners': the running round ends here and gets it.

The reward is booked first, once for each transaction, then a mark goes into the share log. Whoever reads the
log reads that the round ends at the mark, so tallies that are made anew come out the same. Repeated, the
order books nothing twice; it sends the mark again where that may have been lost.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

from nompcore.bus import Bus
from nompcore.messages import Share, ShareBatch
from nompcore.requests import PaymentsControl
from nompcore.subjects import SHARE_BATCH
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.control.control_order import ControlRefused, required
from services.payouts.counting.round_mark import MARK_WORK, MARK_WORKER
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.payer import CONFIRMATIONS
from services.payouts.payments.payment_setup import PaymentSetup

_TXID = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class UpstreamRewardOrder:
    """Of one pool."""

    bus: Bus
    setup: PaymentSetup

    async def enter(self, request: PaymentsControl) -> str:
        """Book what a transaction brought to the wallet. Raises ControlRefused and LedgerError."""
        txid = required(request.txid_display, "txid_display").lower()
        if not _TXID.fullmatch(txid):
            raise ControlRefused(f"{txid!r} is no id of a transaction")
        grounds = Grounds(required(request.reason, "reason"), required(request.author, "author"))
        await self._require_received(txid, request.amount_sats)
        ledger, pool, now_ms = self.setup.ledger, self.setup.pool, time.time_ns() // 1_000_000
        is_new = await asyncio.to_thread(
            ledger.upstream_rewards.enter, pool, txid, reward_sats=request.amount_sats,
            fee_ppm=self.setup.fee_ppm, address=self.setup.address, grounds=grounds, now_ms=now_ms,
        )  # fmt: skip
        return await self._end_round(ledger, txid, now_ms, is_new=is_new)

    async def _end_round(self, ledger: Ledger, txid: str, now_ms: int, *, is_new: bool) -> str:
        if await asyncio.to_thread(ledger.upstream_rewards.is_credited, self.setup.pool, txid):
            return "nothing, its miners were credited before"
        mark = round_end(self.setup.pool, txid, self.setup.address, now_ms)
        await self.bus.publish(SHARE_BATCH, mark, pool=self.setup.pool, msg_id=mark.batch_id)
        booked = "booked" if is_new else "booked before"
        return f"{booked}; the round ends here, its miners are credited in some seconds"

    async def _require_received(self, txid: str, sats: int) -> None:
        async with self.setup.wallet() as wallet:
            depth = await wallet.confirmations(txid)
            received = await wallet.received_sats(txid)
        if depth is None or depth < 1 or received is None:
            raise ControlRefused(f"the wallet knows no confirmed transaction {txid}")
        if depth < CONFIRMATIONS:
            raise ControlRefused(f"{txid} is {depth} blocks deep; below {CONFIRMATIONS} it may be undone")
        if sats > received:
            raise ControlRefused(f"{txid} brought {received} to the wallet, not {sats}")


def round_end(pool: str, txid: str, address: str, now_ms: int) -> ShareBatch:
    """The mark in the share log: a share of the least work there is, the pool's own."""
    mark = Share(
        worker=MARK_WORKER, address=address, difficulty=MARK_WORK / WORK_PER_DIFFICULTY, share_difficulty=0.0,
        job_id="", height=0, time_ms=now_ms, ip="", port=0, block_hash_display=txid,
    )  # fmt: skip
    return ShareBatch(pool=pool, batch_id=f"{pool}-{MARK_WORKER}-{txid}", replica="payouts", shares=[mark])
