"""Sessions whose connections ended, in KV, until their miners come back: to this replica or another one.

Exactly one connection can own an extranonce1: it is handed out once, fresh; when its connection ends it is
parked here together with the keys of the shares that were accepted; and whoever removes the entry, at the
revision it read, is the next owner. A session that nobody parked (a replica was killed) is not resumed: its
miner gets a fresh extranonce1, because nobody can tell what work it has been paid for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from nompcore.bus import Bus
from nompcore.errors import BusError
from nompcore.messages import ParkedSession
from nompcore.subjects import SESSIONS, session_key
from nompcore.wire import decode
from services.stratum.counters import PoolCounters

log = logging.getLogger(__name__)

# A miner can be back before its old replica has noticed that it is gone and settled its last shares.
LOOKS_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)

MAX_PARKING = 20_000  # sessions on their way into KV: what a broken balancer drops at once
PARKING_AT_ONCE = 64  # of those, how many wait for NATS


class SessionStore:
    """One pool's parked sessions."""

    def __init__(self, pool: str, bus: Bus, tasks: asyncio.TaskGroup, counters: PoolCounters) -> None:
        self._pool = pool
        self._bucket = bus.bucket(SESSIONS)
        self._tasks = tasks
        self._counters = counters
        self._parking: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(PARKING_AT_ONCE)

    def park(self, session: ParkedSession) -> None:
        """Keep a session for its miner; counted when that is not possible."""
        if len(self._parking) >= MAX_PARKING:
            self._counters.sessions_lost += 1
            return
        task = self._tasks.create_task(self._store(session), name=f"park {session.extranonce1_hex}")
        self._parking.add(task)
        task.add_done_callback(self._parking.discard)

    def find(self, extranonce1_hex: str, found: Callable[[ParkedSession | None], None]) -> None:
        """Look for what a miner left; `found` is called once, soon."""

        async def claim() -> None:
            found(await self.claim(extranonce1_hex))

        self._tasks.create_task(claim(), name=f"find {extranonce1_hex}")

    async def claim(self, extranonce1_hex: str) -> ParkedSession | None:
        """What the miner left, for the caller alone; None when there is nothing or NATS is away."""
        try:
            session = await self._look_for(session_key(self._pool, extranonce1_hex))
        except BusError as error:
            log.info("cannot look for a parked session", extra={"reason": str(error)})
            session = None
        if session is None:
            self._counters.sessions_missed += 1
        else:
            self._counters.sessions_resumed += 1
        return session

    async def drain(self) -> None:
        """Wait until every session is parked."""
        while self._parking:
            await asyncio.wait(self._parking)

    async def _look_for(self, key: str) -> ParkedSession | None:
        for seconds in LOOKS_SECONDS:
            await asyncio.sleep(seconds)
            entry = await self._bucket.get(key)
            if entry is not None:
                taken = await self._bucket.delete(key, entry.revision)
                return decode(ParkedSession, entry.value) if taken else None
        return None

    async def _store(self, session: ParkedSession) -> None:
        key = session_key(session.pool, session.extranonce1_hex)
        try:
            async with self._places:
                await self._bucket.store(key, session)
        except BusError as error:
            self._counters.sessions_lost += 1
            log.info("session not parked", extra={"pool": session.pool, "reason": str(error)})
        else:
            self._counters.sessions_parked += 1
