"""The miner's loop: mine on one connection after another, with growing pauses between lost ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from random import Random

from cpuminer.connection import connect
from cpuminer.pace import Pace, Throttle
from cpuminer.protocol import ProtocolError
from cpuminer.report import Report
from cpuminer.session import Continuity, MinerSettings, MiningSession, ReconnectRequestedError
from nompcore.backoff import delays

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.5, 15.0
MAX_WAIT_SECONDS = 120.0
"""Longest pause that a pool may ask for with client.reconnect."""


class Miner:
    """Mines for ever. `clock` gives monotonic seconds."""

    def __init__(
        self, settings: MinerSettings, pace: Pace, report: Report, clock: Callable[[], float], random: Random
    ) -> None:
        self._settings = settings
        self._report = report
        self._random = random
        self._throttle = Throttle(pace, clock)
        self._continuity = Continuity()
        self._delays = self._fresh_delays()

    async def run(self, stop: asyncio.Event) -> None:
        """Mine, and connect again whenever the connection is lost, until `stop` is set.

        To end a connection that lives, cancel the task as well. Alone that may not be enough: up to Python
        3.12 a task group whose task fails at that moment forgets that it was cancelled.
        """
        while not stop.is_set():
            reason, wait_seconds = "", 0.0
            try:
                await self._mine()
            except* ReconnectRequestedError as asked:
                reason, wait_seconds = _reason(asked), _longest_wait(asked)
            except* (OSError, ProtocolError) as lost:
                reason = _reason(lost)
            delay = max(wait_seconds, next(self._delays))
            self._report.event("disconnected", reason=reason, retry_seconds=round(delay, 2))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await stop.wait()

    async def _mine(self) -> None:
        async with connect(self._settings.host, self._settings.port) as connection:
            session = MiningSession(
                self._settings, connection, self._continuity, self._throttle, self._report
            )
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(session.listen())
                    tasks.create_task(session.grind())
            finally:
                if session.subscribed:
                    self._delays = self._fresh_delays()

    def _fresh_delays(self) -> Iterator[float]:
        return delays(FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, self._random)


def _reason(group: BaseExceptionGroup[Exception]) -> str:
    return "; ".join(str(error) or type(error).__name__ for error in group.exceptions)


def _longest_wait(group: BaseExceptionGroup[ReconnectRequestedError]) -> float:
    waits = [error.wait_seconds for error in group.exceptions if isinstance(error, ReconnectRequestedError)]
    return min(MAX_WAIT_SECONDS, max(waits, default=0.0))
