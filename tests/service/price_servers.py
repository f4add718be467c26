"""Where prices come from in tests: a server on this machine, and sources made from their configuration."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest

from nompcore.config.profit import PriceSourceSection
from services.notifier.profit.price_sources import PriceSource, PricesUnavailable, price_sources
from tests.unit.api_samples import NOW_MS

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def http_server(serve: Serve) -> AsyncIterator[str]:
    """The URL of a server; its end waits for every conversation to be over."""
    talks: list[asyncio.Task[None]] = []

    def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await serve(reader, writer)
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1?key=T0KEN"
        await asyncio.gather(*talks)


def http_prices(body: bytes, status: int = 200) -> AbstractAsyncContextManager[str]:
    """A server that answers every request so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return http_server(serve)


@asynccontextmanager
async def source(**keys: Any) -> AsyncIterator[PriceSource]:
    """One source of the configuration."""
    section = PriceSourceSection.model_validate(keys, by_name=False)
    async with httpx.AsyncClient() as client:
        yield price_sources([section], client, lambda: NOW_MS)[0]


async def complaint(**keys: Any) -> str:
    """What a source says that does not work."""
    async with source(**keys) as failing:
        with pytest.raises(PricesUnavailable) as told:
            await failing.fetch()
    return str(told.value)
