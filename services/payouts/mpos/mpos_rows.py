"""Shares → rows of MPOS's table `shares`. Pure.

MPOS reads rounds out of the order of the rows, so rows are in the order of the share log, and their times
never step back by the little that the clocks of replicas differ (`LIFT_MS`).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from nompcore.errors import RejectReason
from nompcore.messages import RejectCount, Share, ShareBatch
from services.payouts.mpos.mpos_tables import HOST_LETTERS, MAX_DIFFICULTY, REASON_LETTERS, USERNAME_LETTERS

MAX_REJECT_ROWS: Final = 50
"""Rows for refused shares, of one reason and batch: a flood of them must not flood MPOS."""

LIFT_MS: Final = 30_000
"""A share that comes later in the log with an earlier time is at most this much earlier, unless a clock is
wrong; then its own time stays."""

_TEXTS: Final = {reason.code: reason.text for reason in RejectReason}


@dataclass(frozen=True, slots=True)
class MposRow:
    """One row. The time becomes whole seconds; `difficulty` in MPOS's unit, 0 where it is not known."""

    time_ms: int
    rem_host: str
    username: str
    our_result: str
    reason: str | None
    solution: str
    difficulty: float
    upstream_result: str = "N"  # becomes 'Y' when the block's outcome says so


@dataclass(slots=True)
class MposRows:
    """Rows of a stretch of the log.

    `row_ms`: the last row's time, before any row that of the last row written earlier, 0 if there is none.
    `share_ms`: the newest share's own time. `difficulties`: worker → difficulty of its last share, in the
    pool's unit.
    """

    row_ms: int
    share_ms: int
    rows: list[MposRow] = field(default_factory=list)
    difficulties: dict[str, float] = field(default_factory=dict)
    worthless: int = 0  # shares of no positive, finite difficulty: MPOS would give them one
    rejects_left_out: int = 0

    def add(self, batch: ShareBatch, multiplier: float, now_ms: int) -> None:
        """Add one message of the log; `multiplier` is the coin's mposDiffMultiplier."""
        latest: dict[str, Share] = {}
        for share in batch.shares:
            if not 0 < share.difficulty < math.inf:
                self.worthless += 1
                continue
            latest[share.worker] = share
            self.difficulties[share.worker] = share.difficulty
            self.share_ms = max(self.share_ms, share.time_ms)
            self.row_ms = _lifted(share.time_ms, self.row_ms)
            self.rows.append(_accepted(share, self.row_ms, multiplier))
        self._add_rejects(batch.rejects, latest, multiplier, now_ms)

    def _add_rejects(
        self, rejects: list[RejectCount], latest: dict[str, Share], multiplier: float, now_ms: int
    ) -> None:
        """A row each; of a refused share only worker and reason are known, the rest is its neighbour's."""
        written: Counter[str] = Counter()
        for reject in rejects:
            fitting = max(0, min(reject.count, MAX_REJECT_ROWS - written[reject.reason]))
            written[reject.reason] += fitting
            self.rejects_left_out += reject.count - fitting
            if fitting:
                self.row_ms = self.row_ms or now_ms
                row = _refused(reject, latest.get(reject.worker), self.row_ms, multiplier)
                self.rows.extend([row] * fitting)


def _lifted(time_ms: int, row_ms: int) -> int:
    return row_ms if time_ms < row_ms <= time_ms + LIFT_MS else time_ms


def _difficulty(share: Share, multiplier: float) -> float:
    return min(share.difficulty * multiplier, MAX_DIFFICULTY)


def _accepted(share: Share, time_ms: int, multiplier: float) -> MposRow:
    return MposRow(
        time_ms=time_ms,
        rem_host=share.ip[:HOST_LETTERS],
        username=share.worker[:USERNAME_LETTERS],
        our_result="Y",
        reason=None,
        solution=(share.block_hash_display or share.hash_display).lower(),
        difficulty=_difficulty(share, multiplier),
    )


def _refused(reject: RejectCount, neighbour: Share | None, time_ms: int, multiplier: float) -> MposRow:
    return MposRow(
        time_ms=time_ms,
        rem_host=neighbour.ip[:HOST_LETTERS] if neighbour else "",
        username=reject.worker[:USERNAME_LETTERS],
        our_result="N",
        reason=_TEXTS.get(reject.reason, reject.reason)[:REASON_LETTERS],
        solution="",
        difficulty=_difficulty(neighbour, multiplier) if neighbour else 0,
    )
