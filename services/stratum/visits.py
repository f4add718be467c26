"""What the miner of a switching port did in pools that it has left: it counts as long as its jobs live. Pure.

A miner that comes back goes on with what it has done there: a share that it was paid for is never new again.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.stratum.difficulty import Assignment, DifficultyTrack
from services.stratum.job_registry import LiveJob
from services.stratum.miner_work import MinerWork
from services.stratum.terms import Terms


@dataclass(frozen=True, slots=True)
class Visit:
    """A miner's work in one pool."""

    terms: Terms
    work: MinerWork
    track: DifficultyTrack
    version_mask: int


@dataclass(frozen=True, slots=True)
class LateJob:
    """A live job of a pool that the miner has left, and what its shares are judged by."""

    visit: Visit
    job: LiveJob
    assignment: Assignment


class Visits:
    """The pools that one connection has left."""

    __slots__ = ("_left", "used")

    def __init__(self) -> None:
        self._left: dict[str, Visit] = {}
        self.used = False  # whether the miner's extranonce1 has been mined with in another pool than this

    def leave(self, visit: Visit) -> None:
        """The miner goes elsewhere now. What no share can be found for any more is forgotten."""
        self.used = True
        visit.work.leave()
        self._left[visit.terms.pool] = visit
        self._left = {name: one for name, one in self._left.items() if one.work.has_live_jobs}

    def come_back(self, pool: str) -> Visit | None:
        """The miner's earlier work there, to go on with; None when it begins anew."""
        return self._left.pop(pool, None)

    def find(self, job_id: str) -> LateJob | None:
        """The job of a pool left; None when no share for it counts."""
        for visit in self._left.values():
            found = visit.work.find_late(job_id, visit.track)
            if found is not None:
                return LateJob(visit, *found)
        return None
