"""A miner for tests: does one step at a time, as it is told, and remembers all that the pool said.

async with scripted_miner("127.0.0.1", port, algorithm("scrypt")) as miner:
    await miner.subscribe()
    await miner.authorize(address)
    job = await miner.next_job()
    answer = await miner.submit(await miner.grind(job))
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from cpuminer.connection import MinerConnection, connect
from cpuminer.protocol import (
    Authorized,
    DifficultyChanged,
    Event,
    Job,
    ShareAnswered,
    Solution,
    Subscribed,
)
from cpuminer.work import NONCES, Algorithm, Work, build_work
from nompcore.target import MAX_TARGET

E = TypeVar("E", bound=Event)

ANSWER_SECONDS = 30.0
MAX_HASHES = 200_000
"""Hashes that `grind` spends before it gives up: a minute of scrypt."""


class ScriptedMiner:
    """One connection. `events` holds everything the pool said that no step has taken yet."""

    def __init__(self, connection: MinerConnection, algorithm: Algorithm) -> None:
        self.connection = connection
        self.algorithm = algorithm
        self.user = ""
        self.session: Subscribed | None = None
        self.difficulty: float | None = None
        self.job: Job | None = None  # the newest
        self.events: list[Event] = []
        self._extranonce2 = 0

    async def subscribe(self, session_id: str = "") -> Subscribed:
        """Get an extranonce1, that of an earlier session if the pool still knows it."""
        await self.connection.send(self.connection.protocol.subscribe("cpuminer/scripted", session_id))
        self.session = await self.expect(Subscribed)
        return self.session

    async def authorize(self, user: str, password: str = "x") -> Authorized:  # noqa: S107  pools ignore it
        """Name the worker that `submit` submits for."""
        self.user = user
        await self.connection.send(self.connection.protocol.authorize(user, password))
        return await self.expect(Authorized)

    async def next_job(self, timeout_seconds: float = ANSWER_SECONDS) -> Job:
        """The oldest job that was not taken yet."""
        return await self.expect(Job, timeout_seconds)

    async def next_difficulty(self, timeout_seconds: float = ANSWER_SECONDS) -> float:
        """The oldest difficulty that was not taken yet."""
        return (await self.expect(DifficultyChanged, timeout_seconds)).difficulty

    async def grind(self, job: Job | None = None, *, at_most: int | None = None, above: int = -1) -> Solution:
        """A share of the job, the newest without one, whose hash is in (above, at_most].

        `at_most` is the share target unless given. Each call works on another extranonce2, so that two calls
        never find the same share. AssertionError when luck runs out.
        """
        work = self.work(job)
        limit = self.share_target() if at_most is None else at_most
        nonce = await asyncio.to_thread(_search_between, work, self.algorithm, above, limit)
        return work.solution(nonce)

    def work(self, job: Job | None = None) -> Work:
        """New work on a job, the newest without one."""
        chosen = job or self.job
        assert chosen and self.session, "subscribe and wait for a job first"
        self._extranonce2 += 1
        return build_work(chosen, self.session, self._extranonce2)

    def share_target(self) -> int:
        """The highest hash that counts as a share."""
        return MAX_TARGET if self.difficulty is None else self.algorithm.target(self.difficulty)

    async def submit(self, solution: Solution, user: str | None = None) -> ShareAnswered:
        """Hand in a share and wait for the verdict."""
        await self.send_share(solution, user)
        return await self.answer()

    async def answer(self) -> ShareAnswered:
        """The oldest verdict that was not taken yet."""
        return await self.expect(ShareAnswered)

    async def send_share(self, solution: Solution, user: str | None = None) -> None:
        """Hand in a share without waiting."""
        worker = self.user if user is None else user
        await self.connection.send(self.connection.protocol.submit(worker, solution))

    async def expect(self, kind: type[E], timeout_seconds: float = ANSWER_SECONDS) -> E:
        """Take the oldest event of a kind, waiting for it. TimeoutError when it does not come."""
        async with asyncio.timeout(timeout_seconds):
            while True:
                for index, event in enumerate(self.events):
                    if isinstance(event, kind):
                        del self.events[index]
                        return event
                for event in await self.connection.receive():
                    self._note(event)

    def _note(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, DifficultyChanged):
            self.difficulty = event.difficulty
        elif isinstance(event, Job):
            self.job = event


def _search_between(work: Work, algorithm: Algorithm, above: int, at_most: int) -> int:
    for nonce in range(min(MAX_HASHES, NONCES)):
        if above < work.hash_int(nonce, algorithm.hash) <= at_most:
            return nonce
    raise AssertionError(f"no share within {MAX_HASHES} hashes")


@asynccontextmanager
async def scripted_miner(host: str, port: int, algorithm: Algorithm) -> AsyncIterator[ScriptedMiner]:
    """A connected miner for the length of the block."""
    async with connect(host, port) as connection:
        yield ScriptedMiner(connection, algorithm)
