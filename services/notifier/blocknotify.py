"""The TCP listener for daemons' blocknotify commands: one short line a connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from pydantic import SecretStr

from services.notifier.metrics import NOTICES, NOTICES_REFUSED
from services.notifier.notice import MAX_LINE, Notice, Refusal, read_notice

log = logging.getLogger(__name__)

# The sender is a script that writes at once and leaves.
LINE_SECONDS = 5.0

# A handful of daemons report a handful of blocks; more is somebody knocking.
MAX_CONNECTIONS = 64

NO_PASSWORD_ANSWER = b'error: this listener needs a password: {"password":"...","coin":"...","hash":"..."}\n'

Publish = Callable[[Notice], Awaitable[None]]


class BlockNotifyListener:
    """Turns lines into notices. Junk moves a counter and costs nothing else."""

    def __init__(self, password: SecretStr, pools: Mapping[str, tuple[str, ...]], publish: Publish) -> None:
        self._password = password
        self._pools = pools
        self._publish = publish
        self._connections = 0

    async def listen(self, host: str, port: int, *, line_seconds: float = LINE_SECONDS) -> asyncio.Server:
        """Start listening. Raises OSError when the port is taken."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(reader, writer, line_seconds)

        return await asyncio.start_server(serve, host, port, limit=MAX_LINE)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line_seconds: float
    ) -> None:
        self._connections += 1
        try:
            async with asyncio.timeout(line_seconds):
                heard = await self._hear(reader)
                await self._act(heard, writer)
        except TimeoutError:
            self._refuse(Refusal.TIMEOUT, writer)
        except ConnectionError:
            self._refuse(Refusal.MALFORMED, writer)
        finally:
            self._connections -= 1
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader) -> Notice | Refusal:
        if self._connections > MAX_CONNECTIONS:
            return Refusal.BUSY
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            return Refusal.OVERSIZED
        except asyncio.IncompleteReadError as error:
            line = error.partial  # a sender may end the stream instead of the line
        return read_notice(line, self._password.get_secret_value(), self._pools)

    async def _act(self, heard: Notice | Refusal, writer: asyncio.StreamWriter) -> None:
        if isinstance(heard, Refusal):
            self._refuse(heard, writer)
            if heard is Refusal.NO_PASSWORD:
                writer.write(NO_PASSWORD_ANSWER)
                await writer.drain()
            return
        NOTICES.inc()
        log.info("block notified", extra={"pools": heard.pools, "block_hash": heard.block_hash_display})
        await self._publish(heard)

    def _refuse(self, refusal: Refusal, writer: asyncio.StreamWriter) -> None:
        """What was sent is not logged: it may hold the password, or anything."""
        NOTICES_REFUSED.labels(refusal.value).inc()
        peer = writer.get_extra_info("peername")
        log.warning("blocknotify refused", extra={"reason": refusal.value, "peer": peer and peer[0]})
