"""Which difficulty a connection's shares are judged at: the one in force when their job was sent. Pure.

A new difficulty is announced right before the next job (as NOMP does), so a miner that still works on an
earlier job is judged by that job's difficulty and loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

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


class DifficultyTrack:
    """The difficulties of one connection: of the jobs it holds, and the one to announce next."""

    __slots__ = ("_assignments", "_queued", "_rules")

    def __init__(self, rules: TargetRules, difficulty: float) -> None:
        self._rules = rules
        self._assignments = [Assignment(0, difficulty, rules.target(difficulty))]
        self._queued: float | None = None

    @property
    def newest(self) -> float:
        """The difficulty last announced or about to be: what vardiff reckons with."""
        return self._queued if self._queued is not None else self._assignments[-1].difficulty

    @property
    def announced(self) -> float:
        """The difficulty last announced."""
        return self._assignments[-1].difficulty

    def queue(self, difficulty: float) -> None:
        """Announce this one before the next job; the last one queued wins."""
        self._queued = difficulty

    def start_job(self, serial: int, oldest_serial: int) -> float | None:
        """A job is about to be sent: the difficulty to announce before it, or None when it stays the same.

        Assignments that only concern jobs before `oldest_serial`, which are stale, are forgotten.
        """
        changed, self._queued = self._queued, None
        if changed is not None and changed != self.announced:
            self._assignments.append(Assignment(serial, changed, self._rules.target(changed)))
        else:
            changed = None
        while len(self._assignments) > 1 and self._assignments[1].first_serial <= oldest_serial:
            self._assignments.pop(0)
        return changed

    def of_job(self, serial: int) -> Assignment:
        """The difficulty that was in force when the job was sent."""
        for assignment in reversed(self._assignments):
            if assignment.first_serial <= serial:
                return assignment
        return self._assignments[0]
