"""A stratum session and the miner's end of it, with bytes only."""

from __future__ import annotations

import json
from typing import Any

from nompcore.errors import RejectReason
from nompcore.messages import Job
from nompcore.share import Rejected, validate_share
from services.stratum.authorization import Authorizer
from services.stratum.counters import PoolCounters
from services.stratum.difficulty import DifficultyTrack, TargetRules
from services.stratum.job_registry import JobRegistry
from services.stratum.protocol import refusal_line, true_line
from services.stratum.session import RefusedShare, Session, SubmittedShare
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
EXTRANONCE1 = "a10f0001"
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
    ) -> None:
        self.jobs = JobRegistry(COIN)
        for job in jobs:
            self.jobs.add(job)
        self.counters = PoolCounters()
        self.session = Session(
            extranonce1_hex=EXTRANONCE1,
            jobs=self.jobs,
            authorizer=Authorizer(COIN.networks["regtest"]),
            track=DifficultyTrack(TargetRules(COIN.multiplier, variance_percent), difficulty),
            vardiff_rules=vardiff,
            counters=self.counters,
            now=0.0,
        )

    def call(self, method: str, *params: Any, now: float = 1.0) -> Any:
        """The outcome; bytes as decoded lines."""
        line = json.dumps({"id": 1, "method": method, "params": params}).encode()
        outcome = self.session.receive(line, now)
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


def answer(miner: Miner, line: bytes) -> bytes:
    outcome = miner.session.receive(line, 1.0)
    if isinstance(outcome, SubmittedShare):
        verdict = validate_share(
            outcome.job.prepared,
            outcome.submission,
            target=outcome.target,
            now_seconds=NTIME,
            seen=outcome.job.seen,
        )
        if isinstance(verdict, Rejected):
            return refusal_line(outcome.reply_id, verdict.reason)
        outcome.job.seen.add(verdict.key)
        return true_line(outcome.reply_id)
    if isinstance(outcome, RefusedShare):
        return outcome.reply
    assert isinstance(outcome, bytes)
    return outcome
