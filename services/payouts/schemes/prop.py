"""PROP: each share of the round weighs its work. The tallies keep these sums while the round runs."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from services.payouts.counting.tally_batch import Candidate
from services.payouts.schemes.scheme import LogShare, Reach, Weights


class RoundSum:
    """The sum of all that it is shown."""

    is_full = False

    def __init__(self) -> None:
        self._sums = Weights({})

    @property
    def weights(self) -> dict[str, int]:
        """Address → work."""
        return self._sums.by_address

    def add(self, share: LogShare) -> None:
        """Count a share."""
        self._sums.grow(share.address, share.work)


class Prop(msgspec.Struct, frozen=True, tag="prop"):
    """Proportional."""

    reach: ClassVar[Reach] = Reach.TALLIES
    returns: ClassVar[bool] = True
    takes: ClassVar[bool] = True
    pays_shares: ClassVar[bool] = False

    def window(self, candidate: Candidate) -> RoundSum:
        """The round, for whoever has the log and not the tallies."""
        return RoundSum()
