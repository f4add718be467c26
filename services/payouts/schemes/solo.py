"""SOLO: who finds the block gets its reward, and nobody else is owed anything."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from nompcore.target import work_from_difficulty
from services.payouts.counting.tally_batch import Candidate
from services.payouts.schemes.scheme import LogShare, Reach


class FinderOnly:
    """Full from the beginning."""

    is_full = True

    def __init__(self, weights: dict[str, int]) -> None:
        self.weights = weights

    def add(self, share: LogShare) -> None:
        """No other share weighs anything."""


class Solo(msgspec.Struct, frozen=True, tag="solo"):
    """The finder's alone."""

    reach: ClassVar[Reach] = Reach.NOTHING
    returns: ClassVar[bool] = False
    takes: ClassVar[bool] = False
    pays_shares: ClassVar[bool] = False

    def window(self, candidate: Candidate) -> FinderOnly:
        """The finding share."""
        return FinderOnly({candidate.address: work_from_difficulty(candidate.difficulty)})
