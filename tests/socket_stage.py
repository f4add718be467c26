"""Sockets of the stratum service with protocols that note what they are told."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import uvloop

from services.stratum.miner_socket import MinerSocket
from services.stratum.sockets import Sockets
from tests.socket_pairs import fill

PATIENCE_SECONDS = 10

Run = Callable[[Coroutine[Any, Any, None]], None]


class Told(asyncio.Protocol):
    """What a socket said to its protocol; a test that wants more replaces `on_data` and the like."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.pauses: list[int] = []  # unsent bytes at each
        self.lost: list[Exception | None] = []
        self.on_made: Callable[[], object] = lambda: None
        self.on_data: Callable[[bytes], object] = lambda data: None
        self.on_pause: Callable[[], object] = lambda: None
        self.on_lost: Callable[[], object] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.socket = cast("MinerSocket", transport)
        self.on_made()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self.on_data(data)

    def pause_writing(self) -> None:
        self.pauses.append(self.socket.get_write_buffer_size())
        self.on_pause()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)
        self.on_lost()

    @property
    def heard(self) -> bytes:
        return b"".join(self.pieces)


@dataclass(slots=True)
class SocketStage:
    """Everything of one loop; `faults` are what its exception handler was told."""

    sockets: Sockets
    faults: list[dict[str, Any]] = field(default_factory=list)
    opened: list[Told] = field(default_factory=list)
    peers: list[socket.socket] = field(default_factory=list)

    def add(self, ours: socket.socket, told: Told | None = None) -> Told:
        """From now on it is read, written and closed there."""
        told = told or Told()
        self.opened.append(told)
        self._add(ours, told)
        return told

    def _add(self, ours: socket.socket, protocol: asyncio.Protocol) -> None:
        ours.setblocking(False)
        self.sockets.add(ours.detach(), ("127.0.0.1", 4711), lambda: protocol)

    def pair(
        self, told: Told | None = None, kind: socket.SocketKind = socket.SOCK_STREAM
    ) -> tuple[Told, socket.socket]:
        """A connection and its peer, who says at once when it has nothing to read."""
        told = told or Told()
        self.opened.append(told)
        return told, self.connect(told, kind)

    def connect(self, protocol: asyncio.Protocol, kind: socket.SocketKind) -> socket.socket:
        """The peer of any other protocol, which has to end with it."""
        ours, peer = socket.socketpair(type=kind)
        peer.setblocking(False)
        self.peers.append(peer)
        self._add(ours, protocol)
        return peer

    async def block(self, told: Told) -> bytes:
        """Write until the kernel takes no more and a byte has to wait; all that was written."""
        with socket.socket(fileno=os.dup(told.socket.descriptor)) as ours:
            sent = fill(ours)
        told.socket.write(b".")
        await self.turns()
        assert told.socket.get_write_buffer_size() == 1
        return b"." * (sent + 1)

    async def turns(self, count: int = 4) -> None:
        """Enough for what has been sent to be read, and what was written then to be sent."""
        for _ in range(count):
            await asyncio.sleep(0)

    async def until(self, came: Callable[[], object]) -> None:
        """Turns, until it did."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not came():
                await self.turns(1)

    async def read(self, peer: socket.socket, size: int) -> bytes:
        """So many bytes, or fewer when they end."""
        loop, heard = asyncio.get_running_loop(), bytearray()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(heard) < size and (
                piece := await loop.sock_recv(peer, min(size - len(heard), 1 << 16))
            ):
                heard += piece
        return bytes(heard)

    async def read_to_the_end(self, peer: socket.socket) -> bytes:
        """All that comes."""
        return await self.read(peer, 1 << 40)

    def take_fault(self) -> BaseException:
        """The exception of the only fault so far, which is none any more."""
        (fault,) = self.faults
        self.faults.clear()
        exception: BaseException = fault["exception"]
        return exception

    async def end(self) -> None:
        """Leave nothing behind."""
        for told in self.opened:
            told.socket.abort()
        await self.until(lambda: all(told.lost for told in self.opened))
        for peer in self.peers:
            peer.close()
        await self.turns()
        self.sockets.close()


@asynccontextmanager
async def open_sockets() -> AsyncIterator[SocketStage]:
    """With nobody there yet. Who comes ends once; a fault that the test did not take is one."""
    stage = SocketStage(Sockets())
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: stage.faults.append(context))
    try:
        yield stage
    finally:
        await stage.end()
    assert stage.faults == []
    assert [len(told.lost) for told in stage.opened] == [1] * len(stage.opened)


def on_both_loops(test: Callable[[SocketStage], Coroutine[Any, Any, None]]) -> Callable[[Run], None]:
    """Make a test of a stage one of each loop that the service knows."""

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
    def on_loop(run: Run) -> None:
        async def staged() -> None:
            async with open_sockets() as stage:
                await test(stage)

        run(staged())

    return on_loop


def each_of(*steps: Callable[[], object]) -> Callable[..., None]:
    """What takes these steps, whatever it is told."""

    def take(*_: object) -> None:
        for step in steps:
            step()

    return take


def messages(peer: socket.socket) -> list[bytes]:
    """What has come to a SEQPACKET peer: one message for each call of its sender's kernel."""
    heard: list[bytes] = []
    with suppress(BlockingIOError):
        while piece := peer.recv(1 << 16):
            heard.append(piece)
    return heard


def is_ended(peer: socket.socket) -> bool:
    """Whether its other end is closed and everything was read."""
    with suppress(BlockingIOError):
        return peer.recv(1, socket.MSG_PEEK) == b""
    return False


def is_open(descriptor: int) -> bool:
    """Whether it is anybody's."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
