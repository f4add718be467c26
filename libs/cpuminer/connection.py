"""A miner's TCP connection to a pool: events in, requests out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cpuminer.protocol import Event, MinerProtocol

CONNECT_SECONDS = 10.0
WRITE_SECONDS = 10.0
SILENCE_SECONDS = 600.0
"""A pool that says nothing for so long is gone: it sends work at least once a minute."""

CHUNK_BYTES = 16 * 1024


class MinerConnection:
    """A connection and the protocol that is spoken on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.protocol = MinerProtocol()
        self._reader = reader
        self._writer = writer

    async def send(self, request: bytes) -> None:
        """Send a request that `protocol` made. Raises OSError, TimeoutError being one."""
        self._writer.write(request)
        async with asyncio.timeout(WRITE_SECONDS):
            await self._writer.drain()

    async def receive(self, timeout_seconds: float = SILENCE_SECONDS) -> list[Event]:
        """What comes next, perhaps half a line and so no event. Raises OSError and ProtocolError."""
        async with asyncio.timeout(timeout_seconds):
            data = await self._reader.read(CHUNK_BYTES)
        if not data:
            raise ConnectionResetError("the pool closed the connection")
        return self.protocol.feed(data)


@asynccontextmanager
async def connect(host: str, port: int) -> AsyncIterator[MinerConnection]:
    """A connection for the length of the block. Raises OSError."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
    try:
        yield MinerConnection(reader, writer)
    finally:
        # Nothing of what may still wait to be sent matters to anybody.
        writer.transport.abort()
