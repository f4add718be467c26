"""PPLNT: all shares of the last N seconds before and with the block, whatever rounds they are of."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from services.payouts.counting.tally_batch import Candidate
from services.payouts.schemes.scheme import CLOCK_SLACK_MS, LogShare, Reach, Weights


class TimeWindow:
    """Shares that are not older than `since_ms`."""

    def __init__(self, since_ms: int) -> None:
        self._since_ms = since_ms
        self._sums = Weights({})
        self.is_full = False

    @property
    def weights(self) -> dict[str, int]:
        """Address → work inside the window."""
        return self._sums.by_address

    def add(self, share: LogShare) -> None:
        """Count a share unless it is too old."""
        if share.time_ms >= self._since_ms:
            self._sums.grow(share.address, share.work)
        elif share.time_ms < self._since_ms - CLOCK_SLACK_MS:
            self.is_full = True


class Pplnt(msgspec.Struct, frozen=True, tag="pplnt"):
    """Pay per last N seconds."""

    window_seconds: int

    reach: ClassVar[Reach] = Reach.ERA
    returns: ClassVar[bool] = False
    takes: ClassVar[bool] = True
    pays_shares: ClassVar[bool] = False

    def window(self, candidate: Candidate) -> TimeWindow:
        """The time before the candidate."""
        return TimeWindow(candidate.time_ms - self.window_seconds * 1000)
