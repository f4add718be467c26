"""Miners that go where client.reconnect sends them, resume their session there, and remember every answer.

Each begins every job at nonce 0, as most firmware does. A share that was not answered before its connection
ended is handed in again when the session is resumed, and no other: it is good then, or known as a duplicate.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field

from cpuminer.connection import MinerConnection
from cpuminer.protocol import (
    Authorized,
    DifficultyChanged,
    Event,
    Job,
    ReconnectAsked,
    ShareAnswered,
    Solution,
    Subscribed,
)
from cpuminer.work import NONCES, algorithm, build_work, search
from nompcore.target import difficulty_from_target
from tests.e2e.extranonces import Extranonces
from tests.servers.haproxy import MINERS_IP
from tests.stratum_work import ADDRESS

SHA256 = algorithm("sha256")

SHARE_SECONDS = 1.0  # between two shares of a miner
COME_BACK_SECONDS = 0.2  # before another try after an error
DEAF_EVERY = 10  # one miner in so many does not know client.reconnect

DUPLICATE = "22 "


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[MinerConnection]:
    """A connection to the balancer for the length of the block. Raises OSError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(MINERS_IP, 0))
    try:
        yield MinerConnection(reader, writer)
    finally:
        writer.close()


@dataclass
class Fleet:
    """Many miners on one port, and what they were answered. Shares are known by the difficulty reached."""

    port: int
    size: int
    extranonces: Extranonces = field(default_factory=Extranonces)
    promised: Counter[float] = field(default_factory=Counter)  # answered true
    known: set[float] = field(default_factory=set)  # handed in again and refused as duplicates
    refused: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)  # not answered, and then good for nothing
    handed_in: int = 0
    handed_in_again: int = 0
    asked: int = 0  # to reconnect
    resumed: int = 0
    not_resumed: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)  # without being asked to reconnect
    turned_away: list[str] = field(default_factory=list)  # before a subscription was answered
    pausing: bool = False
    stopping: bool = False

    def __post_init__(self) -> None:
        self._miners = [RollingMiner(self, number) for number in range(self.size)]

    async def run(self) -> None:
        """Mine until `stopping` is set."""
        async with asyncio.TaskGroup() as group:
            for miner in self._miners:
                group.create_task(miner.mine())

    @property
    def at_work(self) -> bool:
        """Whether every miner is logged in."""
        return all(miner.is_authorized for miner in self._miners)

    @property
    def unanswered(self) -> int:
        """Shares that wait for their answer."""
        return sum(len(miner.unanswered) for miner in self._miners)

    def report(self) -> str:
        """What happened, for people."""
        facts: dict[str, object] = {
            "handed in": self.handed_in,
            "answered true": self.promised.total(),
            "refused": dict(self.refused),
            "unanswered and handed in again": self.handed_in_again,
            "of these known": len(self.known),
            "of these lost": dict(self.lost),
            "asked to reconnect": self.asked,
            "resumed": self.resumed,
            "not resumed": self.not_resumed[:5],
            "cut off": self.cut_off[:5],
            "turned away": dict(Counter(self.turned_away)),
        }
        return ", ".join(f"{name}: {fact}" for name, fact in facts.items())


@dataclass(slots=True)
class _Visit:
    """One connection of a miner."""

    connection: MinerConnection
    leaving: ExitStack  # what ends with it
    subscribed: Subscribed | None = None
    was_asked: bool = False
    target: int = 0
    job: Job | None = None
    nonce: int = 0  # of the job, the next to try


