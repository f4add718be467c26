"""A token bucket: so many at once, so many a minute. Pure."""

from __future__ import annotations


class Allowance:
    """What one peer may still do; full in the beginning and again a minute after it is empty."""

    __slots__ = ("_at", "_left", "_per_minute")

    def __init__(self, per_minute: float, now: float) -> None:
        self._per_minute = per_minute
        self._left = per_minute
        self._at = now

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Whether there is enough for `cost`; then it is spent. `now` in seconds of a steady clock."""
        self._refill(now)
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def is_full(self, now: float) -> bool:
        """Whether nothing of it is in use."""
        self._refill(now)
        return self._left >= self._per_minute

    def _refill(self, now: float) -> None:
        self._left = min(self._per_minute, self._left + (now - self._at) * self._per_minute / 60)
        self._at = now
