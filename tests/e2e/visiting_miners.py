"""Very many short sessions: some log in, some stay, some come back with their token, twice at once."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from cpuminer.connection import MinerConnection
from cpuminer.protocol import Authorized, ReconnectAsked, Subscribed
from tests.e2e.extranonces import Extranonces
from tests.e2e.rolling_miners import COME_BACK_SECONDS, connect
from tests.stratum_work import ADDRESS

AT_ONCE = 100

LOGIN_EVERY = 4  # who did not log in has nothing to come back for
RETURN_EVERY = 6  # half of them logged in
STAY_EVERY = 20  # they follow client.reconnect; all logged in


@dataclass(slots=True)
class _Session:
    """One visitor."""

    number: int
    token: str = ""
    extranonce1_hex: str = ""
    visits: int = 0
    is_present: bool = False

    @property
    def logs_in(self) -> bool:
        return self.number % LOGIN_EVERY == 0

    @property
    def stays(self) -> bool:
        return self.number % STAY_EVERY == 0

    @property
    def returns(self) -> bool:
        return self.number % RETURN_EVERY == 0


@dataclass
class Visitors:
    """All of them. Those that stay are tasks of `group` until `leave`."""

    port: int
    group: asyncio.TaskGroup
    extranonces: Extranonces = field(default_factory=Extranonces)
    sessions: int = 0
    resumed: int = 0
    not_resumed: int = 0  # came back, and did not get the extranonce1 it had
    turned_away: Counter[str] = field(default_factory=Counter)
    _staying: list[_Session] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count()

    async def come(self, count: int) -> None:
        """So many more sessions; returns when all but those that stay have left."""
        numbers = itertools.islice(self._numbers, count)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._visits(numbers))

    @property
    def settled(self) -> bool:
        """Whether everybody who stays is connected and logged in."""
        return all(session.is_present for session in self._staying)

    def leave(self) -> None:
        """Everybody who stayed."""
        for task in self._tasks:
            task.cancel()

    def report(self) -> str:
        """What happened, for people."""
        facts: dict[str, object] = {
            "sessions": self.sessions,
            "extranonces": len(self.extranonces.owners),
            "resumed": self.resumed,
            "not resumed": self.not_resumed,
            "turned away": dict(self.turned_away),
        }
        return ", ".join(f"{name}: {fact}" for name, fact in facts.items())

    async def _visits(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            session = _Session(number)
            if session.stays:
                self._staying.append(session)
                self._tasks.append(self.group.create_task(self._stay(session)))
                continue
            await self._visit_surely(session)
            if session.returns:  # one of the two connections can have what it left
                await asyncio.gather(self._visit_surely(session), self._visit_surely(replace(session)))

    async def _stay(self, session: _Session) -> None:
        while True:
            await self._visit(session)

    async def _visit_surely(self, session: _Session) -> None:
        visits = session.visits
        while session.visits == visits:
            await self._visit(session)

    async def _visit(self, session: _Session) -> None:
        with ExitStack() as leaving:
            try:
                async with connect(self.port) as connection:
                    await self._talk(session, connection, leaving)
            except OSError as error:
                self.turned_away[repr(error)] += 1
                await asyncio.sleep(COME_BACK_SECONDS)
            finally:
                session.is_present = False

    async def _talk(self, session: _Session, connection: MinerConnection, leaving: ExitStack) -> None:
        """Until there is nothing more to do here. OSError when the connection ends before."""
        await connection.send(connection.protocol.subscribe("visitor", session.token))
        while True:
            for event in await connection.receive():
                match event:
                    case Subscribed():
                        self._note(session, event)
                        owner = f"session {session.number}"
                        leaving.enter_context(self.extranonces.given(session.extranonce1_hex, owner))
                        if not session.logs_in:
                            return
                        await connection.send(connection.protocol.authorize(f"{ADDRESS}.rig", "x"))
                    case Authorized():
                        assert event.accepted, event.error
                        session.is_present = True
                        if not session.stays:
                            return
                    case ReconnectAsked():
                        return

    def _note(self, session: _Session, subscribed: Subscribed) -> None:
        extranonce1_hex = subscribed.extranonce1.hex()
        if session.visits == 0:
            self.sessions += 1
        elif extranonce1_hex == session.extranonce1_hex:
            self.resumed += 1
        else:
            self.not_resumed += 1
        session.visits += 1
        session.token, session.extranonce1_hex = subscribed.session_id, extranonce1_hex
