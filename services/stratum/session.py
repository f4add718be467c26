"""One miner's conversation: a line in, one outcome out. No socket, no clock, no hash: bytes and state only.

Each line has exactly one outcome:

    bytes            to be sent; may hold several lines (a subscription is answered with its first job)
    SubmittedShare   to be checked; its answer comes later, when the share is stored
    RefusedShare     a share that needs no hash to be refused
    Hangup           the peer garbles the protocol: close the connection
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nompcore.coinbase import EXTRANONCE2_SIZE
from nompcore.errors import RejectReason, StratumError
from nompcore.share import Submission
from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION, Authorizer, Worker
from services.stratum.counters import PoolCounters
from services.stratum.difficulty import DifficultyTrack
from services.stratum.job_registry import JobRegistry, LiveJob
from services.stratum.protocol import (
    Authorize,
    BadParams,
    Configure,
    ExtranonceSubscribe,
    GetTransactions,
    MalformedLineError,
    Ping,
    Request,
    Submit,
    Subscribe,
    UnknownMethod,
    error_line,
    parse_request,
    refusal_line,
    result_line,
    set_difficulty_line,
    subscribed_line,
)
from services.stratum.vardiff import Vardiff, VardiffRules

OTHER = 20  # stratum's number for errors without one of their own

SUBSCRIBE_SECONDS = 30.0  # an honest miner subscribes in its first packet
AUTHORIZE_SECONDS = 60.0  # and authorizes in its second


@dataclass(frozen=True, slots=True)
class SubmittedShare:
    """A share to check: whose, on which job, at which difficulty."""

    reply_id: bytes
    worker: Worker
    job: LiveJob
    submission: Submission
    difficulty: float
    target: int


@dataclass(frozen=True, slots=True)
class RefusedShare:
    """A share refused without a look at its work; `worker` is None when nobody is to blame by name."""

    reply: bytes
    worker: Worker | None
    reason: RejectReason


@dataclass(frozen=True, slots=True)
class Hangup:
    """Close the connection; `reason` is one of a few constant words."""

    reason: str


Outcome = bytes | SubmittedShare | RefusedShare | Hangup


class Session:
    """The state of one connection: who mines, with which extranonce1, at which difficulty."""

    __slots__ = (
        "_authorizer",
        "_counters",
        "_extranonce1",
        "_jobs",
        "_last_share",
        "_started",
        "_track",
        "_vardiff",
        "_vardiff_rules",
        "accepted",
        "extranonce1_hex",
        "rejected",
        "sent_serial",
        "subscribed",
        "workers",
    )

    def __init__(
        self,
        *,
        extranonce1_hex: str,
        jobs: JobRegistry,
        authorizer: Authorizer,
        track: DifficultyTrack,
        vardiff_rules: VardiffRules | None,
        counters: PoolCounters,
        now: float,
    ) -> None:
        self.extranonce1_hex = extranonce1_hex
        self._extranonce1 = bytes.fromhex(extranonce1_hex)
        self._jobs = jobs
        self._authorizer = authorizer
        self._track = track
        self._vardiff_rules = vardiff_rules
        self._vardiff: Vardiff | None = None
        self._counters = counters
        self._started = now
        self._last_share = now
        self.subscribed = False
        self.workers: dict[str, Worker] = {}  # by the name the miner uses
        self.sent_serial = 0
        self.accepted = 0
        self.rejected = 0

    def receive(self, line: bytes, now: float) -> Outcome:
        """What to do about one line; `now` in seconds of a steady clock. Never raises."""
        try:
            request = parse_request(line)
        except MalformedLineError:
            return Hangup("malformed")
        return _HANDLERS[type(request)](self, request, now)

    def next_job(self, now: float) -> bytes:
        """What a broadcast sends to this miner: nothing, the current job, or a new difficulty and the job."""
        job = self._jobs.current
        if job is None or not self.subscribed or job.serial == self.sent_serial:
            return b""
        return self._start(job, now) + job.notify

    def share_accepted(self, now: float) -> None:
        """Count an accepted share and let vardiff look at the pace."""
        self.accepted += 1
        self._last_share = now
        if self._vardiff is not None:
            self._queue(
                self._vardiff.share_accepted(now, self._track.announced, self._jobs.network_difficulty)
            )

    def share_refused(self) -> None:
        """Count a share whose answer was an error."""
        self.rejected += 1

    def look_for_silence(self, now: float) -> None:
        """Let vardiff lower the difficulty of a miner that sends nothing."""
        if self._vardiff is not None and self.workers:
            self._queue(self._vardiff.silence(now, self._track.announced, self._jobs.network_difficulty))

    def overdue(self, now: float, share_seconds: float) -> str | None:
        """Why the connection is not worth keeping, in a constant word; None while it is.

        `share_seconds` is how long it may go without an accepted share, 0 for ever; while there is no job
        nobody can find one.
        """
        if not self.subscribed and now - self._started > SUBSCRIBE_SECONDS:
            return "not-subscribed"
        if not self.workers and now - self._started > AUTHORIZE_SECONDS:
            return "not-authorized"
        if 0 < share_seconds < now - self._last_share and self._jobs.current is not None:
            return "no-shares"
        return None

    def seconds(self, now: float) -> float:
        """How long the session has lasted."""
        return now - self._started

    def _queue(self, difficulty: float | None) -> None:
        if difficulty is not None:
            self._track.queue(difficulty)

    def _subscribe(self, request: Subscribe, now: float) -> Outcome:
        """The reply, on the first time the difficulty, and the current job if there is one.

        A repeated subscribe keeps its extranonce1 (NOMP gives another): shares under way stay valid.
        """
        reply = subscribed_line(request.id, self.extranonce1_hex, EXTRANONCE2_SIZE)
        if not self.subscribed:
            self.subscribed = True
            reply += set_difficulty_line(self._track.announced)
        job = self._jobs.current
        if job is None:
            return reply
        return reply + self._start(job, now) + job.notify_clean

    def _start(self, job: LiveJob, now: float) -> bytes:
        if self._vardiff is None and self._vardiff_rules is not None:
            self._vardiff = Vardiff(self._vardiff_rules, now)
        self.sent_serial = job.serial
        changed = self._track.start_job(job.serial, self._jobs.oldest_serial)
        return b"" if changed is None else set_difficulty_line(changed)

    def _authorize(self, request: Authorize, now: float) -> Outcome:
        try:
            worker = self._authorizer.worker(request.user)
            if request.user not in self.workers and len(self.workers) >= MAX_WORKERS_PER_CONNECTION:
                raise StratumError(RejectReason.UNAUTHORIZED.number, "too many workers on this connection")
        except StratumError as error:
            return error_line(request.id, error.number, error.text, result=False)
        self.workers[request.user] = worker
        return result_line(request.id, True)

    def _submit(self, request: Submit, now: float) -> Outcome:
        worker = self.workers.get(request.worker)
        if worker is None:
            return self._refuse(request.id, None, RejectReason.UNAUTHORIZED)
        if not self.subscribed:
            return self._refuse(request.id, None, RejectReason.NOT_SUBSCRIBED)
        job = self._jobs.get(request.job_id)
        if job is None:
            return self._refuse(request.id, worker, RejectReason.STALE)
        assignment = self._track.of_job(job.serial)
        submission = Submission(
            self._extranonce1, request.extranonce2_hex, request.ntime_hex, request.nonce_hex
        )
        return SubmittedShare(request.id, worker, job, submission, assignment.difficulty, assignment.target)

    def _configure(self, request: Configure, now: float) -> Outcome:
        return result_line(request.id, dict.fromkeys(request.extensions, False))

    def _get_transactions(self, request: GetTransactions, now: float) -> Outcome:
        return result_line(request.id, [])

    def _ping(self, request: Ping, now: float) -> Outcome:
        return result_line(request.id, "pong")

    def _extranonce_subscribe(self, request: ExtranonceSubscribe, now: float) -> Outcome:
        return error_line(request.id, OTHER, "unsupported")

    def _bad_params(self, request: BadParams, now: float) -> Outcome:
        if request.method == "mining.submit":
            return self._refuse(request.id, None, RejectReason.MALFORMED)
        return error_line(request.id, OTHER, "malformed params")

    def _unknown_method(self, request: UnknownMethod, now: float) -> Outcome:
        self._counters.unknown_method(request.method)
        return error_line(request.id, OTHER, "unknown method")

    def _refuse(self, request_id: bytes, worker: Worker | None, reason: RejectReason) -> RefusedShare:
        return RefusedShare(refusal_line(request_id, reason), worker, reason)


_HANDLERS: dict[type[Request], Callable[[Session, Any, float], Outcome]] = {
    Submit: Session._submit,
    Subscribe: Session._subscribe,
    Authorize: Session._authorize,
    Configure: Session._configure,
    GetTransactions: Session._get_transactions,
    Ping: Session._ping,
    ExtranonceSubscribe: Session._extranonce_subscribe,
    BadParams: Session._bad_params,
    UnknownMethod: Session._unknown_method,
}
