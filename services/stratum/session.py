"""One miner's conversation: a line in, one outcome out (outcome.py). No socket, no clock, no hash.

A subscription takes an extranonce1: a fresh one, or with a genuine token the one of an earlier session, once
its owner has found what that session left (`resume`). The connection passes no line in between.
"""

from __future__ import annotations

from collections.abc import Callable

from nompcore.coinbase import ORDINARY_EXTRANONCES
from nompcore.errors import RejectReason, StratumError
from nompcore.messages import ParkedSession
from powhash.share_check import share_check
from services.stratum.allowance import Allowance
from services.stratum.answers import answer, mask_for_job
from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION, Worker
from services.stratum.job_registry import LiveJob
from services.stratum.login import authorize
from services.stratum.miner_difficulty import MinerDifficulty
from services.stratum.miner_work import MAX_REISSUES, MinerWork
from services.stratum.outcome import GoodShare, Hangup, Outcome, Resumption
from services.stratum.protocol import MalformedLineError, parse_request
from services.stratum.replies import set_difficulty_line, set_extranonce_line, subscribed_line
from services.stratum.requests import Authorize, BadParams, Request, Submit, Subscribe
from services.stratum.submitting import refuse, submit
from services.stratum.terms import Terms
from services.stratum.visits import Visits

# Lines of a connection beside its shares. A farm's proxy logs in 64 workers and pings; whoever says more than
# that in a minute is not mining. A subscription costs more because its answer is a job of a few KB.
CHATTER_PER_MINUTE = 240
SUBSCRIBE_COST = 4


