"""SCORE: within its round a share weighs the more the later it comes, as exp(t/C): Slush's method.

Only the proportions matter, so weights are taken relative to the round's end: exp(-age/C) of the work, which
is at most the work. The factor is rounded down to 2^-64: from 44 C on a share weighs nothing.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import ClassVar

import msgspec

from services.payouts.counting.tally_batch import Candidate
from services.payouts.schemes.scheme import CLOCK_SLACK_MS, LogShare, Reach, Weights

FACTOR_BITS = 64
HORIZON = 45
"""Ages, in units of C, from which the factor is zero: exp(-45) < 2^-64."""

# Correctly rounded in decimal on every machine, unlike math.exp: a rebuild comes to the same weights.
_CONTEXT = Context(prec=40)


def factor(age_ms: int, constant_ms: int) -> int:
    """exp(-age/C) in units of 2^-64, rounded down. No share is younger than its round's end."""
    age = max(0, age_ms)
    if age >= HORIZON * constant_ms:
        return 0
    exponent = _CONTEXT.divide(Decimal(-age), Decimal(constant_ms))
    return int(_CONTEXT.multiply(_CONTEXT.exp(exponent), Decimal(1 << FACTOR_BITS)))


class ScoredRound:
    """Shares of a round that ended at `end_ms`."""

    def __init__(self, end_ms: int, constant_ms: int) -> None:
        self._end_ms = end_ms
        self._constant_ms = constant_ms
        self._sums = Weights({})
        self.is_full = False

    @property
    def weights(self) -> dict[str, int]:
        """Address → score."""
        return self._sums.by_address

    def add(self, share: LogShare) -> None:
        """Weigh a share by its age."""
        age_ms = self._end_ms - share.time_ms
        self._sums.grow(share.address, share.work * factor(age_ms, self._constant_ms) >> FACTOR_BITS)
        if age_ms > HORIZON * self._constant_ms + CLOCK_SLACK_MS:
            self.is_full = True


class Score(msgspec.Struct, frozen=True, tag="score"):
    """Slush's score."""

    constant_seconds: int

    reach: ClassVar[Reach] = Reach.ROUND
    returns: ClassVar[bool] = True
    takes: ClassVar[bool] = True
    pays_shares: ClassVar[bool] = False

    def window(self, candidate: Candidate) -> ScoredRound:
        """The round, as it counts at its end."""
        return ScoredRound(candidate.time_ms, self.constant_seconds * 1000)
