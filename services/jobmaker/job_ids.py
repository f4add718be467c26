"""Names for jobs that never repeat, whatever restarts and however many replicas take turns.

A job id is the Unix time in milliseconds as hex, then two hex digits from a hash of the replica's name:

    199a0c3f2d1 7e
    └─ time ──┘ └─ replica

Inside a process the time part only rises: two jobs in one millisecond, or a clock set back, take the next
free number. A replica that takes over starts after the last job it sees on the bus.
"""

from __future__ import annotations

import hashlib
import re

_REPLICA_DIGITS = 2
_OWN_FORM = re.compile("[0-9a-f]{13}")


class JobIds:
    """The job ids of one pool in one process."""

    def __init__(self, replica: str) -> None:
        self._suffix = hashlib.sha256(replica.encode()).hexdigest()[:_REPLICA_DIGITS]
        self._last_ms = 0

    def next(self, now_ms: int) -> str:
        """A new id; `now_ms` is Unix time."""
        self._last_ms = max(self._last_ms + 1, now_ms)
        return f"{self._last_ms:x}{self._suffix}"

    def start_after(self, job_id: str) -> None:
        """Never again give an id as old as `job_id`, which another replica or process may have made."""
        if _OWN_FORM.fullmatch(job_id):  # an id of another form cannot be given twice
            self._last_ms = max(self._last_ms, int(job_id[:-_REPLICA_DIGITS], 16))
