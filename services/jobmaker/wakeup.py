"""A call to look again: rung any number of times, heard once, or not at all within a time."""

from __future__ import annotations

import asyncio


class Wakeup:
    """Lets one task sleep until somebody rings or the time is up."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """End the sleep now, or keep the next one from starting."""
        self._rung.set()

    async def sleep(self, seconds: float | None) -> None:
        """Sleep until rung, at most `seconds`; None is for ever."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()
