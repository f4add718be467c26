"""The audit that goes on by itself: a little before every payment, all of it every hour.

While the whole finds something it is repeated before every payment, so that payments go on as soon as it
holds again. What is found is kept in the ledger, which tells the others once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final

from services.payouts import metrics
from services.payouts.auditing.record_audit import RecordAudit
from services.payouts.auditing.tally_audit import TallyAudit
from services.payouts.ledger.ledger import Ledger

log = logging.getLogger(__name__)

WHOLE_SECONDS: Final = 3600.0


class ScheduledAudit:
    """One pool's, while this replica leads it."""

    def __init__(self, ledger: Ledger, records: RecordAudit, tallies: TallyAudit, *, pool: str) -> None:
        self._ledger = ledger
        self._records = records
        self._tallies = tallies
        self._pool = pool
        self._turn = 0
        self._next_whole = 0.0  # monotonic
        self._found: list[str] = []  # by the last whole audit

    async def run_once(self) -> list[str]:
        """What is wrong with the records, in words. Raises what keeps it from being found out."""
        if self._found or time.monotonic() >= self._next_whole:
            looked = await self._records.look(self._turn)
            self._found = [*looked.problems, *await self._tallies.look()]
            self._next_whole = time.monotonic() + WHOLE_SECONDS
            self._turn += not self._found
            metrics.AUDITED_SECONDS.labels(self._pool).set_to_current_time()
            return self._found
        return await self._records.newest_blocks()

    async def note(self, problems: Sequence[str]) -> None:
        """Keep and tell what was found, or that nothing is wrong any more."""
        metrics.AUDIT_PROBLEMS.labels(self._pool).set(len(problems))
        now_ms = int(time.time() * 1000)
        if not await asyncio.to_thread(self._ledger.findings.note, self._pool, problems, now_ms):
            return
        if problems:
            log.error("audit failed", extra={"pool": self._pool, "problems": list(problems)})
        else:
            log.warning("audit holds again", extra={"pool": self._pool})
