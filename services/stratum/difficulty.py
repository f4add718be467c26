"""Which difficulty a connection's shares are judged at: the one in force when their job was sent. Pure.

A new difficulty is announced right before the next job (as NOMP does), or at once with the current job
re-issued under another job id. Either way a miner that still works on an earlier job id is judged by the
difficulty of that one and loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from nompcore.encoding import HASH_SIZE
from nompcore.target import MAX_TARGET, target_from_difficulty


@dataclass(frozen=True, slots=True)
class TargetRules:
    """How a pool turns a difficulty into the target of a share.

    `multiplier` is the algorithm's; `variance_percent` (NOMP's shareVariancePercent, spec 2.5) is by how much
    a share may miss its difficulty and still count in full: h ≤ target · 100 / (100 - variance).
    """

    multiplier: int
    variance_percent: float = 0.0

    def target(self, difficulty: float) -> int:
        """The highest hash that counts as a share of this difficulty; exact arithmetic."""
        numerator, denominator = self.variance_percent.as_integer_ratio()
        if numerator >= 100 * denominator:
            return MAX_TARGET
        exact = target_from_difficulty(difficulty, self.multiplier)
        return min(MAX_TARGET, exact * 100 * denominator // (100 * denominator - numerator))


@dataclass(frozen=True, slots=True)
class Assignment:
    """A difficulty, its target, and the serial of the first job sent with it."""

    first_serial: int
    difficulty: float
    target: int
    target_le: bytes = field(init=False, repr=False, compare=False)  # the target as 32 bytes

    def __post_init__(self) -> None:
        object.__setattr__(self, "target_le", self.target.to_bytes(HASH_SIZE, "little"))


@lru_cache(maxsize=1024, typed=True)
def first_assignments(rules: TargetRules, difficulty: float) -> tuple[Assignment, ...]:
    """What a connection begins with: all that begin alike share it."""
    return (Assignment(0, difficulty, rules.target(difficulty)),)


class DifficultyTrack:
    """The difficulties of one connection: of the jobs it holds, and the one to announce next.

    It begins with the port's difficulty, or with its last one for a session that is resumed.
    """

    __slots__ = ("_assignments", "_queued", "_rules", "in_force")

    def __init__(self, rules: TargetRules, difficulty: float) -> None:
        self._rules = rules
        self._assignments = first_assignments(rules, difficulty)  # oldest first
        self._queued: float | None = None
        self.in_force = self._assignments[-1]

    @property
    def newest(self) -> float:
        """The difficulty last announced or about to be: what vardiff reckons with."""
        return self._queued if self._queued is not None else self.in_force.difficulty

    @property
    def announced(self) -> float:
        """The difficulty last announced."""
        return self.in_force.difficulty

    def queue(self, difficulty: float) -> None:
        """Announce this one before the next job or re-issue; the last one queued wins."""
        self._queued = difficulty

    def start_job(self, serial: int, oldest_serial: int) -> float | None:
        """A job is about to be sent: the difficulty to announce before it, or None when it stays the same.

        Assignments that only concern jobs before `oldest_serial`, which are stale, are forgotten.
        """
        if self._queued is None and len(self._assignments) == 1:  # as for most miners at most jobs
            return None
        changed = self._assign(serial)
        while len(self._assignments) > 1 and self._assignments[1].first_serial <= oldest_serial:
            self._assignments = self._assignments[1:]
        return None if changed is None else changed.difficulty

    def reissue(self, serial: int) -> Assignment | None:
        """The current job, `serial`, is about to be sent again: what to announce and judge its new id by.

        None when nothing changes and there is nothing to send. `of_job(serial)` goes on to speak of the job
        id sent first; the new id's assignment is the caller's to keep, and later jobs begin with it.
        """
        return self._assign(serial + 1)

    def of_job(self, serial: int) -> Assignment:
        """The difficulty that was in force when the job was sent."""
        for earlier in reversed(self._assignments):
            if earlier.first_serial <= serial:
                return earlier
        return self._assignments[0]

    def _assign(self, first_serial: int) -> Assignment | None:
        """Put the queued difficulty in force; None when it is no other."""
        changed, self._queued = self._queued, None
        if changed is None or changed == self.announced:
            return None
        if self.in_force.first_serial == first_serial:  # of a re-issue; no job began with it
            self._assignments = self._assignments[:-1]
        self.in_force = Assignment(first_serial, changed, self._rules.target(changed))
        self._assignments += (self.in_force,)
        return self.in_force