class Session:
    """The state of one connection: who mines, with which extranonce1, at which difficulty."""

    __slots__ = (
        "_chatter",
        "accepted",
        "agent",
        "difficulty",
        "extranonce1",
        "extranonce1_hex",
        "follows_extranonce",
        "has_spoken",
        "last_share",
        "may_login",
        "rejected",
        "started",
        "terms",
        "version_mask",
        "visits",
        "wanted_mask",
        "work",
        "workers",
    )

    def __init__(self, terms: Terms, may_login: Callable[[float], bool], now: float) -> None:
        self.terms = terms
        self.may_login = may_login
        self.difficulty = MinerDifficulty(terms.policy, terms.targets)
        self.work = MinerWork(terms.jobs)
        self.visits: Visits | None = None  # of a switching port's miner that has been in other pools
        self._chatter = Allowance(CHATTER_PER_MINUTE, now)
        self.wanted_mask = 0  # the version bits that the miner can roll …
        self.version_mask = 0  # … and those of them that it may
        self.extranonce1 = b""
        self.extranonce1_hex = ""  # none before the subscription
        self.follows_extranonce = False  # understands mining.set_extranonce
        self.has_spoken = False
        self.agent = ""
        self.started = now
        self.last_share = now
        self.workers: dict[str, Worker] = {}  # by the name the miner uses
        self.accepted = 0
        self.rejected = 0

    @property
    def subscribed(self) -> bool:
        """Whether it has an extranonce1 and gets jobs."""
        return self.extranonce1_hex != ""

    @property
    def _can_return(self) -> bool:
        """Whether all that was done with its extranonce1 is known here, and that will not be another's."""
        moved = self.visits is not None and self.visits.used
        return not moved and self.terms.jobs.extranonces == ORDINARY_EXTRANONCES

    def receive(self, line: bytes, now: float) -> Outcome:
        """What to do about one line; `now` in seconds of a steady clock. Never raises."""
        self.has_spoken = True
        try:
            request = parse_request(line)
        except MalformedLineError:
            return Hangup("malformed")
        if type(request) is Submit:
            return submit(self, request)
        if type(request) is BadParams and request.method == "mining.submit":
            return refuse(request.id, None, RejectReason.MALFORMED)
        cost = SUBSCRIBE_COST if type(request) is Subscribe else 1
        return self._answer(request, now) if self._chatter.take(now, cost) else Hangup("chatter")

    def quick_share(self, line: bytes, now_seconds: float) -> GoodShare | None:
        """The share of a line where that is ordinary and good, and no block; then its key is in `seen` now.

        `line` with its newline, `now_seconds` in Unix seconds. None means nothing: it is for `receive`.
        """
        assignment, seen = self.difficulty.track.in_force, self.work.seen
        good = share_check(
            line,
            self.workers,
            self.terms.jobs.quick,
            self.extranonce1,
            seen,
            self.version_mask,
            assignment.first_serial,
            assignment.target_le,
            now_seconds,
        )
        if good is None:
            return None
        reply_id, worker, job, key, share_difficulty = good
        return GoodShare(reply_id, worker, job, key, share_difficulty, assignment.difficulty, seen)

    def _answer(self, request: Request, now: float) -> Outcome:
        if type(request) is Subscribe:
            return self._subscribe(request, now)
        if type(request) is Authorize:
            return authorize(self, request, now)
        return answer(self, request)

    def next_job(self, now: float) -> bytes:
        """What a broadcast sends to this miner: nothing, the current job, or a new difficulty and the job."""
        job = self.terms.jobs.current
        if job is None or not self.extranonce1_hex or job.serial == self.work.sent_serial:
            return b""
        return self._start(job, now) + job.notify

    def share_accepted(self, now: float, difficulty: float) -> bytes:
        """Count a share accepted at `difficulty`; what to send if it shows that this is far off."""
        self.accepted += 1
        self.last_share = now
        pace = self.difficulty
        if pace.vardiff is not None and pace.share_accepted(
            now, difficulty, self.terms.jobs.network_difficulty
        ):
            return self.announce_now()
        return b""

    def share_refused(self) -> None:
        """Count a share whose answer was an error."""
        self.rejected += 1

    def look_for_silence(self, now: float) -> bytes:
        """What to send to a miner that found nothing for long: a lower difficulty."""
        if not self.workers:
            return b""
        urgent = self.difficulty.look_for_silence(now, self.terms.jobs.network_difficulty)
        return self.announce_now() if urgent else b""

    def resume(self, reply_id: bytes, parked: ParkedSession | None, now: float) -> bytes | Hangup:
        """Answer a `Resumption`, with what the earlier session left or without.

        Also without where a new block has been heard of there and not yet here: the keys of the shares on
        the jobs before it were not kept, and those jobs still count here.
        """
        if parked is None or parked.pool != self.terms.pool:  # its port mines another one by now
            return self._begin(reply_id, now)
        if self.terms.jobs.lags_behind(parked.live_since_ms):
            return self._begin(reply_id, now)
        self.difficulty.begin_again(parked.difficulty, self.terms.jobs.network_difficulty)
        self.work.take_over(parked.seen, parked.reissues)
        for name in parked.workers[: MAX_WORKERS_PER_CONNECTION - len(self.workers)]:
            self._log_in_again(name)
        self._set_extranonce1(parked.extranonce1_hex)
        return self._welcome(reply_id, now, resumed=True)

    def _log_in_again(self, name: str) -> None:
        try:
            self.workers[name] = self.terms.authorizer.worker(name)
        except StratumError:  # the rules have changed meanwhile: the miner hears of it when it logs in itself
            self.terms.counters.logins_failed += 1

    def parked(self) -> ParkedSession | None:
        """What the miner can come back for; None when nobody logged in or there is too much of it, and
        where the extranonce1 is to be given to somebody else."""
        seen = self.work.parked_keys() if self._can_return and self.subscribed and self.workers else None
        if seen is None:
            return None
        return ParkedSession(
            pool=self.terms.pool,
            extranonce1_hex=self.extranonce1_hex,
            difficulty=self.difficulty.track.newest,
            workers=list(self.workers),
            seen=seen,
            live_since_ms=self.terms.jobs.live_since_ms,
            reissues=self.work.reissues,
        )

    def change_extranonce1(self, now: float) -> bytes | None:
        """mining.set_extranonce and the current job; None when the miner must reconnect instead."""
        extranonce1_hex = self.terms.take_extranonce1() if self.follows_extranonce else None
        if extranonce1_hex is None:
            return None
        self._set_extranonce1(extranonce1_hex)
        self.work.forget()
        self.visits = None
        job = self.terms.jobs.current
        line = set_extranonce_line(extranonce1_hex, self.terms.jobs.extranonces.extranonce2)
        if job is None:
            return line
        return line + self._start(job, now) + self.work.afresh(job, self.difficulty.track)

    # ---- jobs ----

    def _set_extranonce1(self, extranonce1_hex: str) -> None:
        self.extranonce1_hex = extranonce1_hex
        self.extranonce1 = bytes.fromhex(extranonce1_hex)

    def _start(self, job: LiveJob, now: float) -> bytes:
        """The difficulty to announce before a job. The first is announced with the first job, not earlier:
        some firmware applies each set_difficulty at the next job and would be one behind for ever."""
        first = self.work.sent_serial == 0
        self.difficulty.next_job(now, self.terms.jobs.network_difficulty)
        self.work.sent(job)
        changed = self.difficulty.track.start_job(job.serial, self.terms.jobs.oldest_serial)
        mask = mask_for_job(self) if job.prepared.job.version_mask_hex else b""
        if first:
            return mask + set_difficulty_line(self.difficulty.track.announced)
        return mask if changed is None else mask + set_difficulty_line(changed)

    def announce_now(self) -> bytes:
        """The queued difficulty with the current job sent again; nothing where the next job is at hand."""
        job = self.terms.jobs.current
        if job is None or not self.subscribed or not self.work.has_newest:
            return b""
        if self.work.reissues >= MAX_REISSUES:
            return b""
        assignment = self.difficulty.track.reissue(job.serial)
        if assignment is None:
            return b""
        self.terms.counters.jobs_reissued += 1
        return set_difficulty_line(assignment.difficulty) + self.work.again(job, assignment)

    # ---- requests ----

    def _subscribe(self, request: Subscribe, now: float) -> Outcome:
        """A repeated subscribe keeps its extranonce1 (NOMP gives another): shares under way stay valid."""
        self.agent = request.agent or self.agent
        if self.subscribed:
            return self._welcome(request.id, now)
        is_return = request.token and self._can_return
        earlier = self.terms.tokens.extranonce1_of(request.token) if is_return else None
        return self._begin(request.id, now) if earlier is None else Resumption(request.id, earlier)

    def _begin(self, reply_id: bytes, now: float) -> bytes | Hangup:
        extranonce1_hex = self.terms.take_extranonce1()
        if extranonce1_hex is None:
            return Hangup("no-prefix")
        self._set_extranonce1(extranonce1_hex)
        return self._welcome(reply_id, now)

    def _welcome(self, reply_id: bytes, now: float, *, resumed: bool = False) -> bytes:
        """The reply, and if there is a job the difficulty and the job."""
        token = self.terms.tokens.token(self.extranonce1_hex)
        extranonce2_size = self.terms.jobs.extranonces.extranonce2
        lines = subscribed_line(reply_id, token, self.extranonce1_hex, extranonce2_size)
        job, reissues = self.terms.jobs.current, self.work.reissues
        if job is None:
            return lines
        lines += self._start(job, now)
        if not resumed:
            return lines + self.work.afresh(job, self.difficulty.track)
        self.work.reissues = reissues  # the earlier session has sent this job too, perhaps more than once
        return lines + self.work.again(job, self.difficulty.track.of_job(job.serial))
