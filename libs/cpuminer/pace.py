"""How fast to mine: a steady pace, after a sprint at the start. The clock is an argument.

On a test network every second hash is a block, so an unbridled miner would bury the pool; a sprint brings a
newcomer's first reward to maturity while they watch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 1.0
"""Hashes that were not made in time are made up for, but no more than those of this span."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Hashes per second, 0 for as fast as it goes. The sprint is the first `sprint_seconds`."""

    hashes_per_second: float = 0.0
    sprint_seconds: float = 0.0
    sprint_hashes_per_second: float = 0.0

    def rate(self, elapsed_seconds: float) -> float:
        """Hashes per second at a time, 0 for no limit."""
        if elapsed_seconds < self.sprint_seconds:
            return self.sprint_hashes_per_second
        return self.hashes_per_second

    def due(self, since_seconds: float, until_seconds: float) -> float:
        """Hashes that belong into a span of time, measured from the start."""
        sprint = max(0.0, min(until_seconds, self.sprint_seconds) - since_seconds)
        steady = max(0.0, until_seconds - max(since_seconds, self.sprint_seconds))
        return sprint * self.sprint_hashes_per_second + steady * self.hashes_per_second


class Throttle:
    """Hands out hashes at a pace. Time counts from the first request; `clock` gives monotonic seconds."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock
        self._started: float | None = None
        self._last_seconds = 0.0
        self._credit = 0.0

    def take(self, at_most: int) -> int:
        """How many hashes may be made now."""
        now = self._clock()
        if self._started is None:
            self._started = now
        elapsed, last = now - self._started, self._last_seconds
        self._last_seconds = elapsed
        if self._pace.rate(elapsed) <= 0:
            return at_most
        burst = max(1.0, self._pace.due(max(0.0, elapsed - BURST_SECONDS), elapsed))
        self._credit = min(burst, self._credit + self._pace.due(last, elapsed))
        taken = min(at_most, int(self._credit))
        self._credit -= taken
        return taken

    def give_back(self, hashes: int) -> None:
        """Hashes that were taken and not made."""
        self._credit += hashes