class RollingMiner:
    """One of them, over all its connections."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self.worker = f"{ADDRESS}.rig{number}"
        self.unanswered: dict[Solution, float] = {}  # and the difficulty reached
        self.is_authorized = False
        self._fleet = fleet
        self._is_deaf = number % DEAF_EVERY == 0
        self._again: set[Solution] = set()
        self._earlier: Subscribed | None = None
        self._due = _now() + SHARE_SECONDS * number / fleet.size

    async def mine(self) -> None:
        """Connect again and again."""
        while not self._fleet.stopping:
            try:
                async with connect(self._fleet.port) as connection:
                    await self._come(connection)
            except OSError as error:  # in front of the pool; behind it, see _come
                self._fleet.turned_away.append(repr(error))
                await asyncio.sleep(COME_BACK_SECONDS)

    async def _come(self, connection: MinerConnection) -> None:
        with ExitStack() as leaving:
            visit = _Visit(connection, leaving)
            try:
                await self._stay(visit)
            except OSError as error:
                if visit.subscribed is None:
                    raise
                if not visit.was_asked:
                    self._fleet.cut_off.append(f"{self.worker}: {error!r}")
                await asyncio.sleep(COME_BACK_SECONDS)
            finally:
                self.is_authorized = False

    async def _stay(self, visit: _Visit) -> None:
        """Until asked to leave. OSError when the connection ends before."""
        session_id = self._earlier.session_id if self._earlier else ""
        await visit.connection.send(visit.connection.protocol.subscribe("rolling", session_id))
        while not self._fleet.stopping and (self._is_deaf or not visit.was_asked):
            for event in await self._events(visit.connection):
                await self._follow(event, visit)
            if _now() >= self._due:
                self._due = max(self._due + SHARE_SECONDS, _now())
                if self.is_authorized and not self._fleet.pausing:
                    await self._find_share(visit)

    async def _events(self, connection: MinerConnection) -> list[Event]:
        """What the pool says until the next share is due."""
        try:
            return await connection.receive(self._due - _now())
        except TimeoutError:
            return []

    async def _follow(self, event: Event, visit: _Visit) -> None:
        match event:
            case Subscribed():
                self._take_extranonce1(event, visit)
                await visit.connection.send(visit.connection.protocol.authorize(self.worker, "x"))
            case Authorized():
                assert event.accepted, event.error
                self.is_authorized = True
                await self._hand_in_again(visit.connection)
            case DifficultyChanged():
                visit.target = SHA256.target(event.difficulty)
            case Job():
                visit.job, visit.nonce = event, 0
            case ShareAnswered():
                self._note_answer(event)
            case ReconnectAsked():
                self._fleet.asked += 1
                visit.was_asked = True

    def _take_extranonce1(self, subscribed: Subscribed, visit: _Visit) -> None:
        earlier, now_hex = self._earlier, subscribed.extranonce1.hex()
        if earlier is not None and earlier.extranonce1 == subscribed.extranonce1:
            self._fleet.resumed += 1
        elif earlier is not None:
            self._fleet.not_resumed.append(f"{self.worker}: {earlier.extranonce1.hex()} became {now_hex}")
            self._fleet.lost["of another extranonce1"] += len(self.unanswered)
            self.unanswered.clear()
        self._earlier = visit.subscribed = subscribed
        visit.leaving.enter_context(self._fleet.extranonces.given(now_hex, self.worker))

    async def _find_share(self, visit: _Visit) -> None:
        if visit.job is None or visit.subscribed is None:
            return
        work = build_work(visit.job, visit.subscribed, 0)
        nonce = search(work, SHA256.hash, visit.target, range(visit.nonce, NONCES))
        assert nonce is not None, f"no share at target {visit.target:x}"
        visit.nonce = nonce + 1
        solution = work.solution(nonce)
        hash_int = work.hash_int(nonce, SHA256.hash)
        self.unanswered[solution] = difficulty_from_target(hash_int, SHA256.multiplier)
        self._fleet.handed_in += 1
        await visit.connection.send(visit.connection.protocol.submit(self.worker, solution))

    async def _hand_in_again(self, connection: MinerConnection) -> None:
        for solution in self.unanswered:
            self._again.add(solution)
            self._fleet.handed_in_again += 1
            await connection.send(connection.protocol.submit(self.worker, solution))

    def _note_answer(self, answer: ShareAnswered) -> None:
        reached = self.unanswered.pop(answer.solution)
        if answer.accepted:
            self._fleet.promised[reached] += 1
        elif answer.solution not in self._again:
            self._fleet.refused[answer.error] += 1
        elif answer.error.startswith(DUPLICATE):
            self._fleet.known.add(reached)
        else:
            self._fleet.lost[answer.error] += 1


def _now() -> float:
    return asyncio.get_running_loop().time()
