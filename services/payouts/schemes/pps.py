"""PPS: a share is worth its part of the block it was mined for, at once and whether a block is found or not.

The pool pays from its reserve, to which the rewards go, and so bears the luck and the dead blocks. Its fee is
what a share is worth less, and stays in the reserve.

A share's worth is rounded down to 2^-32 of the smallest unit. Whole units of the sum are credited and the
rest is kept for the address: however shares come together in readings, the same is credited.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from nompcore.errors import EncodingError
from nompcore.messages import Share
from nompcore.target import work_from_difficulty
from services.payouts.counting.tally_batch import Candidate
from services.payouts.rounds.rewards import PPM
from services.payouts.schemes.scheme import Reach
from services.payouts.schemes.solo import FinderOnly

PARTS_PER_SAT = 2**32
"""Grain of what shares are worth."""


class Pps(msgspec.Struct, frozen=True, tag="pps"):
    """Pay per share."""

    reach: ClassVar[Reach] = Reach.NOTHING
    returns: ClassVar[bool] = False
    takes: ClassVar[bool] = False
    pays_shares: ClassVar[bool] = True

    def window(self, candidate: Candidate) -> FinderOnly:
        """Nobody has a part in the block itself."""
        return FinderOnly({})


def worth(share: Share, fee_ppm: int) -> int | None:
    """What a share earns, in 2^-32 sats; None if it does not say what a block was worth and took.

    Never more than the block: where shares are harder than blocks, each of them is a block at best.
    """
    try:
        work = work_from_difficulty(share.difficulty)
        network_work = work_from_difficulty(share.network_difficulty)
    except EncodingError:
        return None
    if share.reward_sats <= 0:
        return None
    earned = min(work, network_work) * share.reward_sats * (PPM - fee_ppm)
    return earned * PARTS_PER_SAT // (network_work * PPM)
