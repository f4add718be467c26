"""The benchmark's daemon as a node of the peer-to-peer network: it greets, and announces blocks."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nompcore.encoding import from_display, varint
from nompcore.hashing import sha256d
from tests.bench.tip_chain import TipBlock

PROTOCOL_VERSION = 70016
SERVICES = 9  # has all blocks, with witnesses
MSG_BLOCK = 2
USER_AGENT = b"/tip-daemon/"

_HEAD = struct.Struct("<4s12sI4s")  # magic, command, length, the beginning of sha256d of the payload


@dataclass
class _Peer:
    writer: asyncio.StreamWriter
    wants_headers: bool = False


class Peers:
    """Everybody who has shaken hands hears of blocks."""

    def __init__(self, magic: bytes) -> None:
        self.port = 0
        self._magic = magic
        self._peers: list[_Peer] = []
        self._has_peer = asyncio.Event()

    async def listened(self) -> None:
        """Returns once somebody has shaken hands."""
        await self._has_peer.wait()

    async def announce(self, block: TipBlock) -> None:
        """Tell each in the way it asked for."""
        for peer in self._peers:
            peer.writer.write(self._announcement(peer, block))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends."""
        peer = _Peer(writer)
        try:
            while True:
                self._answer(peer, *await _read_message(reader))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # Cancelled when this process ends, which streams would report as a mishap.
            self._peers = [other for other in self._peers if other is not peer]
        finally:
            writer.close()

    def _answer(self, peer: _Peer, command: bytes, payload: bytes) -> None:
        match command:
            case b"version":
                peer.writer.write(self._message(b"version", _version()) + self._message(b"verack", b""))
            case b"verack":
                self._peers.append(peer)
                self._has_peer.set()
            case b"sendheaders":
                peer.wants_headers = True
            case b"ping":
                peer.writer.write(self._message(b"pong", payload))
            case _:  # nothing here to be had
                pass

    def _announcement(self, peer: _Peer, block: TipBlock) -> bytes:
        if peer.wants_headers:
            return self._message(b"headers", varint(1) + block.header + varint(0))
        item = struct.pack("<I", MSG_BLOCK) + from_display(block.hash_display)
        return self._message(b"inv", varint(1) + item)

    def _message(self, command: bytes, payload: bytes) -> bytes:
        return _HEAD.pack(self._magic, command, len(payload), sha256d(payload)[:4]) + payload


async def _read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    _, command, length, _ = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    return command.rstrip(b"\0"), await reader.readexactly(length)


def _version() -> bytes:
    address = struct.pack("<Q16sH", SERVICES, bytes(10) + b"\xff\xff\x7f\x00\x00\x01", 0)
    agent = varint(len(USER_AGENT)) + USER_AGENT
    head = struct.pack("<iQq", PROTOCOL_VERSION, SERVICES, 0)
    return head + address + address + struct.pack("<Q", 1) + agent + struct.pack("<i?", 0, True)


@asynccontextmanager
async def listening_peers(magic: bytes) -> AsyncIterator[Peers]:
    """A node on a free port."""
    peers = Peers(magic)
    server = await asyncio.start_server(peers.serve, "127.0.0.1", 0)
    peers.port = server.sockets[0].getsockname()[1]
    try:
        yield peers
    finally:
        server.close()
