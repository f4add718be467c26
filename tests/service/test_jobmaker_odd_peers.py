"""Block news over the coin's P2P protocol, from nodes that behave as none should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services.jobmaker.peer_connection import CLOSED, CLOSED_EARLY, REFUSED
from services.jobmaker.peer_message import encode
from services.jobmaker.peer_payload import Introduction, version_payload
from tests.counted import counted
from tests.servers.process import wait_until
from tests.service.peer_ear import REGTEST_MAGIC, Ear, told

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted_node(script: Script) -> AsyncIterator[int]:
    """A node that says to each visitor what the script says, then hangs up; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def said(command: str, payload: bytes = b"") -> bytes:
    return encode(REGTEST_MAGIC, command, payload)


GREETING = said("version", version_payload(Introduction(70016, 0, bytes(8), "/Node:1/", relays=False)))


async def test_a_node_that_refuses_is_quoted(caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said("reject", b"\x07version\x11\x08obsolete"))
        await reader.read()  # until we hang up

    async with scripted_node(refuse) as port:
        ear = Ear(port)
        async with ear.listening():
            await wait_until(lambda: ear.ended(REFUSED) >= 1)

    assert told(caplog)[0] == "the node refused protocol version 70015: version: obsolete"


async def test_who_speaks_another_protocol_is_quoted_too(caplog: pytest.LogCaptureFixture) -> None:
    async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with scripted_node(speak_http) as port:
        ear = Ear(port)
        async with ear.listening():
            await wait_until(lambda: ear.ended(CLOSED_EARLY) >= 2)

    assert (ear.connects, ear.dropped_bytes("garbage") % 28) == (0, 0)
    assert told(caplog) == ["the node's messages begin with 48545450, ours with the magic fabfb5da"]


async def test_what_cannot_be_used_is_counted_and_the_connection_goes_on() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inv = b"\x01" + (2).to_bytes(4, "little") + bytes(32)
        writer.write(GREETING + said("verack") + b"rubbish" + said("inv", b"\x09") + said("inv", inv))
        await reader.readuntil(said("sendheaders"))

    async with scripted_node(babble) as port:
        ear = Ear(port)
        async with ear.listening():
            await wait_until(lambda: ear.ended(CLOSED) >= 2)

    assert set(ear.blocks) == {"00" * 32}
    assert ear.missed >= 1
    assert ear.dropped_bytes("garbage") == 7 * ear.connects
    assert counted("nomp_jobmaker_peer_dropped_total", pool=ear.pool, why="malformed") == ear.connects
