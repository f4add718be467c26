"""Waking those who wait for the next template."""

from __future__ import annotations

import asyncio


class TemplateWatch:
    """A signal that can be waited for again and again: each `announce` wakes everybody who waits then."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.announced = 0

    def announce(self) -> None:
        """Work changed so much that miners should have it at once."""
        self.announced += 1
        waiting, self._next = self._next, asyncio.Event()
        waiting.set()

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for the next announcement; False when it did not come in time."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._next.wait()
        except TimeoutError:
            return False
        return True
