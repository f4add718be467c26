"""Keeps a pool's share log as long as it is needed, and no longer: cuts it where nobody will look any more.

First the ledger takes the tallies as they were there (`log_base`), then the messages go: after a crash
between the two they go the next time. Every place only ever moves on, so a leader that was stopped amid its
step and goes on later removes nothing that its successor needs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.stream_reader import LogState
from nompcore.subject_kinds import DAY
from nompcore.subjects import SHARE_BATCH
from services.payouts import metrics
from services.payouts.failpoint import Failpoints, Moment, Step
from services.payouts.ledger.ledger import Ledger
from services.payouts.mpos.mpos_database import MposUnavailable
from services.payouts.mpos.mpos_pool import MposPool
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.share_log.log_base import LogBase
from services.payouts.share_log.log_bases import Place
from services.payouts.share_log.log_needs import (
    Need,
    Standing,
    Windows,
    next_checkpoint,
    round_needs,
    thinned,
)
from services.payouts.share_log.log_places import LogPlaces
from services.payouts.share_log.log_standing import LogStanding

log = logging.getLogger(__name__)

CUTTING_SECONDS: Final = 3600.0
"""Between two cuts."""

SHARES_KEPT_MS: Final = 14 * DAY * 1000
"""Younger shares stay in any case: for people, and for what nobody has thought of."""

LONG_MS: Final = 2 * SHARES_KEPT_MS
"""Older shares are worth a word about what keeps them, once a day."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the keeper works with. `history`: all the pool's schemes, as they are when it is asked."""

    bus: Bus
    ledger: Ledger
    base: LogBase
    standing: LogStanding
    history: Callable[[], SchemeHistory]
    failpoints: Failpoints
    mpos: MposPool | None = None
    kept_ms: int = SHARES_KEPT_MS


class LogKeeper:
    """One pool's."""

    def __init__(self, pool: str, parts: Keeping) -> None:
        self._pool = pool
        self._parts = parts
        self._places = LogPlaces(parts.bus, pool)
        self._told_ms = 0

    async def run_once(self) -> None:
        """Cut what is not needed."""
        await self.cut(time.time_ns() // 1_000_000)

    async def cut(self, now_ms: int) -> None:
        """The same, at a given time."""
        state = await self._parts.bus.log_state(SHARE_BATCH, self._pool)
        place = await asyncio.to_thread(self._parts.ledger.bases.place, self._pool)
        # The tallies first: a round that leaves them meanwhile is in the ledger when that is looked at.
        standing = await self._parts.standing.read()
        if place is None or not _is_of_one_log(place, standing, state):
            return  # the recorder has to take note of this log first, or to have the tallies back
        need = min(await self._needs(standing, state, place), key=lambda need: need.sequence)
        groups, oldest_ms = self._parts.history().groups, now_ms - self._parts.kept_ms
        moved = await self._parts.base.advance(need.sequence, oldest_ms, groups, now_ms)
        if moved is not None:
            await self._remove(moved, state)
            await self._tell(need, moved, now_ms)

    async def _remove(self, place: Place, state: LogState) -> None:
        self._parts.failpoints.reach(Step.LOG_CUT, Moment.BEFORE)
        try:
            await self._parts.bus.cut(SHARE_BATCH, self._pool, place.cut_before)
        except (
            BusUnavailable
        ) as error:  # also where this user may not: the log is only longer than it has to be
            log.error("share log was not cut", extra={"pool": self._pool, "reason": str(error)})
        self._parts.failpoints.reach(Step.LOG_CUT, Moment.AFTER)
        left = await self._parts.bus.log_state(SHARE_BATCH, self._pool)
        metrics.LOG_CUT.labels(self._pool).inc(max(0, state.messages - left.messages))
        metrics.LOG_MESSAGES.labels(self._pool).set(left.messages)
        metrics.LOG_BYTES.set(left.bytes)

    # ---- needs ----

    async def _needs(self, standing: Standing, state: LogState, place: Place) -> list[Need]:
        parts = self._parts
        unsettled = await asyncio.to_thread(parts.ledger.bases.unsettled, self._pool)
        windows = await self._windows(standing, state, place)
        here = await self._places.standing_here(standing, state.created_ms)
        rounds = await self._places.rounds_here(unsettled, state.created_ms)
        history = parts.history()
        return [
            *round_needs(here, history, rounds, windows),
            *await self._of_crediter(history, state),
            *await self._of_mpos(),
        ]

    async def _windows(self, standing: Standing, state: LogState, place: Place) -> Windows:
        known = await self._parts.standing.checkpoints(state.created_ms)
        known = [checkpoint for checkpoint in known if checkpoint.sequence < standing.position]
        latest = next_checkpoint(known[-1] if known else None, standing)
        checkpoints = thinned([*known, latest], place.cut_before)
        await self._parts.standing.keep_checkpoints(state.created_ms, checkpoints)
        return Windows(checkpoints, await self._places.network_difficulty(standing.position))

    async def _of_crediter(self, history: SchemeHistory, state: LogState) -> list[Need]:
        if not history.pays_shares:
            return []
        reserve = await asyncio.to_thread(self._parts.ledger.reserve.standing, self._pool)
        is_here = reserve.progress.log_created_ms == state.created_ms
        return [Need(reserve.progress.position if is_here else 0, "shares that are not credited yet (PPS)")]

    async def _of_mpos(self) -> list[Need]:
        if self._parts.mpos is None:
            return []
        try:
            return [Need(await self._parts.mpos.position(), "shares that MPOS has not got yet")]
        except MposUnavailable:
            return [Need(0, "MPOS's database, which is away")]

    # ---- telling ----

    async def _tell(self, need: Need, place: Place, now_ms: int) -> None:
        """How far back the log reaches, and what keeps it from being cut if that is far."""
        stored = await self._parts.bus.stretch(SHARE_BATCH, self._pool, max(0, place.cut_before - 1), limit=1)
        times = [share.time_ms for entry in stored for share in entry.message.shares]
        reach_ms = now_ms - min(times) if times else 0
        metrics.LOG_REACH_SECONDS.labels(self._pool).set(reach_ms / 1000)
        if reach_ms > LONG_MS and now_ms - self._told_ms > DAY * 1000:
            self._told_ms = now_ms
            log.warning("share log cannot be cut", extra={
                "pool": self._pool, "needed_by": need.reason, "days": reach_ms // (DAY * 1000),
            })  # fmt: skip


def _is_of_one_log(place: Place, standing: Standing, state: LogState) -> bool:
    """Whether base, tallies and log belong together: not while one of them is new or was restored."""
    return place.log_created_ms == state.created_ms and (
        place.sequence <= standing.position <= state.last_sequence
    )
