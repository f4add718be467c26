"""How often our miners are sent jobs of upstream pools, however many those send. Pure.

Each job costs an interval. An ordinary one waits until all before it are paid for; a clean one may be a few
intervals ahead, as miners who work on the block before work for nothing.
"""

from __future__ import annotations

INTERVAL_SECONDS = 0.5

CLEAN_AT_ONCE = 4
"""Blocks in quick succession, or upstream pools that change: more is no chain that grows."""


class JobPacing:
    """The jobs of one pool. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._paid_at = 0.0  # when all jobs so far are paid for

    def wait(self, now: float, *, clean_jobs: bool) -> float:
        """Seconds until the next job may be sent; 0 where that is now."""
        ahead = (CLEAN_AT_ONCE - 1) * INTERVAL_SECONDS if clean_jobs else 0.0
        return max(0.0, self._paid_at - ahead - now)

    def sent(self, now: float) -> None:
        """A job is being sent."""
        self._paid_at = max(self._paid_at, now) + INTERVAL_SECONDS
