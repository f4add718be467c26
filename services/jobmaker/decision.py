"""Whether a fetched template is a new tip, a refresh of the same work, or nothing worth a job (spec 2.6)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

LOWER_TIP_PATIENCE_SECONDS = 30.0
"""A lower tip of another daemon means that it lags or a reorganisation; one that lags catches up by then."""


class Decision(enum.Enum):
    """What to do with a template."""

    NEW_TIP = "new-tip"  # a job that makes every earlier job stale
    REFRESH = "refresh"  # a job beside the earlier ones of the same tip
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Work:
    """What a job or a template stands for, as far as the decision goes."""

    prevhash_hex: str  # as in mining.notify
    height: int
    transactions_id: bytes  # digest over the transaction ids; empty for a job of another process
    daemon: str  # which daemon gave it; empty for a job of another process


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the same tip is worth a new job. Zero `job_rebroadcast_seconds` means never by time alone."""

    tx_refresh_seconds: float
    job_rebroadcast_seconds: float

    def rebroadcast_is_due(self, age_seconds: float) -> bool:
        """Whether miners should get a new job merely because the last is old."""
        return 0 < self.job_rebroadcast_seconds <= age_seconds


def decide(current: Work | None, seen: Work, age_seconds: float, pace: Pace) -> Decision:
    """Compare a fetched template with the current job, which is `age_seconds` old."""
    if current is None:
        return Decision.NEW_TIP
    if seen.prevhash_hex != current.prevhash_hex:
        return Decision.NOTHING if _lags(current, seen, age_seconds) else Decision.NEW_TIP
    if not current.transactions_id:  # another process made it, with another configuration perhaps
        return Decision.REFRESH
    changed = seen.transactions_id != current.transactions_id
    if changed and age_seconds >= pace.tx_refresh_seconds:
        return Decision.REFRESH
    return Decision.REFRESH if pace.rebroadcast_is_due(age_seconds) else Decision.NOTHING


def _lags(current: Work, seen: Work, age_seconds: float) -> bool:
    """A lower tip counts at once only from the daemon that gave the higher one: it has changed its mind."""
    if seen.height >= current.height or seen.daemon == current.daemon:
        return False
    return age_seconds < LOWER_TIP_PATIENCE_SECONDS
