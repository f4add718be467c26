"""Names for jobs that never repeat, whatever restarts and however many replicas take turns.

A job id is the Unix time in milliseconds as hex, then four hex digits from a hash of the replica's and the
pool's names, because miners of a switching port hold jobs of several pools at once:

    199a0c3f2d1 7e05
    └─ time ──┘ └─ replica and pool

Inside a process the time part only rises: two jobs in one millisecond, or a clock set back, take the next
free number. A replica that takes over starts after the last job it sees on the bus, also where that has the
form of earlier versions: two digits, of the replica alone.
"""

from __future__ import annotations

import hashlib
import re

MAKER_DIGITS = 4
"""The end of an id, which tells who made it."""

_TIME_DIGITS = 11
_OWN_FORMS = re.compile(f"(?P<time>[0-9a-f]{{{_TIME_DIGITS}}})(?:[0-9a-f]{{2}}|[0-9a-f]{{{MAKER_DIGITS}}})")

_MARK_BYTES = 4
_MARKS = 1 << 8 * _MARK_BYTES  # milliseconds: seven weeks, of which a block takes minutes


class JobIds:
    """The job ids of one pool in one process."""

    def __init__(self, replica: str, pool: str) -> None:
        self._suffix = hashlib.sha256(f"{replica} {pool}".encode()).hexdigest()[:MAKER_DIGITS]
        self._last_ms = 0

    def next(self, now_ms: int) -> str:
        """A new id; `now_ms` is Unix time."""
        self._last_ms = max(self._last_ms + 1, now_ms)
        return f"{self._last_ms:x}{self._suffix}"

    @property
    def mark(self) -> bytes:
        """Four bytes for the coinbase of the job that was named last: no other of its block has them."""
        return (self._last_ms % _MARKS).to_bytes(_MARK_BYTES, "little")

    def start_after(self, job_id: str) -> None:
        """Never again give an id as old as `job_id`, which another replica or process may have made."""
        own = _OWN_FORMS.fullmatch(job_id)
        if own is not None:  # an id of another form cannot be given twice
            self._last_ms = max(self._last_ms, int(own["time"], 16))
