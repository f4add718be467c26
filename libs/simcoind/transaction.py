"""Transactions: parsed, serialised, hashed and weighed (BIP 141, 144)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nompcore.encoding import varint
from nompcore.hashing import sha256d
from simcoind.wire import DecodeError, Reader

NULL_VOUT = 0xFFFFFFFF
WITNESS_MARKER_AND_FLAG = b"\x00\x01"


class OutPoint(NamedTuple):
    """An output of an earlier transaction; `txid_le` in internal byte order."""

    txid_le: bytes
    vout: int

    @property
    def is_null(self) -> bool:
        """What a coinbase has in place of a previous output."""
        return self.vout == NULL_VOUT and self.txid_le == bytes(32)


@dataclass(frozen=True, slots=True)
class TxInput:
    """A spend of `previous`; the witness travels apart but belongs to it."""

    previous: OutPoint
    script_sig: bytes = b""
    sequence: int = 0xFFFFFFFF
    witness: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TxOutput:
    """An amount and the script that guards it."""

    value_sats: int
    script: bytes


@dataclass(frozen=True)  # not slotted: the hashes are cached in the instance
class Transaction:
    """A transaction. Hashes are in internal byte order."""

    version: int
    inputs: tuple[TxInput, ...]
    outputs: tuple[TxOutput, ...]
    locktime: int = 0

    @cached_property
    def txid_le(self) -> bytes:
        """sha256d of the serialisation without witness."""
        return sha256d(self.serialize_without_witness())

    @cached_property
    def wtxid_le(self) -> bytes:
        """sha256d of the full serialisation."""
        return sha256d(self.serialize())

    @property
    def has_witness(self) -> bool:
        """Whether any input carries a witness."""
        return any(tx_input.witness for tx_input in self.inputs)

    @property
    def is_coinbase(self) -> bool:
        """Whether it creates coins: one input, without a previous output."""
        return len(self.inputs) == 1 and self.inputs[0].previous.is_null

    @cached_property
    def size(self) -> int:
        """Bytes of the full serialisation."""
        return len(self.serialize())

    @cached_property
    def weight(self) -> int:
        """Weight units: bytes without witness count four times (BIP 141)."""
        return 3 * len(self.serialize_without_witness()) + self.size

    @property
    def vsize(self) -> int:
        """Virtual bytes, what fees are paid for."""
        return (self.weight + 3) // 4

    def serialize(self) -> bytes:
        """BIP 144 form; the plain form when there is no witness."""
        if not self.has_witness:
            return self.serialize_without_witness()
        witnesses = b"".join(_witness_bytes(tx_input.witness) for tx_input in self.inputs)
        return self._serialize(WITNESS_MARKER_AND_FLAG, witnesses)

    def serialize_without_witness(self) -> bytes:
        """The form that the txid is the hash of."""
        return self._serialize(b"", b"")

    def _serialize(self, marker: bytes, witnesses: bytes) -> bytes:
        inputs = b"".join(_input_bytes(tx_input) for tx_input in self.inputs)
        outputs = b"".join(output_bytes(output) for output in self.outputs)
        counted = varint(len(self.inputs)) + inputs + varint(len(self.outputs)) + outputs
        version, locktime = struct.pack("<i", self.version), struct.pack("<I", self.locktime)
        return version + marker + counted + witnesses + locktime


def output_bytes(output: TxOutput) -> bytes:
    """An output as it stands in a transaction."""
    return struct.pack("<q", output.value_sats) + varint(len(output.script)) + output.script


def _input_bytes(tx_input: TxInput) -> bytes:
    outpoint = tx_input.previous.txid_le + struct.pack("<I", tx_input.previous.vout)
    script = varint(len(tx_input.script_sig)) + tx_input.script_sig
    return outpoint + script + struct.pack("<I", tx_input.sequence)


def _witness_bytes(witness: tuple[bytes, ...]) -> bytes:
    return varint(len(witness)) + b"".join(varint(len(item)) + item for item in witness)


def read_transaction(reader: Reader, *, witness_allowed: bool = True) -> Transaction:
    """The transaction at the cursor. Raises DecodeError."""
    version = reader.number("<i")
    extended = witness_allowed and reader.peek(2) == WITNESS_MARKER_AND_FLAG
    if extended:
        reader.take(2)
    inputs = [_read_input(reader) for _ in range(reader.compact_size())]
    outputs = tuple(_read_output(reader) for _ in range(reader.compact_size()))
    if extended:
        inputs = [_with_witness(tx_input, reader) for tx_input in inputs]
        if not any(tx_input.witness for tx_input in inputs):
            raise DecodeError("superfluous witness record")
    return Transaction(version, tuple(inputs), outputs, reader.number("<I"))


def parse_transaction(data: bytes) -> Transaction:
    """A whole transaction. Raises DecodeError, also when bytes are left over.

    Without inputs, as createrawtransaction makes it, a count of one output looks like the witness flag:
    what does not parse in the extended form is tried in the plain one.
    """
    try:
        return _parse(data, witness_allowed=True)
    except DecodeError:
        return _parse(data, witness_allowed=False)


def _parse(data: bytes, *, witness_allowed: bool) -> Transaction:
    reader = Reader(data)
    transaction = read_transaction(reader, witness_allowed=witness_allowed)
    reader.expect_end()
    return transaction


def _read_input(reader: Reader) -> TxInput:
    previous = OutPoint(reader.take(32), reader.number("<I"))
    return TxInput(previous, reader.compact_bytes(), reader.number("<I"))


def _read_output(reader: Reader) -> TxOutput:
    return TxOutput(reader.number("<q"), reader.compact_bytes())


def _with_witness(tx_input: TxInput, reader: Reader) -> TxInput:
    witness = tuple(reader.compact_bytes() for _ in range(reader.compact_size()))
    return TxInput(tx_input.previous, tx_input.script_sig, tx_input.sequence, witness)
