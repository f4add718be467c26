"""So many messages within so long, at most: when a channel may be told something again."""

from __future__ import annotations

from collections import deque


class SendRate:
    """Of one channel. Without `messages` there is no limit. Times are of any clock, in milliseconds."""

    def __init__(self, messages: int | None, interval_ms: int) -> None:
        self._interval_ms = interval_ms
        self._sent: deque[int] = deque(maxlen=messages) if messages else deque(maxlen=0)

    def free_at(self, now_ms: int) -> int:
        """When the next message may be sent: now, or when the oldest of those that fill the time is over."""
        limit = self._sent.maxlen
        if not limit or len(self._sent) < limit:
            return now_ms
        return max(now_ms, self._sent[0] + self._interval_ms)

    def sent(self, now_ms: int) -> None:
        """One more."""
        self._sent.append(now_ms)
