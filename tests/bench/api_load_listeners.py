"""Listeners of the live feed: plain sockets that count the events they hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

BLOCK, FIGURES = b"event: block\n", b"event: pools\n"
"""Heads of the two kinds of events that they are told."""

SENDER_LISTENERS = 100
"""So many share an address, as far as the api is told: it takes no more from one."""

AT_ONCE = 50
"""Connections that are made at the same time."""

HEARD_WITHIN_SECONDS = 60.0


class Crowd:
    """Everybody who listens. An event counts when its head has come whole."""

    def __init__(self) -> None:
        self.blocks: list[int] = []
        self.figures = 0
        self._heard = asyncio.Event()

    async def join(self, port: int, path: str, number: int) -> None:
        """One more listener; returns when it has been told the present figures."""
        sender = f"198.18.{number // SENDER_LISTENERS}.1"
        request = f"GET {path} HTTP/1.1\r\nHost: pool\r\nX-Forwarded-For: {sender}\r\n\r\n"
        loop, greeted = asyncio.get_running_loop(), asyncio.Event()
        self.blocks.append(0)
        transport, _ = await loop.create_connection(
            lambda: Listener(self, len(self.blocks) - 1, greeted), "127.0.0.1", port
        )
        transport.write(request.encode())
        async with asyncio.timeout(HEARD_WITHIN_SECONDS):
            await greeted.wait()

    async def all_heard(self, blocks: int) -> None:
        """Return when everybody has heard of so many blocks."""
        async with asyncio.timeout(HEARD_WITHIN_SECONDS):
            while any(heard < blocks for heard in self.blocks):
                self._heard.clear()
                await self._heard.wait()

    def hear(self, number: int, blocks: int, figures: int) -> None:
        """One listener has heard of these."""
        self.blocks[number] += blocks
        self.figures += figures
        if blocks:
            self._heard.set()


class Listener(asyncio.Protocol):
    """One connection."""

    def __init__(self, crowd: Crowd, number: int, greeted: asyncio.Event) -> None:
        self._crowd = crowd
        self._number = number
        self._greeted = greeted
        self._tail = b""

    def data_received(self, data: bytes) -> None:
        """Count, and keep what may be the first half of a head."""
        seen = self._tail + data
        blocks, figures = seen.count(BLOCK), seen.count(FIGURES)
        self._tail = seen[1 - len(BLOCK) :]  # shorter than a head: nothing is counted twice
        self._crowd.hear(self._number, blocks, figures)
        if figures:
            self._greeted.set()


@asynccontextmanager
async def crowd_of(count: int, port: int, path: str) -> AsyncIterator[Crowd]:
    """So many listeners, all greeted."""
    crowd = Crowd()
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(count, first + AT_ONCE))
        await asyncio.gather(*(crowd.join(port, path, number) for number in numbers))
    yield crowd
