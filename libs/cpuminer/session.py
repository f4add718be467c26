"""One connection of the miner: what the pool says is turned into work, and found shares are handed in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from cpuminer.connection import MinerConnection
from cpuminer.pace import Throttle
from cpuminer.protocol import (
    Authorized,
    DifficultyChanged,
    Event,
    Job,
    MessageShown,
    ReconnectAsked,
    ShareAnswered,
    Solution,
    Subscribed,
)
from cpuminer.report import Report
from cpuminer.work import NONCES, Algorithm, Work, build_work, search
from nompcore.hashing import hashes_slowly
from nompcore.target import MAX_TARGET

AGENT = "cpuminer/nomp"

SLICE_HASHES = 5_000
"""Hashes between two looks at the clock, about 50 ms."""
SLOW_SLICE_HASHES = 200
"""The same for algorithms that are made to be slow."""

IDLE_SECONDS = 0.05
"""How long to sleep when the pace allows no hash yet."""


@dataclass(frozen=True, slots=True)
class MinerSettings:
    """Where to mine, for whom, and with what."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    algorithm_name: str
    algorithm: Algorithm


@dataclass(slots=True)
class Continuity:
    """What outlives a connection: the session to resume, and extranonces that must not come again."""

    session_id: str = ""
    extranonce2: int = 0


class ReconnectRequestedError(Exception):
    """The pool asked to be left and found again after `wait_seconds`."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__("the pool asked to reconnect")
        self.wait_seconds = wait_seconds


class MiningSession:
    """Subscribes, then mines whatever the pool sends until the connection ends."""

    def __init__(
        self,
        settings: MinerSettings,
        connection: MinerConnection,
        continuity: Continuity,
        throttle: Throttle,
        report: Report,
    ) -> None:
        self.subscribed: Subscribed | None = None
        self._settings = settings
        self._connection = connection
        self._continuity = continuity
        self._throttle = throttle
        self._report = report
        self._slice = SLOW_SLICE_HASHES if hashes_slowly(settings.algorithm_name) else SLICE_HASHES
        self._target = MAX_TARGET
        self._job: Job | None = None
        self._work: Work | None = None
        self._next_nonce = 0
        self._blocks: set[Solution] = set()  # submitted and not answered yet
        self._has_work = asyncio.Event()

    async def listen(self) -> None:
        """Subscribe and follow what the pool says. Ends with the connection, by an exception."""
        protocol = self._connection.protocol
        await self._connection.send(protocol.subscribe(AGENT, self._continuity.session_id))
        while True:
            for event in await self._connection.receive():
                await self._follow(event)

    async def _follow(self, event: Event) -> None:
        match event:
            case Subscribed():
                await self._start(event)
            case Authorized(accepted=False):
                self._report.event("not authorized", reason=event.error)
            case DifficultyChanged():
                self._target = self._settings.algorithm.target(event.difficulty)
                self._report.event("difficulty", difficulty=event.difficulty)
            case Job():
                self._report.event("job", job=event.job_id, clean=event.clean_jobs)
                self._take_up(event)
            case ShareAnswered():
                self._report_answer(event)
            case MessageShown():
                self._report.event("message", text=event.text)
            case ReconnectAsked():
                raise ReconnectRequestedError(event.wait_seconds)

    async def _start(self, subscribed: Subscribed) -> None:
        self.subscribed = subscribed
        self._continuity.session_id = subscribed.session_id
        self._report.event("connected", extranonce1=subscribed.extranonce1.hex())
        user, password = self._settings.user, self._settings.password
        await self._connection.send(self._connection.protocol.authorize(user, password))

    def _take_up(self, job: Job) -> None:
        """Work on a job, always with an extranonce2 that was never used."""
        if self.subscribed is None:
            return  # sent before the subscription's answer: without an extranonce1 nothing can be mined
        self._job = job
        self._continuity.extranonce2 += 1
        self._work = build_work(job, self.subscribed, self._continuity.extranonce2)
        self._next_nonce = 0
        self._has_work.set()

    def _report_answer(self, answer: ShareAnswered) -> None:
        is_block = answer.solution in self._blocks
        self._blocks.discard(answer.solution)
        if answer.accepted:
            self._report.share_accepted(answer.solution.job_id, is_block=is_block)
        else:
            self._report.share_rejected(answer.solution.job_id, answer.error)

    async def grind(self) -> None:
        """Search for shares at the throttle's pace. Ends with the connection, by an exception."""
        await self._has_work.wait()
        while True:
            hashes = self._throttle.take(self._slice)
            if hashes:
                await self._search(hashes)
            else:
                await asyncio.sleep(IDLE_SECONDS)

    async def _search(self, hashes: int) -> None:
        if self._next_nonce + hashes > NONCES and self._job:
            self._take_up(self._job)
        work = self._work
        assert work is not None, "grinding starts with the first job"
        nonces = range(self._next_nonce, self._next_nonce + hashes)
        algorithm = self._settings.algorithm
        nonce = await asyncio.to_thread(search, work, algorithm.hash, self._target, nonces)
        made = hashes if nonce is None else nonce - nonces.start + 1
        self._throttle.give_back(hashes - made)
        if work is not self._work:
            return  # a new job came meanwhile: a share of the old one would be refused as stale
        self._next_nonce += made
        if nonce is not None:
            await self._submit(work, nonce)

    async def _submit(self, work: Work, nonce: int) -> None:
        solution = work.solution(nonce)
        if work.hash_int(nonce, self._settings.algorithm.hash) <= work.network_target:
            self._blocks.add(solution)
        await self._connection.send(self._connection.protocol.submit(self._settings.user, solution))
