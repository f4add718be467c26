"""Blocks: the 80-byte header and the transactions behind it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

from nompcore import merkle
from nompcore.encoding import varint
from simcoind.transaction import Transaction, read_transaction
from simcoind.wire import Reader

HEADER_LAYOUT = "<i32s32sIII"


@dataclass(frozen=True, slots=True)
class Header:
    """A block header; hashes in internal byte order."""

    version: int
    prevhash_le: bytes
    merkle_root_le: bytes
    ntime: int
    nbits: int
    nonce: int

    def serialize(self) -> bytes:
        """80 bytes, what is hashed."""
        return struct.pack(
            HEADER_LAYOUT,
            self.version,
            self.prevhash_le,
            self.merkle_root_le,
            self.ntime,
            self.nbits,
            self.nonce,
        )


@dataclass(frozen=True)  # not slotted: sizes are cached in the instance
class Block:
    """A header and its transactions, the coinbase first."""

    header: Header
    transactions: tuple[Transaction, ...]

    def serialize(self) -> bytes:
        """As getblock 0 shows it and submitblock takes it."""
        count = varint(len(self.transactions))
        body = b"".join(transaction.serialize() for transaction in self.transactions)
        return self.header.serialize() + count + body

    @property
    def merkle_root_le(self) -> bytes:
        """The root that the header must hold."""
        return merkle.root([transaction.txid_le for transaction in self.transactions])

    @cached_property
    def size(self) -> int:
        """Bytes with witnesses."""
        return len(self.serialize())

    @cached_property
    def stripped_size(self) -> int:
        """Bytes without witnesses."""
        plain = sum(len(transaction.serialize_without_witness()) for transaction in self.transactions)
        return 80 + len(varint(len(self.transactions))) + plain

    @property
    def weight(self) -> int:
        """Weight units (BIP 141)."""
        return 3 * self.stripped_size + self.size


def parse_block(data: bytes) -> Block:
    """A whole block. Raises DecodeError, also when bytes are left over."""
    reader = Reader(data)
    header = Header(*struct.unpack(HEADER_LAYOUT, reader.take(80)))
    transactions = tuple(read_transaction(reader) for _ in range(reader.compact_size()))
    reader.expect_end()
    return Block(header, transactions)
