"""Transactions: parsed, serialised, hashed and weighed (BIP 141, 144), in the form of their coin."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nompcore.encoding import varint
from nompcore.hashing import sha256d
from simcoind.wire import DecodeError, Reader
from simcoind.wire_form import BITCOIN, WireForm

NULL_VOUT = 0xFFFFFFFF
WITNESS_MARKER_AND_FLAG = b"\x00\x01"
HOGEX_MARKER_AND_FLAG = b"\x00\x08"
_NO_MWEB = b"\x00"
"""Behind the outputs of a HogEx: it carries no MWEB transaction, as none does in a block."""


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
    """A transaction. Hashes are in internal byte order.

    `time` counts only in forms with times, `tail` (a comment or a payload) only in versions with one.
    """

    version: int
    inputs: tuple[TxInput, ...]
    outputs: tuple[TxOutput, ...]
    locktime: int = 0
    form: WireForm = BITCOIN
    time: int = 0  # Unix seconds
    tail: bytes = b""
    is_hogex: bool = False  # joins the extension block to the chain

    @cached_property
    def txid_le(self) -> bytes:
        """The hash of the serialisation without witness: sha256d but for some coins' coinbases."""
        return self.form.transaction_id(self.serialize_without_witness(), is_coinbase=self.is_coinbase)

    @cached_property
    def wtxid_le(self) -> bytes:
        """sha256d of the serialisation with witnesses; the id where there are none."""
        return sha256d(self.serialize()) if self.has_witness else self.txid_le

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
        """BIP 144 form, with a HogEx's mark; the plain form when there is neither."""
        if self.is_hogex:
            return self._serialize(HOGEX_MARKER_AND_FLAG, _NO_MWEB)
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
        time = struct.pack("<I", self.time) if self.form.has_time else b""
        tail = varint(len(self.tail)) + self.tail if self.form.has_tail(self.version) else b""
        head, locktime = struct.pack("<i", self.version) + time, struct.pack("<I", self.locktime)
        return head + marker + counted + witnesses + locktime + tail


def output_bytes(output: TxOutput) -> bytes:
    """An output as it stands in a transaction."""
    return struct.pack("<q", output.value_sats) + varint(len(output.script)) + output.script


def _input_bytes(tx_input: TxInput) -> bytes:
    outpoint = tx_input.previous.txid_le + struct.pack("<I", tx_input.previous.vout)
    script = varint(len(tx_input.script_sig)) + tx_input.script_sig
    return outpoint + script + struct.pack("<I", tx_input.sequence)


def _witness_bytes(witness: tuple[bytes, ...]) -> bytes:
    return varint(len(witness)) + b"".join(varint(len(item)) + item for item in witness)


def read_transaction(
    reader: Reader, form: WireForm = BITCOIN, *, witness_allowed: bool = True
) -> Transaction:
    """The transaction at the cursor. Raises DecodeError."""
    version = reader.number("<i")
    time = reader.number("<I") if form.has_time else 0
    marker = reader.peek(2) if witness_allowed else b""
    is_hogex = form.has_extension and marker == HOGEX_MARKER_AND_FLAG
    is_extended = marker == WITNESS_MARKER_AND_FLAG
    reader.take(2 if is_hogex or is_extended else 0)
    inputs = [_read_input(reader) for _ in range(reader.compact_size())]
    outputs = tuple(_read_output(reader) for _ in range(reader.compact_size()))
    if is_extended:
        inputs = _with_witnesses(inputs, reader)
    if is_hogex and reader.take(1) != _NO_MWEB:
        raise DecodeError("a transaction of a block holds no MWEB data")
    locktime = reader.number("<I")
    tail = reader.compact_bytes() if form.has_tail(version) else b""
    return Transaction(version, tuple(inputs), outputs, locktime, form, time, tail, is_hogex)


def parse_transaction(data: bytes, form: WireForm = BITCOIN) -> Transaction:
    """A whole transaction. Raises DecodeError, also when bytes are left over.

    Without inputs, as createrawtransaction makes it, a count of one output looks like the witness flag:
    what does not parse in the extended form is tried in the plain one.
    """
    try:
        return _parse(data, form, witness_allowed=True)
    except DecodeError:
        return _parse(data, form, witness_allowed=False)


def _parse(data: bytes, form: WireForm, *, witness_allowed: bool) -> Transaction:
    reader = Reader(data)
    transaction = read_transaction(reader, form, witness_allowed=witness_allowed)
    reader.expect_end()
    return transaction


def _read_input(reader: Reader) -> TxInput:
    previous = OutPoint(reader.take(32), reader.number("<I"))
    return TxInput(previous, reader.compact_bytes(), reader.number("<I"))


def _read_output(reader: Reader) -> TxOutput:
    return TxOutput(reader.number("<q"), reader.compact_bytes())


def _with_witnesses(inputs: list[TxInput], reader: Reader) -> list[TxInput]:
    signed = [_with_witness(tx_input, reader) for tx_input in inputs]
    if not any(tx_input.witness for tx_input in signed):
        raise DecodeError("superfluous witness record")
    return signed


def _with_witness(tx_input: TxInput, reader: Reader) -> TxInput:
    witness = tuple(reader.compact_bytes() for _ in range(reader.compact_size()))
    return TxInput(tx_input.previous, tx_input.script_sig, tx_input.sequence, witness)
