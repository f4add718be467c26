"""Found blocks' rounds: into the ledger, as soon as the outcome at the daemons is known.

What each share weighs is the tallies' sum of the round or comes out of the share log, as the round's scheme
wants it. Each step can be repeated: the ledger decides a scheme once and takes a round once, and a round left
in the tallies by a crash, or brought back by a replay of the log, is dropped again.
"""

from __future__ import annotations

import asyncio
import logging
import time

from nompcore.messages import BlockSubmitted
from services.payouts import metrics
from services.payouts.counting.round_mark import without_mark
from services.payouts.counting.tallies import PendingRound, Tallies
from services.payouts.ledger.blocks_ledger import Closing
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.round_rows import Round
from services.payouts.rounds.share_windows import ShareWindows
from services.payouts.schemes.scheme import Reach

log = logging.getLogger(__name__)


class Closer:
    """One pool's rounds."""

    def __init__(self, ledger: Ledger, tallies: Tallies, windows: ShareWindows, pool: str) -> None:
        self._ledger = ledger
        self._tallies = tallies
        self._windows = windows
        self._pool = pool

    async def close_rounds(self) -> None:
        """Close every round whose block's outcome is known."""
        waiting = 0
        for pending in await self._tallies.pending_rounds():
            if not await self._close(pending):
                waiting += 1
        metrics.ROUNDS_PENDING.labels(self._pool).set(waiting)

    async def _close(self, pending: PendingRound) -> bool:
        found = pending.candidate
        if not pending.weights:  # Redis was emptied between two answers; the log brings the round back
            return False
        decided = await asyncio.to_thread(self._ledger.schemes.decide, self._pool, found, pending.began)
        closing = await asyncio.to_thread(self._ledger.blocks.expect_round, self._pool, found)
        if closing is Closing.READY:
            closing = await self._take(pending, decided)
        if closing is Closing.WAITING:
            return False
        await self._tallies.drop_round(found.block_hash_display)
        return True

    async def _take(self, pending: PendingRound, decided: Round) -> Closing:
        found = pending.candidate
        weights = await self._weights(pending, decided)
        now_ms = int(time.time() * 1000)
        closing = await asyncio.to_thread(
            self._ledger.blocks.close_round, self._pool, found, weights, now_ms,
            round_work=sum(pending.weights.values()),
        )  # fmt: skip
        if closing is Closing.CLOSED:
            metrics.ROUNDS_CLOSED.labels(self._pool).inc()
            facts = {"pool": self._pool, "block": found.block_hash_display, "addresses": len(weights)}
            log.info("round closed", extra={**facts, "scheme": type(decided.scheme).__name__.lower()})
        return closing

    async def _weights(self, pending: PendingRound, decided: Round) -> dict[str, int]:
        """Address → weight. Where the log cannot tell, the round's own sums serve."""
        if decided.scheme.reach is Reach.TALLIES:
            return without_mark(pending.candidate, pending.weights)
        history = await asyncio.to_thread(self._ledger.schemes.history, self._pool)
        place = await asyncio.to_thread(self._ledger.bases.place, self._pool)
        weights = await self._windows.weights(
            pending.candidate, decided, history.groups, cut_before=place.cut_before if place else 0
        )
        return weights or without_mark(pending.candidate, pending.weights)


async def record_outcome(ledger: Ledger, outcome: BlockSubmitted) -> None:
    """Handle jobmaker's message about a found block; repeating it is harmless."""
    await asyncio.to_thread(ledger.blocks.record_outcome, outcome)
    facts = {"pool": outcome.pool, "block": outcome.block_hash_display, "status": outcome.status}
    log.info("block outcome recorded", extra=facts)
