"""A share in the log that nobody mined: it ends a round where no block does. Pure.

It weighs the least work there is, so that whatever counts shares counts it, and is taken out where a reward
is divided, unless nobody else has a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nompcore.messages import Share
from services.payouts.counting.tally_batch import Candidate

MARK_WORKER: Final = "upstream-reward"
"""Who mined it, so to speak. A miner that calls itself so works on jobs and at heights."""

MARK_WORK: Final = 1


def is_mark(share: Share) -> bool:
    """Whether a share of the log is one."""
    return share.worker == MARK_WORKER and share.job_id == ""


def without_mark(candidate: Candidate, weights: Mapping[str, int]) -> dict[str, int]:
    """The weights of a round that a mark ended without its own; those of any other as they are."""
    rest = dict(weights)
    if candidate.worker == MARK_WORKER and candidate.height == 0:
        rest[candidate.address] = rest.get(candidate.address, 0) - MARK_WORK
    return {address: work for address, work in rest.items() if work > 0} or dict(weights)
