"""Which upstream pool gives the work, and to which ones a connection is worth having. Pure.

The next pool is tried when those before it have given no work for a while, the daemon when none does. A
better one that comes back is taken again once it has been there for a while, so that one that comes and goes
does not make every share stale each time. One that is lost each time before that while is over gives none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

DAEMON: Literal["daemon"] = "daemon"

Source = int | Literal["daemon"] | None
"""Place of an upstream pool in the order of preference, the daemon, or nothing."""


@dataclass(frozen=True, slots=True)
class ChoicePace:
    """In seconds."""

    patience: float = 20.0  # that a pool has to give work before the next one is asked as well
    steady: float = 60.0  # that a better one must have been back


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one upstream pool: since when it gives work, or gives none; neither while it is not tried.

    Both where it was lost soon after it had begun, and has begun again since then.
    """

    ready_since: float | None = None
    down_since: float | None = None
    is_fickle: bool = False  # lost the last time before it was steady

    def found(self, now: float) -> Standing:
        """It gives work from now on."""
        return Standing(now, self.down_since if self.is_fickle else None, self.is_fickle)

    def lost(self, now: float, pace: ChoicePace) -> Standing:
        """It gives no more, or could not be reached once more."""
        if self.is_steady(now, pace):
            return Standing(down_since=now)
        is_fickle = self.is_fickle or self.is_ready()
        return Standing(down_since=now if self.down_since is None else self.down_since, is_fickle=is_fickle)

    def is_ready(self) -> bool:
        """Whether it gives work."""
        return self.ready_since is not None

    def is_steady(self, now: float, pace: ChoicePace) -> bool:
        """Whether it has given work for a while."""
        return self.ready_since is not None and now - self.ready_since >= pace.steady

    def has_failed(self, now: float, pace: ChoicePace) -> bool:
        """Whether it has given none, or for moments only, for too long."""
        if self.down_since is None or self.is_steady(now, pace):
            return False
        return now - self.down_since >= pace.patience


def how_many(standings: Sequence[Standing], current: Source, now: float, pace: ChoicePace) -> int:
    """How many of the pools, the preferred ones first, to be connected to."""
    wanted = 1
    for standing in standings[:-1]:
        if not standing.has_failed(now, pace):
            break
        wanted += 1
    return max(wanted, current + 1) if isinstance(current, int) else wanted


def choose(
    standings: Sequence[Standing], current: Source, now: float, pace: ChoicePace, *, may_fall_back: bool
) -> Source:
    """Where the work comes from now."""
    ready = [place for place, standing in enumerate(standings) if standing.is_ready()]
    steady = [place for place in ready if standings[place].is_steady(now, pace)]
    if isinstance(current, int) and current in ready:
        return min([current, *(place for place in steady if place < current)])
    if current == DAEMON and not steady:
        return DAEMON
    if ready:
        return ready[0]
    failed = all(standing.has_failed(now, pace) for standing in standings)
    return DAEMON if may_fall_back and failed else None


def seconds_until_due(standings: Sequence[Standing], now: float, pace: ChoicePace) -> float | None:
    """When the clock alone can change the answers; None when only a pool can."""
    times = [standing.down_since + pace.patience for standing in standings if standing.down_since is not None]
    times += [
        standing.ready_since + pace.steady for standing in standings if standing.ready_since is not None
    ]
    ahead = [when - now for when in times if when > now]
    return min(ahead) if ahead else None
