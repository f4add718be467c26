"""What became of the shares that were handed to upstream pools."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from services.jobmaker.upstream.events import Answered

STALE_NUMBER = 21  # stratum's "job not found"


class Fate(Enum):
    """Of one share."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    STALE = "stale"
    UNANSWERED = "unanswered"


@dataclass(slots=True)
class UpstreamTally:
    """Since this replica leads the pool."""

    accepted: int = 0
    accepted_difficulty: float = 0.0
    rejected: int = 0
    stale: int = 0
    unanswered: int = 0
    blocks: int = 0

    def count(self, fate: Fate, difficulty: float = 0.0) -> None:
        """One share; `difficulty` is that of its job at the upstream pool."""
        setattr(self, fate.value, getattr(self, fate.value) + 1)
        if fate is Fate.ACCEPTED:
            self.accepted_difficulty += difficulty


def fate_of(answer: Answered | None) -> Fate:
    """What an answer means; None is none."""
    if answer is None:
        return Fate.UNANSWERED
    if answer.accepted:
        return Fate.ACCEPTED
    is_stale = answer.error_number == STALE_NUMBER or "stale" in answer.error.lower()
    return Fate.STALE if is_stale else Fate.REJECTED
