"""How long to wait between tries to log in. Pure.

A few are free; after that each one doubles the wait before the next. What was tried is forgotten by halves.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

MOST_DOUBLINGS = 40  # more would only be large numbers


@dataclass(frozen=True, slots=True)
class Pace:
    """The rule for one kind of counter."""

    free: int
    first_seconds: float
    longest_seconds: float
    half_life_seconds: float


ADDRESS = Pace(free=3, first_seconds=2.0, longest_seconds=3600.0, half_life_seconds=3600.0)
"""Of one client address."""

EVERYBODY = Pace(free=30, first_seconds=1.0, longest_seconds=60.0, half_life_seconds=600.0)
"""Of all addresses that no operator has logged in from: guessing from many of them is slowed as well.

An operator's own address is not held up by it, and nobody is for longer than a minute.
"""


class Tries(msgspec.Struct, frozen=True):
    """What one counter holds."""

    count: float
    last_ms: int


def wait_seconds(tries: Tries, now_ms: int, pace: Pace) -> float:
    """How long until the next try is allowed; 0.0 for now."""
    past = round(tries.count) - pace.free  # rounded: what a moment has forgotten is no free try
    if past < 0:
        return 0.0
    wait: float = min(pace.first_seconds * 2.0 ** min(past, MOST_DOUBLINGS), pace.longest_seconds)
    return max(0.0, wait - _elapsed_seconds(tries, now_ms))


def one_more(tries: Tries | None, now_ms: int, pace: Pace) -> Tries:
    """The counter after a try now."""
    if tries is None:
        return Tries(1.0, now_ms)
    left: float = tries.count * 0.5 ** (_elapsed_seconds(tries, now_ms) / pace.half_life_seconds)
    return Tries(left + 1, now_ms)


def _elapsed_seconds(tries: Tries, now_ms: int) -> float:
    """Replicas' clocks differ a little: what is said to be yet to come is now."""
    return max(0.0, (now_ms - tries.last_ms) / 1000)
