"""An address's hashrate against its own average of a day. Pure.

The average is that of all looks so far until a day has passed, and forgets older ones from then on.
"""

from __future__ import annotations

from dataclasses import dataclass

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS

WARM_MS = 6 * HOUR_MS
"""An average of less is none that a drop could be told by."""

GRACE_MS = 15 * 60 * 1000
"""A hashrate is computed from luck: only what stays low is low."""

LONGEST_STEP_MS = 10 * 60 * 1000
"""What was not watched does not count as if it had been as it is now."""


@dataclass(frozen=True, slots=True)
class Average:
    """Hashes per second over the time watched."""

    value: float
    since_ms: int
    seen_ms: int

    @property
    def is_warm(self) -> bool:
        """Whether it says something."""
        return self.value > 0 and self.seen_ms - self.since_ms >= WARM_MS


def averaged(before: Average, hashrate: float, now_ms: int) -> Average:
    """With one more look."""
    if not before.seen_ms:
        return Average(hashrate, now_ms, now_ms)
    step_ms = min(max(now_ms - before.seen_ms, 0), LONGEST_STEP_MS)
    span_ms = max(min(now_ms - before.since_ms, DAY_MS), step_ms, 1)
    value = before.value + (hashrate - before.value) * step_ms / span_ms
    return Average(value, before.since_ms, now_ms)


@dataclass(frozen=True, slots=True)
class Drop:
    """Since when a hashrate is low (0: it is not), and whether that was told."""

    low_since_ms: int
    told: bool


def drop_after(before: Drop, hashrate: float, average: Average, percent: int, now_ms: int) -> Drop:
    """Told once it has stayed low; over again when half of the distance is made good."""
    if not average.is_warm:
        return before
    if hashrate < average.value * (1 - percent / 100):
        since_ms = before.low_since_ms or now_ms
        return Drop(since_ms, before.told or now_ms - since_ms >= GRACE_MS)
    if before.told and hashrate < average.value * (1 - percent / 200):
        return before
    return Drop(0, told=False)
