"""Price sources of the configuration: an HTTP document, a file, a command; bounded in size and time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
import msgspec

from nompcore.config.profit import PriceSourceSection
from nompcore.errors import NompError
from services.notifier.profit.prices import picked_prices, table_prices

# The tickers of the largest exchanges are a megabyte or two.
MAX_BYTES = 8 * 1024 * 1024


class PricesUnavailable(NompError):  # noqa: N818  (what happened, as callers read it)
    """A source did not answer, or not with JSON; the text holds nothing of its URL."""


@dataclass(frozen=True, slots=True)
class Told:
    """Prices by lower-case coin, and when they held."""

    prices: dict[str, float] = field(default_factory=dict)
    told_ms: int = 0


class PriceSource(Protocol):
    """`name` is what logs and reports call it."""

    @property
    def name(self) -> str: ...

    async def fetch(self) -> Told: ...


class HttpPrices:
    """A JSON document at a URL, which may hold a token and is in no log."""

    def __init__(
        self, name: str, section: PriceSourceSection, client: httpx.AsyncClient, now_ms: Callable[[], int]
    ) -> None:
        self.name = name
        self._section = section
        self._client = client
        self._now_ms = now_ms

    async def fetch(self) -> Told:
        """The prices of now. Raises PricesUnavailable."""
        try:
            async with asyncio.timeout(self._section.timeout_seconds):
                body = await self._body()
        except TimeoutError as error:
            raise PricesUnavailable("no answer in time") from error
        except httpx.HTTPError as error:
            raise PricesUnavailable(type(error).__name__) from None  # its text may hold the URL
        return Told(picked_prices(_document(body), self._section.prices), self._now_ms())

    async def _body(self) -> bytes:
        url = self._section.url.get_secret_value() if self._section.url else ""
        body = b""
        async with self._client.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise PricesUnavailable(f"HTTP status {response.status_code}")
            async for chunk in response.aiter_bytes():
                body = _bounded(body + chunk)
        return body


class FilePrices:
    """A JSON file that something else writes. Its prices are as old as the file."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    async def fetch(self) -> Told:
        """What the file says. Raises PricesUnavailable."""
        try:
            return await asyncio.to_thread(self._read)
        except OSError as error:
            raise PricesUnavailable(error.strerror or type(error).__name__) from error

    def _read(self) -> Told:
        with self._path.open("rb") as file:
            told_ms = self._path.stat().st_mtime_ns // 1_000_000
            return Told(table_prices(_document(_bounded(file.read(MAX_BYTES + 1)))), told_ms)


class CommandPrices:
    """A program that prints JSON, run without a shell; killed with its children when it takes too long."""

    def __init__(self, name: str, section: PriceSourceSection, now_ms: Callable[[], int]) -> None:
        self.name = name
        self._section = section
        self._now_ms = now_ms

    async def fetch(self) -> Told:
        """What it prints. Raises PricesUnavailable."""
        try:
            body = await _printed(self._section.command, self._section.timeout_seconds)
        except TimeoutError as error:
            raise PricesUnavailable("it did not end in time") from error
        except OSError as error:
            raise PricesUnavailable(error.strerror or type(error).__name__) from error
        return Told(table_prices(_document(body)), self._now_ms())


async def _printed(command: Sequence[str], seconds: float) -> bytes:
    """All that a program prints until it ends.

    Raises PricesUnavailable where it fails, TimeoutError where it takes longer, OSError where there is none.
    The pipe is our own: asyncio calls a process ended when its pipes are as well, and a child may keep one.
    """
    reading, writing = os.pipe()
    async with _stream(reading) as output:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(writing)
        async with _killed_unless_done(process), asyncio.timeout(seconds):
            return await _output(process, output)


@contextlib.asynccontextmanager
async def _stream(reading: int) -> AsyncIterator[asyncio.StreamReader]:
    """What comes out of a pipe."""
    reader = asyncio.StreamReader()
    pipe = os.fdopen(reading, "rb", 0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        yield reader
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def _killed_unless_done(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """With its children, which may be there when it has gone itself."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise


async def _output(process: asyncio.subprocess.Process, output: asyncio.StreamReader) -> bytes:
    body = b""
    while chunk := await output.read(1 << 16):
        body = _bounded(body + chunk)
    if code := await process.wait():
        raise PricesUnavailable(f"it ended with exit code {code}")
    return body


def price_sources(
    sections: Sequence[PriceSourceSection], client: httpx.AsyncClient, now_ms: Callable[[], int]
) -> list[PriceSource]:
    """The sources, in the order of the configuration, each with a name of its own."""
    sources: list[PriceSource] = []
    for number, section in enumerate(sections, 1):
        name = section.name or f"source {number}"
        if section.url:
            sources.append(HttpPrices(name, section, client, now_ms))
        elif section.file:
            sources.append(FilePrices(name, section.file))
        else:
            sources.append(CommandPrices(name, section, now_ms))
    return sources


def _bounded(body: bytes) -> bytes:
    if len(body) > MAX_BYTES:
        raise PricesUnavailable(f"more than {MAX_BYTES} bytes")
    return body


def _document(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PricesUnavailable("no JSON") from error
