"""Blocks that somebody announced, until there is work on top of them. Pure: the caller brings the clock.

An announcement can be early: a node of the coin's network has the block before our daemon does. So the
daemons are asked for their tip a few times more.
"""

from __future__ import annotations

FIRST_RETRY_SECONDS = 0.05
RETRIES = 9
"""Each after twice the time of the one before: 25 seconds together. Then polling has it, or it was no tip."""


class Announcements:
    """The newest announced block of one pool. Times are seconds of any clock that only rises."""

    def __init__(self) -> None:
        self._awaited_display = ""
        self._asked = 0
        self._due_at = 0.0

    def hear(self, block_hash_display: str, fetched_tip_display: str, now: float) -> bool:
        """Whether to ask for work now: not if there is work on the block. An empty hash always is news."""
        if block_hash_display and block_hash_display == fetched_tip_display:
            return False
        if block_hash_display:
            self._awaited_display, self._asked = block_hash_display, 0
            self._due_at = now + FIRST_RETRY_SECONDS
        return True

    def fetched(self, tip_display: str) -> None:
        """A daemon gave work on this tip."""
        if tip_display == self._awaited_display:
            self._awaited_display = ""

    def take_due(self, now: float) -> bool:
        """Whether to ask the daemons for their tip once more; it counts as done."""
        if not self._awaited_display or now < self._due_at:
            return False
        self._asked += 1
        self._due_at = now + FIRST_RETRY_SECONDS * 2**self._asked
        if self._asked == RETRIES:
            self._awaited_display = ""
        return True

    def seconds_until_due(self, now: float) -> float | None:
        """Until the daemons should be asked again; None where nothing is awaited."""
        return max(0.0, self._due_at - now) if self._awaited_display else None
