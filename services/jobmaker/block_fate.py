"""What the daemons' answers to `submitblock` mean for a found block (BIP 22, spec 2.7).

Answers differ in weight. `null` is given only for a block that was connected to the chain, so it settles it.
`inconclusive` means stored beside the best chain, and `duplicate` known already, in the chain or beside it (a
stale block submitted twice is a `duplicate` the second time): the chain itself is asked. A block that stays
beside it may still win by a reorganisation: it competes, and payouts follows it until it is buried. A
parent unknown to the daemon, or no answer at all, says nothing about the block; such a block is submitted
again until somebody can judge it, or until it is so old that nobody will.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

PATIENCE_SECONDS = 600.0
"""How long a block waits for daemons that cannot judge it while others refuse it: four Litecoin blocks."""

COMPETING_SECONDS = 5.0
"""How long a block beside the best chain is asked after: daemons settle competing tips within seconds."""


class Weight(enum.Enum):
    """What one daemon's answer says about the block."""

    ACCEPTED = "accepted"
    BESIDE = "beside"  # known and valid so far, perhaps on a chain that is not the best: the chain is asked
    REFUSED = "refused"
    UNJUDGED = "unjudged"  # answered, but cannot judge: the parent is unknown there
    SILENT = "silent"  # no answer


@dataclass(frozen=True, slots=True)
class Answer:
    """One daemon's answer to a submission."""

    daemon: str
    text: str  # "accepted", the daemon's own word, or what went wrong
    weight: Weight


class Verdict(enum.Enum):
    """What becomes of the block now."""

    ACCEPTED = "accepted"
    COMPETING = "competing"  # valid, beside the best chain: as good as accepted until another is deep
    REJECTED = "rejected"
    OPEN = "open"  # submit it again


_BESIDE = ("inconclusive", "duplicate-inconclusive", "duplicate", "rejected: duplicate")
_UNJUDGED = ("prev-blk-not-found", "inconclusive-not-best-prevblk")


def read_result(daemon: str, result: object) -> Answer:
    """The answer in a `submitblock` result: null or a BIP 22 rejection word."""
    if result is None:
        return Answer(daemon, "accepted", Weight.ACCEPTED)
    text = str(result)
    if text in _BESIDE:
        return Answer(daemon, text, Weight.BESIDE)
    return Answer(daemon, text, Weight.UNJUDGED if text in _UNJUDGED else Weight.REFUSED)


def judge(answers: Collection[Answer], *, in_chain: bool, age_seconds: float) -> Verdict:
    """Judge by all answers. `in_chain`: some daemon has the block in its active chain. Age: since found."""
    weights = {answer.weight for answer in answers}
    if in_chain or Weight.ACCEPTED in weights:
        return Verdict.ACCEPTED
    if Weight.BESIDE in weights:
        return Verdict.OPEN if age_seconds < COMPETING_SECONDS else Verdict.COMPETING
    answered = weights - {Weight.SILENT}
    if answered and not weights & {Weight.UNJUDGED, Weight.SILENT}:
        return Verdict.REJECTED
    return Verdict.REJECTED if answered and age_seconds > PATIENCE_SECONDS else Verdict.OPEN


def reason(answers: Collection[Answer]) -> str:
    """Why a block was rejected: the most telling of the answers."""
    for weight in (Weight.REFUSED, Weight.BESIDE, Weight.UNJUDGED, Weight.SILENT):
        for answer in answers:
            if answer.weight is weight:
                return answer.text
    return "no daemon"
