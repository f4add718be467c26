"""A TCP door for scripts: one short line a connection, an answer in words, bounded in number and time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from prometheus_client import Counter

from services.notifier.refusal import ANSWERS, Refusal
from services.notifier.senders import Senders

log = logging.getLogger(__name__)

# An order with a long password and coin name is 200 bytes.
MAX_LINE = 1024

# The sender is a script that writes at once and leaves.
LINE_SECONDS = 5.0

# A handful of scripts have a handful of things to say; more is somebody knocking.
MAX_CONNECTIONS = 64

Serve = Callable[[bytes], Awaitable[str | Refusal]]
"""Does what a line asks for; the answer in words, or why nothing was done."""


class LineListener:
    """Hands lines to `serve`. A refusal moves `refused`, labelled with its reason, and costs nothing else."""

    def __init__(
        self,
        name: str,
        serve: Serve,
        refused: Counter,
        senders: Senders,
        *,
        line_seconds: float = LINE_SECONDS,
    ) -> None:
        self._name = name
        self._serve = serve
        self._refused = refused
        self._senders = senders
        self._line_seconds = line_seconds
        self._connections = 0

    async def listen(self, port: int) -> asyncio.Server:
        """Start listening. Raises OSError when the port is taken."""
        return await asyncio.start_server(self._meet, self._senders.hosts, port, limit=MAX_LINE)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            async with asyncio.timeout(self._line_seconds):
                await self._answer(await self._hear(reader, writer), writer)
        except TimeoutError:
            self._refuse(Refusal.TIMEOUT, writer)
        except ConnectionError:
            self._refuse(Refusal.MALFORMED, writer)
        finally:
            self._connections -= 1
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | Refusal:
        peer = writer.get_extra_info("peername")
        if not peer or not self._senders.admits(peer[0]):
            return Refusal.NOT_ADMITTED
        if self._connections > MAX_CONNECTIONS:
            return Refusal.BUSY
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            return Refusal.OVERSIZED
        except asyncio.IncompleteReadError as error:
            line = error.partial  # a sender may end the stream instead of the line
        return await self._serve(line)

    async def _answer(self, heard: str | Refusal, writer: asyncio.StreamWriter) -> None:
        if isinstance(heard, Refusal):
            self._refuse(heard, writer)
            heard = ANSWERS.get(heard, "")
        if heard:
            writer.write(heard.encode() + b"\n")
            await writer.drain()

    def _refuse(self, refusal: Refusal, writer: asyncio.StreamWriter) -> None:
        """What was sent is not logged: it may hold the password, or anything."""
        self._refused.labels(refusal.value).inc()
        peer = writer.get_extra_info("peername")
        facts = {"door": self._name, "reason": refusal.value, "peer": peer and peer[0]}
        log.warning("sender refused", extra=facts)
