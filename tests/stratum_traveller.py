"""A miner of a switching port between two sha256 pools, with bytes only."""

from __future__ import annotations

import json
from typing import Any

from nompcore.errors import RejectReason
from nompcore.messages import Job
from nompcore.share import VERSION_ROLLING_MASK, Rejected, validate_share
from services.stratum.counters import PoolCounters
from services.stratum.difficulty import TargetRules
from services.stratum.difficulty_policy import DifficultyPolicy
from services.stratum.extranonce import ExtranonceAllocator
from services.stratum.job_registry import JobRegistry
from services.stratum.moving import move
from services.stratum.outcome import RefusedShare, SubmittedShare
from services.stratum.session import Session
from services.stratum.switch_authorization import SwitchAuthorizer
from services.stratum.terms import Terms
from services.stratum.vardiff import VardiffRules
from tests.stratum_miner import EXTRANONCE1, TOKENS, decoded
from tests.stratum_work import EASY, NTIME, Solution, coin, make_job, solve, target_of

KEY = bytes(range(20)).hex()
COINS = {"btc": coin("bitcoin.json"), "bch": coin("bitcoincash.json")}
NETWORKS = tuple(mined.networks["regtest"] for mined in COINS.values())
ADDRESSES = {
    name: SwitchAuthorizer(mined.networks["regtest"], NETWORKS).worker(KEY).address
    for name, mined in COINS.items()
}


class Traveller:
    """A session at a port that switches between two pools, and the miner's end of it."""

    def __init__(self, difficulty: float = EASY, vardiff: VardiffRules | None = None) -> None:
        self.jobs = {name: JobRegistry(mined) for name, mined in COINS.items()}
        self.allocator = ExtranonceAllocator(0xA10F)
        self.offers = {
            name: Terms(
                pool=name,
                jobs=self.jobs[name],
                authorizer=SwitchAuthorizer(mined.networks["regtest"], NETWORKS),
                targets=TargetRules(mined.multiplier),
                policy=DifficultyPolicy(difficulty, vardiff),
                tokens=TOKENS,
                take_extranonce1=self.allocator.take,
                version_mask=VERSION_ROLLING_MASK,
                counters=PoolCounters(),
            )
            for name, mined in COINS.items()
        }
        self.session = Session(self.offers["btc"], lambda now: True, 0.0)

    def job(self, pool: str, job_id: str, **keys: Any) -> Job:
        """A new job of a pool; those who mine it get it by `heard`."""
        job = make_job(job_id, of=COINS[pool], pool=pool, **keys)
        self.jobs[pool].add(job)
        return job

    def call(self, method: str, *params: Any, now: float = 1.0) -> list[Any]:
        outcome = self.session.receive(line(method, *params), now)
        assert isinstance(outcome, bytes)
        return decoded(outcome)

    def ready(self) -> list[Any]:
        lines = self.call("mining.subscribe")
        self.call("mining.authorize", f"{KEY}.rig", "x")
        return lines

    def move(self, pool: str, now: float = 2.0) -> list[Any]:
        return decoded(move(self.session, self.offers[pool], now))

    def heard(self, now: float = 2.0) -> list[Any]:
        return decoded(self.session.next_job(now))

    def submitted(self, solution: Solution) -> SubmittedShare | RefusedShare:
        outcome = self.session.receive(line("mining.submit", *solution.params(f"{KEY}.rig")), 3.0)
        assert isinstance(outcome, SubmittedShare | RefusedShare)
        return outcome

    def verdict(self, solution: Solution) -> tuple[str, str, float] | RejectReason:
        """Whose share it is, where that is paid, at which difficulty; or why it is none."""
        share = self.submitted(solution)
        if isinstance(share, RefusedShare):
            return share.reason
        found = validate_share(
            share.job.prepared, share.submission, target=share.target, now_seconds=NTIME, seen=share.seen
        )
        if isinstance(found, Rejected):
            return found.reason
        share.seen.add(found.key)
        return share.job.prepared.job.pool, share.worker.name, share.difficulty


def line(method: str, *params: Any) -> bytes:
    return json.dumps({"id": 1, "method": method, "params": params}).encode()


def share(job: Job, *, difficulty: float = EASY, above: int = -1, start: int = 0) -> Solution:
    of = COINS[job.pool]
    return solve(job, EXTRANONCE1, at_most=target_of(difficulty, of), above=above, start=start, of=of)


def credited(pool: str, difficulty: float = EASY) -> tuple[str, str, float]:
    return pool, f"{ADDRESSES[pool]}.rig", difficulty
