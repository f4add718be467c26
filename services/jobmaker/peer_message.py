"""Frames of Bitcoin's P2P protocol, out of a stream of bytes and into one. Pure.

A frame is the network's magic, a command of 12 bytes, the payload's size (u32), the first four bytes of its
sha256d, and the payload. What a node can make us hold is bounded: only the commands below are kept.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from nompcore.hashing import sha256d

MAX_PAYLOAD_BYTES = 4_000_000
"""Nodes hang up on more, so a frame that claims more is none."""

_SMALL = 8 * 1024

KEPT: Mapping[str, int] = {
    "version": _SMALL,
    "verack": _SMALL,
    "reject": _SMALL,
    "ping": _SMALL,
    "pong": _SMALL,
    "getheaders": _SMALL,
    "inv": MAX_PAYLOAD_BYTES,
    "headers": MAX_PAYLOAD_BYTES,
    "cmpctblock": MAX_PAYLOAD_BYTES,
}
"""The commands that mean something here, and the largest payload of each. Others pass by unread."""

GARBAGE, CHECKSUM, TOO_LONG = "garbage", "checksum", "too-long"

_REST_OF_HEAD = struct.Struct("<12sI4s")  # after the magic: command, size of the payload, checksum
_CHECKSUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class Message:
    """A command and its payload, whose checksum was right."""

    command: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Dropped:
    """Bytes that gave no message: why, one of a few words, and how many."""

    why: str
    size: int


def encode(magic: bytes, command: str, payload: bytes = b"") -> bytes:
    """A whole frame."""
    checksum = sha256d(payload)[:_CHECKSUM_BYTES]
    return magic + _REST_OF_HEAD.pack(command.encode("ascii"), len(payload), checksum) + payload


class MessageReader:
    """Collects received bytes and gives back the messages in them, however they were cut.

    Bytes that do not begin with the magic are passed over until it comes.
    """

    __slots__ = ("_buffer", "_head_bytes", "_magic", "_to_skip")

    def __init__(self, magic: bytes) -> None:
        self._magic = magic
        self._head_bytes = len(magic) + _REST_OF_HEAD.size
        self._buffer = bytearray()
        self._to_skip = 0  # bytes of a frame that nobody wants, still to come

    def feed(self, data: bytes) -> list[Message | Dropped]:
        """What the new bytes complete."""
        self._buffer += data
        found = []
        while (item := self._next()) is not None:
            found.append(item)
        return found

    @property
    def held_bytes(self) -> int:
        """Bytes kept for later."""
        return len(self._buffer)

    def _next(self) -> Message | Dropped | None:
        while True:
            self._skip()
            if garbage := self._bytes_before_magic():
                return self._drop(GARBAGE, garbage)
            if len(self._buffer) < self._head_bytes:
                return None
            name, size, checksum = _REST_OF_HEAD.unpack_from(self._buffer, len(self._magic))
            if size > MAX_PAYLOAD_BYTES:
                return self._drop(GARBAGE, len(self._magic))
            command = name.rstrip(b"\0").decode("latin-1")
            frame_bytes = self._head_bytes + size
            if size > KEPT.get(command, -1):
                self._to_skip = frame_bytes
                if command in KEPT:
                    return Dropped(TOO_LONG, frame_bytes)
                continue
            if len(self._buffer) < frame_bytes:
                return None
            return self._take(command, frame_bytes, checksum)

    def _take(self, command: str, frame_bytes: int, checksum: bytes) -> Message | Dropped:
        payload = bytes(self._buffer[self._head_bytes : frame_bytes])
        if sha256d(payload)[:_CHECKSUM_BYTES] != checksum:
            return self._drop(CHECKSUM, frame_bytes)
        del self._buffer[:frame_bytes]
        return Message(command, payload)

    def _drop(self, why: str, size: int) -> Dropped:
        del self._buffer[:size]
        return Dropped(why, size)

    def _skip(self) -> None:
        skipped = min(self._to_skip, len(self._buffer))
        del self._buffer[:skipped]
        self._to_skip -= skipped

    def _bytes_before_magic(self) -> int:
        """How many bytes cannot be the start of a frame; the last few may be the start of a magic."""
        start = self._buffer.find(self._magic)
        if start >= 0:
            return start
        ends = (
            size for size in range(len(self._magic) - 1, 0, -1) if self._buffer.endswith(self._magic[:size])
        )
        return len(self._buffer) - next(ends, 0)
