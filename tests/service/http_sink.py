"""A real HTTP server that keeps what is posted to it and answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any


class HttpSink:
    """`bodies` are the posts taken with 2xx; `statuses` are used up first, then everything is taken."""

    def __init__(self, port: int, statuses: Iterator[int]) -> None:
        self.url = f"http://127.0.0.1:{port}/hook/T0KEN"
        self.bodies: list[dict[str, Any]] = []
        self.requests = 0
        self._statuses = statuses

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        self.requests += 1
        status = next(self._statuses, 200)
        if status < 300:
            self.bodies.append(body)
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @property
    def events(self) -> list[str]:
        """What was told."""
        return sorted(body["event"] for body in self.bodies)


@asynccontextmanager
async def http_sink(*statuses: int, always: int | None = None) -> AsyncIterator[HttpSink]:
    """A sink that answers `statuses` first, then `always`, then 200."""
    sinks: list[HttpSink] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await sinks[0].serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    forever = iter(lambda: always, None) if always is not None else iter(statuses)
    sinks.append(HttpSink(server.sockets[0].getsockname()[1], forever))
    async with server:
        yield sinks[0]
