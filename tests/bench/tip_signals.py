"""How the benchmark's daemon tells of a new block: one of these, and none of the others."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import zmq
import zmq.asyncio

from tests.bench.tip_chain import TipBlock

LONG_POLL, ZMQ, P2P, NOTIFY, POLL = "longpoll", "zmq", "p2p", "notify", "poll"
SIGNALS = (LONG_POLL, ZMQ, P2P, NOTIFY, POLL)

_SUBSCRIBED = b"\x01"  # begins what a publisher with XPUB reads of a new subscriber


class Signal(Protocol):
    """`port` is where it is listened to, 0 where that is the RPC or nowhere."""

    port: int

    async def listened(self) -> None:
        """Returns once somebody would hear an announcement."""

    async def announce(self, block: TipBlock) -> None:
        """Tell of the new tip."""


class Silence:
    """The daemon tells nobody: it is asked, or somebody else tells."""

    port = 0

    async def listened(self) -> None:
        """Whoever asks, asks."""

    async def announce(self, block: TipBlock) -> None:
        """Nothing."""


class LongPolls:
    """Requests for a template that are answered at the next tip."""

    port = 0

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self._has_request = asyncio.Event()

    async def wait(self) -> None:
        """Hold a request until then."""
        self._has_request.set()
        await self._next.wait()

    async def listened(self) -> None:
        """Returns once a request waits."""
        await self._has_request.wait()

    async def announce(self, block: TipBlock) -> None:
        """Let all that wait go on."""
        waiting, self._next = self._next, asyncio.Event()
        self._has_request = asyncio.Event()
        waiting.set()


class HashBlocks:
    """`-zmqpubhashblock`: topic, hash in display order, number of the message."""

    def __init__(self, socket: zmq.asyncio.Socket, port: int) -> None:
        self.port = port
        self._socket = socket
        self._numbers = itertools.count()
        self._is_subscribed = False

    async def listened(self) -> None:
        """Returns once somebody has subscribed."""
        while not self._is_subscribed:
            self._is_subscribed = (await self._socket.recv())[:1] == _SUBSCRIBED

    async def announce(self, block: TipBlock) -> None:
        """Publish the hash."""
        number = next(self._numbers).to_bytes(4, "little")
        await self._socket.send_multipart([b"hashblock", bytes.fromhex(block.hash_display), number])


@asynccontextmanager
async def publishing_hash_blocks() -> AsyncIterator[HashBlocks]:
    """A publisher on a free port."""
    with zmq.asyncio.Context() as context, context.socket(zmq.XPUB) as socket:
        yield HashBlocks(socket, socket.bind_to_random_port("tcp://127.0.0.1"))
