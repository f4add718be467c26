"""From which balance on a miner wants to be paid; that its owner asks, the api has checked by a signature."""

from __future__ import annotations

import asyncio
import logging
import time

from nompcore.bus import Bus
from nompcore.requests import MinerTerms, MinerTermsReply
from nompcore.subjects import MINER_TERMS
from services.payouts.control.control_order import ControlRefused, required
from services.payouts.ledger.payee_terms import PayeeTerms

log = logging.getLogger(__name__)


class MinerTermsDesk:
    """One pool's. Any replica answers: it is one row of the ledger."""

    def __init__(self, payees: PayeeTerms, *, pool: str, pool_minimum_sats: int) -> None:
        self._payees = payees
        self._pool = pool
        self._pool_minimum_sats = pool_minimum_sats

    async def serve(self, bus: Bus) -> None:
        """Register the endpoint."""
        await bus.serve(MINER_TERMS, self.answer, self._pool)

    async def answer(self, request: MinerTerms) -> MinerTermsReply:
        """Note the minimum. Raises ControlRefused for one below the pool's, LedgerError for an absurd one."""
        address, sats = required(request.address, "address"), request.minimum_sats
        if sats and sats < self._pool_minimum_sats:
            raise ControlRefused(f"{sats} is below the pool's minimum of {self._pool_minimum_sats}")
        now_ms = int(time.time() * 1000)
        await asyncio.to_thread(self._payees.set_minimum, self._pool, address, sats, now_ms)
        facts = {"pool": self._pool, "address": address, "sats": sats}
        log.info("minimum payment set by its miner", extra=facts)
        return MinerTermsReply(
            minimum_sats=max(sats, self._pool_minimum_sats), pool_minimum_sats=self._pool_minimum_sats
        )
