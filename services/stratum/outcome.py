"""What one line of a miner leads to.

bytes            to be sent; may hold several lines (a subscription is answered with its first job)
SubmittedShare   to be checked; its answer comes later, when the share is stored
RefusedShare     a share that needs no hash to be refused
FailedLogin      an error to be sent, and a strike against the address
LoginQuestion    a login that MPOS has to confirm; the answer comes later
Resumption       a subscription that continues an earlier one, if what it left can be found
Hangup           the peer garbles the protocol: close the connection
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from nompcore.errors import RejectReason
from nompcore.share import Submission
from services.stratum.authorization import Worker
from services.stratum.job_registry import LiveJob
from services.stratum.requests import Authorize


class SubmittedShare(msgspec.Struct, frozen=True):
    """A share to check: whose, on which job, at which difficulty; `seen` holds the session's earlier keys."""

    reply_id: bytes
    worker: Worker
    job: LiveJob
    seen: set[bytes]
    submission: Submission
    difficulty: float
    target: int


class GoodShare(msgspec.Struct, gc=False):
    """A share that was accepted: what is left to do is to store it and to answer. `key` is in `seen`.

    Nothing that it holds leads back to it, so the garbage collector need not look at it.
    """

    reply_id: bytes
    worker: Worker
    job: LiveJob
    key: bytes
    share_difficulty: float  # reached
    difficulty: float  # credited
    seen: set[bytes]


class RefusedShare(msgspec.Struct, frozen=True):
    """A share refused without a look at its work; `worker` is None when nobody is to blame by name."""

    reply: bytes
    worker: Worker | None
    reason: RejectReason


@dataclass(frozen=True, slots=True)
class FailedLogin:
    """An authorization that was refused."""

    reply: bytes


@dataclass(frozen=True, slots=True)
class LoginQuestion:
    """A login whose worker and password are to be looked up."""

    request: Authorize
    worker: Worker


@dataclass(frozen=True, slots=True)
class Resumption:
    """A subscription with a genuine token: ask for what was parked under its extranonce1."""

    reply_id: bytes
    extranonce1_hex: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """Close the connection; `reason` is one of a few constant words."""

    reason: str


Outcome = bytes | SubmittedShare | RefusedShare | FailedLogin | LoginQuestion | Resumption | Hangup
