"""Waiting between tries, longer each time, until something succeeds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import SystemRandom

from nompcore.backoff import delays

FIRST_SECONDS, CAP_SECONDS = 0.05, 1.0
"""Short, because the things tried this way are cheap and shares wait behind them."""


class Patience:
    """The state of one such series of tries."""

    def __init__(self, first_seconds: float = FIRST_SECONDS, cap_seconds: float = CAP_SECONDS) -> None:
        self._first_seconds = first_seconds
        self._cap_seconds = cap_seconds
        self._delays: Iterator[float] | None = None  # made by the first wait: most tries succeed
        self.tries = 0  # since the last success; logs tell of the first

    def reset(self) -> None:
        """After a success: the next wait is a short one."""
        self.tries = 0
        self._delays = None

    async def wait(self) -> None:
        """Waits, longer than the last time."""
        self.tries += 1
        if self._delays is None:
            self._delays = delays(self._first_seconds, self._cap_seconds, SystemRandom())
        await asyncio.sleep(next(self._delays))
