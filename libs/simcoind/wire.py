"""Reading the coin's wire format: a cursor that never reads beyond its bytes.

Written apart from `nompcore.encoding` on purpose: simcoind judges what the pool serialises, and a judge
that shares the pool's decoder would share its mistakes.
"""

from __future__ import annotations

import struct

MAX_COMPACT_SIZE = 0x02000000
"""Largest length the reference node accepts on the wire (32 MiB), so that a length cannot reserve memory."""


class DecodeError(Exception):
    """Bytes that are not the serialisation of what they should be."""


class Reader:
    """A cursor over `data`. Every method raises DecodeError when the bytes end too early."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.position + size
        if end > len(self.data):
            raise DecodeError(f"{size} bytes wanted, {len(self.data) - self.position} left")
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def peek(self, size: int) -> bytes:
        """The next bytes without moving; fewer than `size` at the end."""
        return self.data[self.position : self.position + size]

    def number(self, layout: str) -> int:
        """One number of a `struct` layout such as `<I`."""
        (value,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return int(value)

    def compact_size(self) -> int:
        """A canonical CompactSize not above `MAX_COMPACT_SIZE`."""
        first = self.number("<B")
        if first < 0xFD:
            return first
        layout, smallest = {0xFD: ("<H", 0xFD), 0xFE: ("<I", 0x10000), 0xFF: ("<Q", 0x100000000)}[first]
        value = self.number(layout)
        if value < smallest:
            raise DecodeError("non-canonical CompactSize")
        if value > MAX_COMPACT_SIZE:
            raise DecodeError("CompactSize too large")
        return value

    def compact_bytes(self) -> bytes:
        """Bytes preceded by their length."""
        return self.take(self.compact_size())

    def rest(self) -> bytes:
        """Everything up to the end."""
        return self.take(len(self.data) - self.position)

    def expect_end(self) -> None:
        """Raise DecodeError when bytes are left over."""
        if self.position != len(self.data):
            raise DecodeError(f"{len(self.data) - self.position} bytes left over")
