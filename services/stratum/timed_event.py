"""An event to wait for no longer than some time, at the price of a future and a timer.

`asyncio.timeout` around `asyncio.Event` cancels the waiting task and makes an exception of it when the time
is over, which is how most batches of shares begin.
"""

from __future__ import annotations

import asyncio


class TimedEvent:
    """For one task that waits, and anybody who sets it."""

    __slots__ = ("_is_set", "_waiter")

    def __init__(self) -> None:
        self._is_set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Let the waiting task go on, now and until `clear`."""
        self._is_set = True
        if self._waiter is not None:
            _wake(self._waiter)

    def clear(self) -> None:
        """Wait again from now on."""
        self._is_set = False

    async def within(self, seconds: float | None) -> bool:
        """Whether it is set before the time is over; None waits for ever."""
        if self._is_set:
            return True
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, _wake, self._waiter)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
        return self._is_set


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
