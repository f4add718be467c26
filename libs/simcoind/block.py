"""Blocks: the 80-byte header, the transactions behind it, and what some coins put behind those."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

from nompcore import merkle
from nompcore.encoding import varint
from simcoind.transaction import Transaction, read_transaction
from simcoind.wire import DecodeError, Reader
from simcoind.wire_form import BITCOIN, WireForm

HEADER_LAYOUT = "<i32s32sIII"
_PRESENT, _ABSENT = b"\x01", b"\x00"


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
    extension: bytes | None = None  # MWEB; only behind a HogEx
    signature: bytes | None = None  # of coins with proof of stake, empty under proof of work

    def serialize(self) -> bytes:
        """As getblock 0 shows it and submitblock takes it."""
        count = varint(len(self.transactions))
        body = b"".join(transaction.serialize() for transaction in self.transactions)
        return self.header.serialize() + count + body + self._ending()

    def _ending(self) -> bytes:
        ending = b""
        if self.transactions and self.transactions[-1].is_hogex:
            ending += _ABSENT if self.extension is None else _PRESENT + self.extension
        return ending if self.signature is None else ending + varint(len(self.signature)) + self.signature

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
        """Weight units of header and transactions (BIP 141)."""
        return 3 * self.stripped_size + self.size - len(self._ending())


def parse_block(data: bytes, form: WireForm = BITCOIN) -> Block:
    """A whole block. Raises DecodeError, also when bytes are left over.

    Where an extension block is missing they are passed over, as litecoind does.
    """
    reader = Reader(data)
    header = Header(*struct.unpack(HEADER_LAYOUT, reader.take(80)))
    transactions = tuple(read_transaction(reader, form) for _ in range(reader.compact_size()))
    extension = _read_extension(reader, transactions) if form.has_extension else None
    signature = reader.compact_bytes() if form.has_time else None
    reader.expect_end()
    return Block(header, transactions, extension, signature)


def _read_extension(reader: Reader, transactions: tuple[Transaction, ...]) -> bytes | None:
    """What stands behind a HogEx: a mark, and all the rest, which is nothing to the chain itself."""
    is_joined = bool(transactions) and transactions[-1].is_hogex
    is_present = is_joined and reader.take(1) == _PRESENT
    content = reader.rest()
    if is_present and not content:
        raise DecodeError("an extension block is announced and missing")
    return content if is_present else None
