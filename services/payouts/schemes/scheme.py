"""What a reward scheme says about itself, and how it weighs the shares of a block.

A scheme looks at the share log through a window: it is handed the shares of the block's group one by one,
the block candidate itself first and then backwards, until it has seen enough or the log's part that it may
look at is over (`Reach`). Weights are integers in the unit of work, 2^-32 difficulty, so that those of a dead
round can be added to those of any other.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar, Protocol

from services.payouts.counting.tally_batch import Candidate

CLOCK_SLACK_MS = 10 * 60 * 1000
"""Shares of several replicas lie in the log by their arrival. A window of time looks so much further back
than it reaches, because their clocks and retries differ by far less."""


@dataclass(frozen=True, slots=True)
class LogShare:
    """A share as schemes see it. `work` in units of 2^-32 difficulty, above zero."""

    address: str
    work: int
    time_ms: int


class Reach(enum.Enum):
    """Where a scheme's weights come from, and how far back its window may look."""

    TALLIES = "tallies"  # the sums of the round, which the tallies have
    NOTHING = "nothing"  # the candidate says it all
    ROUND = "round"  # the log, back to the candidate that ended the round before
    ERA = "era"  # the log, back to where the group's rounds began to be divided like this


class Window(Protocol):
    """Shares of one block, being weighed."""

    @property
    def is_full(self) -> bool:
        """Whether no older share can weigh anything."""

    @property
    def weights(self) -> dict[str, int]:
        """Payout address → weight, all above zero."""

    def add(self, share: LogShare) -> None:
        """Weigh the next older share. Only while it is not full."""


class Scheme(Protocol):
    """A way to divide rewards, with its parameters."""

    reach: ClassVar[Reach]
    returns: ClassVar[bool]
    """The shares of a dead block go to the next living one: they are used up by being paid once."""
    takes: ClassVar[bool]
    """Its living blocks take such shares."""
    pays_shares: ClassVar[bool]
    """Miners are credited for each share, and rewards go to the reserve that pays for it."""

    def window(self, candidate: Candidate) -> Window | None:
        """An empty window on the candidate's block; None if the candidate lacks what is needed to size it."""


@dataclass(slots=True)
class Weights:
    """A sum by address, for windows."""

    by_address: dict[str, int]

    def grow(self, address: str, weight: int) -> None:
        """Add a weight; nothing is kept of one that is zero."""
        if weight:
            self.by_address[address] = self.by_address.get(address, 0) + weight
