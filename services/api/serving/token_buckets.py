"""A token bucket for each sender: so many requests at once, so many a second. Pure."""

from __future__ import annotations

from collections import OrderedDict

MAX_SENDERS = 100_000
"""Some 20 MB. The one that was silent longest is forgotten first; it would have a full bucket soon anyway."""


class TokenBuckets:
    """What each sender may still ask: `burst` at once, `rate` a second. Times are a steady clock's."""

    def __init__(self, rate: float, burst: int, limit: int = MAX_SENDERS) -> None:
        self._rate = rate
        self._burst = burst
        self._limit = limit
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, at which time
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, sender: str, now: float) -> float:
        """0.0 when the sender may ask now, which spends a token; else the seconds until it may."""
        left, at = self._buckets.pop(sender, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[sender] = (left - 1 if allowed else left, now)
        if len(self._buckets) > self._limit:
            self._buckets.popitem(last=False)
            self.forgotten += 1
        return 0.0 if allowed else (1 - left) / self._rate
