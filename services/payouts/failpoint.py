"""Places where this service can be told to die, so that a test can prove what is left is enough.

A crash matters around durable effects: just before one takes place and just after it. Every transaction of
the ledger and every script of the tallies is named by a `Step`, and passing through one reaches two places.
With `NOMP_FAILPOINT=<step>.<moment>` in the environment, the process kills itself with SIGKILL at that place:
nothing is flushed, closed or handed over, as in a power cut. Without the variable nothing happens.
"""

from __future__ import annotations

import enum
import os
import signal
from dataclasses import dataclass

from nompcore.errors import NompError


class Step(enum.Enum):
    """A durable effect of this service."""

    LEDGER_MIGRATED = "ledger.migrated"  # the tables of today, before anything else
    SHARES_APPLIED = "shares.applied"  # a read batch in the tallies
    TALLIES_REPLACED = "tallies.replaced"  # by those of the ledger and the log
    LOG_BASE_MOVED = "log.based"  # the tallies as they were at a place of the log, in the ledger
    LOG_CUT = "log.cut"  # what nobody needs any more gone from the log
    BLOCK_OUTCOME = "block.outcome"  # what the daemons said to a found block
    ROUND_CLOSED = "round.closed"  # a round's weights in the ledger
    ROUND_DROPPED = "round.dropped"  # the same round gone from the tallies
    SCHEME_CHANGED = "scheme.changed"  # what is configured about reward schemes
    ROUND_DECIDED = "round.decided"  # which of them a round has
    RESERVE_CHANGED = "reserve.changed"  # shares credited from it (PPS), or coins put into it
    BLOCK_CONFIRMED = "block.confirmed"  # a reward credited
    BLOCK_ORPHANED = "block.orphaned"
    UPSTREAM_REWARD = "upstream.reward"  # what an upstream pool paid, in suspense until its round ends
    PAYMENT_INTENT = "payment.intent"  # who gets how much
    PAYMENT_SIGNED = "payment.signed"  # the one transaction that will ever pay it
    PAYMENT_BROADCAST = "payment.broadcast"  # the coin's network has it
    PAYMENT_CONFIRMED = "payment.confirmed"  # deep enough in the chain
    PAYMENT_STUCK = "payment.stuck"  # an operator is needed
    PAYMENT_ENTRUSTED = "payment.entrusted"  # an old wallet is about to be asked to send it
    PAYMENT_NOT_SENT = "payment.not-sent"  # that wallet did not, and may be asked again
    PAYMENT_RETURNED = "payment.returned"  # it will never be sent, the amounts are owed again
    PAYMENT_ADOPTED = "payment.adopted"  # another transaction turned out to pay it
    PAYEE_QUARANTINED = "payee.quarantined"  # the wallet refuses an address
    PAYEE_RELEASED = "payee.released"  # and may be asked again
    MINIMUM_SET = "minimum.set"  # from which amount on a miner wants to be paid
    PAYMENTS_PAUSED = "payments.paused"  # or resumed
    BOOKS_CORRECTED = "books.corrected"  # by an operator
    SUSPENSE_RELEASED = "suspense.released"  # or decided that the next round gets it
    AUDIT_NOTED = "audit.noted"  # what the audit found, or that it holds again
    FINDING_ACCEPTED = "finding.accepted"  # by an operator, who has dealt with it
    EVENT_PUBLISHED = "event.published"  # a block or payment event marked as sent
    MPOS_BEGUN = "mpos.begun"  # where in the log MPOS's shares begin
    MPOS_ROWS = "mpos.rows"  # shares and the log's position in MPOS's database
    MPOS_ACCEPTED = "mpos.accepted"  # the row of an accepted block marked there
    NOMP_IMPORTED = "nomp.imported"  # all that a NOMP left, by the command `nomp_import`


class Moment(enum.Enum):
    """When around the effect. Work that prepares it, signing or sending, lies before `BEFORE`."""

    BEFORE = "before-commit"
    AFTER = "after-commit"


@dataclass(frozen=True, slots=True)
class Failpoint:
    """One place."""

    step: Step
    moment: Moment

    def __str__(self) -> str:
        return f"{self.step.value}.{self.moment.value}"

    @classmethod
    def parse(cls, text: str) -> Failpoint:
        """The place of this name; FailpointUnknown if there is none."""
        for failpoint in ALL_FAILPOINTS:
            if str(failpoint) == text:
                return failpoint
        raise FailpointUnknown(f"{text} is none of {', '.join(map(str, ALL_FAILPOINTS))}")


ALL_FAILPOINTS = tuple(Failpoint(step, moment) for step in Step for moment in Moment)


class FailpointUnknown(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The environment names a place that does not exist."""


@dataclass(frozen=True, slots=True)
class Failpoints:
    """The places, of which one may be armed."""

    armed: Failpoint | None = None

    @classmethod
    def from_text(cls, text: str) -> Failpoints:
        """Empty text arms none; FailpointUnknown if there is no such place."""
        return cls(Failpoint.parse(text) if text else None)

    def reach(self, step: Step, moment: Moment) -> None:
        """Die here if this place is armed."""
        if self.armed == Failpoint(step, moment):
            os.kill(os.getpid(), signal.SIGKILL)
