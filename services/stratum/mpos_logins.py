"""Logins of a pool in MPOS mode: payouts is asked whether a worker may mine.

Those that were right are known for a while: a storm of reconnecting miners does not reach MPOS's database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Final

from nompcore.bus import Bus
from nompcore.errors import BusError
from nompcore.requests import LoginReply, LoginRequest
from nompcore.subjects import LOGIN
from services.stratum.counters import PoolCounters
from services.stratum.known_logins import KnownLogins

log = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 10.0
"""Miners wait some 10 to 60 s for a reply."""

ASKED_AT_ONCE: Final = 64
"""payouts looks up one after another: who waits, waits here."""

WELCOME: Final = LoginReply(ok=True)
UNCHECKED: Final = LoginReply(ok=False, text="logins cannot be checked now, try again", try_again=True)


class MposLogins:
    """One pool's."""

    def __init__(self, pool: str, bus: Bus, tasks: asyncio.TaskGroup, counters: PoolCounters) -> None:
        self._pool = pool
        self._bus = bus
        self._tasks = tasks
        self._counters = counters
        self._places = asyncio.Semaphore(ASKED_AT_ONCE)
        self._known = KnownLogins(os.urandom(32))

    def ask(self, user: str, password: str, answered: Callable[[LoginReply], None]) -> None:
        """Find out whether this worker may mine; `answered` is called once, at once or soon."""
        if self._known.knows(user, password, time.monotonic()):
            self._counters.logins_known += 1
            answered(WELCOME)
            return

        async def look_up() -> None:
            reply = await self._look_up(user, password)
            if reply.ok:
                self._known.remember(user, password, time.monotonic())
            answered(reply)

        self._tasks.create_task(look_up(), name=f"login at {self._pool}")

    async def _look_up(self, user: str, password: str) -> LoginReply:
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._places:
                request = LoginRequest(user=user, password=password)
                reply = await self._bus.request(
                    LOGIN, request, pool=self._pool, timeout_seconds=ANSWER_SECONDS
                )
        except (BusError, TimeoutError) as error:
            log.info("login not checked", extra={"pool": self._pool, "reason": str(error)})
            reply = UNCHECKED
        if reply.try_again:
            self._counters.logins_unchecked += 1
        return reply
