"""A stratum session and the miner's end of it, with bytes only."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from nompcore.errors import RejectReason
from nompcore.messages import Job, ParkedSession
from nompcore.share import VERSION_ROLLING_MASK, Rejected, validate_share
from services.stratum.authorization import Authorizer
from services.stratum.counters import PoolCounters
from services.stratum.difficulty import TargetRules
from services.stratum.difficulty_policy import DifficultyPolicy
from services.stratum.extranonce import ExtranonceAllocator
from services.stratum.job_registry import JobRegistry
from services.stratum.outcome import FailedLogin, RefusedShare, Resumption, SubmittedShare
from services.stratum.replies import refusal_line, true_line
from services.stratum.session import Session
from services.stratum.session_token import TokenMint
from services.stratum.terms import Terms
from services.stratum.vardiff import VardiffRules
from tests.stratum_work import (
    ADDRESS,
    EASY,
    NTIME,
    Solution,
    coin,
    solve,
    target_of,
)

COIN = coin()
EXTRANONCE1 = "a10f0000"
TOKENS = TokenMint(bytes(32), "btc")
WORKER = f"{ADDRESS}.rig"
RULES = VardiffRules(min_diff=EASY / 16, max_diff=1e6, target_time=15, retarget_time=90, variance_percent=30)


class Miner:
    """A session and the miner's end of it."""

    def __init__(
        self,
        *jobs: Job,
        difficulty: float = EASY,
        vardiff: VardiffRules | None = None,
        variance_percent: float = 0.0,
        version_mask: int = VERSION_ROLLING_MASK,
    ) -> None:
        self.jobs = JobRegistry(COIN)
        for job in jobs:
            self.jobs.add(job)
        self.counters = PoolCounters()
        self.allocator: ExtranonceAllocator | None = ExtranonceAllocator(0xA10F)
        self.may_login = True
        self.parked: ParkedSession | None = None  # what its earlier connection left
        self.terms = Terms(
            pool="btc",
            jobs=self.jobs,
            authorizer=Authorizer(COIN.networks["regtest"]),
            targets=TargetRules(COIN.multiplier, variance_percent),
            policy=DifficultyPolicy(difficulty, vardiff),
            tokens=TOKENS,
            take_extranonce1=lambda: self.allocator.take() if self.allocator else None,
            version_mask=version_mask,
            counters=self.counters,
        )
        self.session = self.new_session()

    def new_session(self, now: float = 0.0) -> Session:
        """Another connection to the same port."""
        return Session(self.terms, lambda now: self.may_login, now)

    def reconnect(self, now: float = 1.0) -> Miner:
        """End the connection and begin another one; what the session left waits for the miner."""
        self.parked = self.session.parked()
        self.session = self.new_session(now)
        return self

    def call(self, method: str, *params: Any, now: float = 1.0) -> Any:
        """The outcome; bytes as decoded lines."""
        line = json.dumps({"id": 1, "method": method, "params": params}).encode()
        outcome = self.session.receive(line, now)
        if isinstance(outcome, Resumption):
            outcome = self.session.resume(outcome.reply_id, self.parked, now)
        if isinstance(outcome, FailedLogin):
            return decoded(outcome.reply)
        return decoded(outcome) if isinstance(outcome, bytes) else outcome

    def ready(self) -> Miner:
        self.call("mining.subscribe")
        self.call("mining.authorize", WORKER, "x")
        return self

    def submit(self, solution: Solution, worker: str = WORKER) -> Any:
        return self.call("mining.submit", *solution.params(worker))

    def broadcast(self, job: Job, now: float = 1.0) -> list[Any]:
        self.jobs.add(job)
        return decoded(self.session.next_job(now))

    def judged(self, solution: Solution, worker: str = WORKER) -> bytes:
        """The answer to a share, checked as the service does."""
        call = {"id": 1, "method": "mining.submit", "params": solution.params(worker)}
        return answer(self, json.dumps(call).encode())


def decoded(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def refused(reason: RejectReason) -> bytes:
    return refusal_line(b"1", reason)


def share(job: Job, *, at_most: int = target_of(EASY), above: int = -1, start: int = 0) -> Solution:
    return solve(job, EXTRANONCE1, at_most=at_most, above=above, start=start)


def again(job: Job, notification: Any) -> Job:
    """The job as the miner knows it that was sent it again, under another id and with a later ntime."""
    job_id, ntime_hex = notification["params"][0], notification["params"][7]
    return msgspec.structs.replace(job, job_id=job_id, ntime=int(ntime_hex, 16))


def answer(miner: Miner, line: bytes) -> bytes:
    outcome = miner.session.receive(line, 1.0)
    if isinstance(outcome, SubmittedShare):
        verdict = validate_share(
            outcome.job.prepared,
            outcome.submission,
            target=outcome.target,
            now_seconds=NTIME,
            seen=outcome.seen,
        )
        if isinstance(verdict, Rejected):
            return refusal_line(outcome.reply_id, verdict.reason)
        outcome.seen.add(verdict.key)
        return true_line(outcome.reply_id)
    if isinstance(outcome, RefusedShare | FailedLogin):
        return outcome.reply
    if isinstance(outcome, Resumption):
        outcome = miner.session.resume(outcome.reply_id, miner.parked, 1.0)
    assert isinstance(outcome, bytes)
    return outcome
