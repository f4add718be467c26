"""PPS: follows a pool's share log and credits each share from the reserve once; waits while that is empty."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from nompcore.bus import Bus, Stored
from nompcore.errors import StreamGap
from nompcore.messages import ShareBatch
from nompcore.stream_reader import LogState
from nompcore.subjects import SHARE_BATCH
from services.payouts import metrics
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.reserve_ledger import Crediting, Progress, Reserve
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.rounds.share_credits import ShareCredits

log = logging.getLogger(__name__)

RESERVE_EMPTY = "the reserve is empty"


class Crediter:
    """One pool's. `state` is for people: empty, or why shares are not credited."""

    def __init__(self, bus: Bus, ledger: Ledger, pool: str, *, history: SchemeHistory, fee_ppm: int) -> None:
        self._bus = bus
        self._ledger = ledger
        self._pool = pool
        self._history = history
        self._fee_ppm = fee_ppm
        self.state = ""

    async def run_once(self) -> None:
        """Credit what the log holds, as far as the reserve goes."""
        while await self._credit_stretch():
            pass

    async def _credit_stretch(self) -> bool:
        """Credit a part of the log; False if nothing is left to do now."""
        reserve = await asyncio.to_thread(self._ledger.reserve.standing, self._pool)
        metrics.RESERVE_SATS.labels(self._pool).set(reserve.reserve_sats)
        stored = await self._after(reserve.progress)
        if stored is None:
            return True
        if not stored:
            return False
        folded = await asyncio.to_thread(self._fold, reserve, stored)
        earned = folded.earned()
        is_covered = earned.after.position == stored[-1].sequence
        if earned.after != reserve.progress:
            crediting = await asyncio.to_thread(
                self._ledger.reserve.credit, self._pool, reserve.progress, earned, _now_ms()
            )
            if crediting is not Crediting.CREDITED:
                return crediting is Crediting.TAKEN
            metrics.SHARES_CREDITED.labels(self._pool).inc(folded.shares)
            self._tell_unvalued(folded.unvalued)
        self._tell_state(is_covered)
        return is_covered

    def _fold(self, reserve: Reserve, stored: Sequence[Stored[ShareBatch]]) -> ShareCredits:
        hashes = {
            share.block_hash_display
            for entry in stored
            for share in entry.message.shares
            if share.block_hash_display
        }
        seen = self._ledger.reserve.seen(self._pool, hashes)
        folded = ShareCredits(reserve, self._history, fee_ppm=self._fee_ppm, seen=seen)
        for entry in stored:
            if not folded.add(entry.message, entry.sequence):
                break
        return folded

    async def _after(self, progress: Progress) -> list[Stored[ShareBatch]] | None:
        """What the log holds after a position; None if reading has to go on elsewhere."""
        state = await self._bus.log_state(SHARE_BATCH)
        try:
            if progress.log_created_ms == state.created_ms and progress.position <= state.last_sequence:
                return await self._bus.stretch(SHARE_BATCH, self._pool, progress.position)
            after = await self._in_other_log(progress, state)
        except StreamGap as gap:
            if progress.position:  # else it begins to credit, and what is gone was no PPS share
                metrics.LOG_GAPS.labels(self._pool).inc()
                log.error("shares left the log before they were credited", extra=self._facts(str(gap)))
            after = replace(progress, position=gap.resume_after)
        await asyncio.to_thread(self._ledger.reserve.move, self._pool, progress, after)
        return None

    async def _in_other_log(self, progress: Progress, state: LogState) -> Progress:
        """Where to go on in a log that is not the one that was read, or lost its end: as the recorder does.

        What is left of the old one was credited; a new one is younger than what was credited.
        """
        if not progress.log_created_ms:
            return replace(progress, log_created_ms=state.created_ms)
        metrics.LOG_GAPS.labels(self._pool).inc()
        log.error("share log was reset", extra=self._facts(f"it ends at {state.last_sequence}"))
        first_ms = await self._first_share_ms()
        is_old = first_ms is not None and first_ms <= progress.last_share_ms
        position = min(progress.position, state.last_sequence) if is_old else 0
        return replace(progress, position=position, run=progress.run + 1, log_created_ms=state.created_ms)

    async def _first_share_ms(self) -> int | None:
        try:
            stored = await self._bus.stretch(SHARE_BATCH, self._pool, 0)
        except StreamGap as gap:
            stored = await self._bus.stretch(SHARE_BATCH, self._pool, gap.resume_after)
        return next((share.time_ms for entry in stored for share in entry.message.shares), None)

    def _tell_unvalued(self, shares: int) -> None:
        if shares:
            metrics.SHARES_UNVALUED.labels(self._pool).inc(shares)
            log.error("shares do not say what a block is worth", extra={"pool": self._pool, "shares": shares})

    def _tell_state(self, is_covered: bool) -> None:
        state = "" if is_covered else RESERVE_EMPTY
        metrics.CREDITING_STOPPED.labels(self._pool).set(not is_covered)
        if state and not self.state:
            log.error("shares are not credited until coins are put in", extra=self._facts(state))
        elif self.state and not state:
            log.info("shares are credited again", extra={"pool": self._pool})
        self.state = state

    def _facts(self, reason: str) -> dict[str, str]:
        return {"pool": self._pool, "reason": reason}


def _now_ms() -> int:
    return int(time.time() * 1000)
