"""PPLNS: the last shares before and with the block, whatever rounds they are of: the work that N blocks take.

The share that crosses the window's border counts with the part that lies inside, so the window is exact.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from nompcore.errors import EncodingError
from nompcore.target import work_from_difficulty
from services.payouts.counting.tally_batch import Candidate
from services.payouts.rounds.rewards import PPM
from services.payouts.schemes.scheme import LogShare, Reach, Weights


class WorkWindow:
    """Shares until their work is `work`."""

    def __init__(self, work: int) -> None:
        self._left = work
        self._sums = Weights({})

    @property
    def is_full(self) -> bool:
        """Whether the window's work is reached."""
        return self._left == 0

    @property
    def weights(self) -> dict[str, int]:
        """Address → work inside the window."""
        return self._sums.by_address

    def add(self, share: LogShare) -> None:
        """Count a share, or what of it is inside."""
        inside = min(share.work, self._left)
        self._left -= inside
        self._sums.grow(share.address, inside)


class Pplns(msgspec.Struct, frozen=True, tag="pplns"):
    """Pay per last N shares, N in millionths of the work that the block took on average."""

    window_ppm: int

    reach: ClassVar[Reach] = Reach.ERA
    returns: ClassVar[bool] = False
    takes: ClassVar[bool] = True
    pays_shares: ClassVar[bool] = False

    def window(self, candidate: Candidate) -> WorkWindow | None:
        """None for a candidate of an old stratum, which did not tell the network's difficulty."""
        try:
            network_work = work_from_difficulty(candidate.network_difficulty)
        except EncodingError:
            return None
        return WorkWindow(max(1, network_work * self.window_ppm // PPM))
