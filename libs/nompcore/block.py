"""The 80-byte block header, and a whole block as submitblock wants it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nompcore.encoding import read_varint, varint
from nompcore.errors import EncodingError

_HEADER = struct.Struct("<I32s32sIII")
_VERSION_SIZE, _TIME_SIZE, _OUTPOINT_SIZE, _SEQUENCE_SIZE, _VALUE_SIZE, _LOCKTIME_SIZE = 4, 4, 36, 4, 8, 4
_SEGWIT_MARKER = b"\x00\x01"
# One stack item of 32 zero bytes: the witness reserved value (BIP141).
_COINBASE_WITNESS = b"\x01\x20" + bytes(32)
_MWEB_PRESENT = b"\x01"
_NO_SIGNATURE = b"\x00"  # length of the signature that only proof-of-stake blocks have


@dataclass(frozen=True, slots=True)
class BlockBody:
    """What a block holds beside its header and coinbase."""

    transactions: tuple[bytes, ...]
    has_witness_commitment: bool
    mweb: bytes | None = None  # Litecoin's extension block; its HogEx is the last transaction
    proof_of_stake: bool = False  # a coin of that kind: transactions hold a time, the block a signature


def header_bytes(
    version: int, prevhash_le: bytes, merkle_root_le: bytes, ntime: int, nbits: int, nonce: int
) -> bytes:
    """The header's 80 bytes; `version` may be signed, as old daemons give it."""
    return _HEADER.pack(version & 0xFFFFFFFF, prevhash_le, merkle_root_le, ntime, nbits, nonce)


def assemble_block(header: bytes, coinbase: bytes, body: BlockBody) -> bytes:
    """header ‖ count ‖ coinbase ‖ transactions [‖ 01 ‖ mweb] [‖ 00].

    `coinbase` comes without witness. Bitcoin Core would add the one that the commitment needs; other nodes
    refuse the block, so it is added here.
    """
    if body.has_witness_commitment:
        coinbase = with_coinbase_witness(coinbase, has_time=body.proof_of_stake)
    count = varint(1 + len(body.transactions))
    tail = b"" if body.mweb is None else _MWEB_PRESENT + body.mweb
    tail += _NO_SIGNATURE if body.proof_of_stake else b""
    return b"".join([header, count, coinbase, *body.transactions, tail])


def with_coinbase_witness(coinbase: bytes, *, has_time: bool = False) -> bytes:
    """A coinbase in the BIP144 form, with the witness reserved value before its lock time."""
    start = _VERSION_SIZE + (_TIME_SIZE if has_time else 0)
    end = _outputs_end(coinbase, start)
    head, middle, rest = coinbase[:start], coinbase[start:end], coinbase[end:]
    return head + _SEGWIT_MARKER + middle + _COINBASE_WITNESS + rest


def _outputs_end(coinbase: bytes, start: int) -> int:
    """Offset of the lock time. A transaction comment may follow it, so it is not found from the end."""
    inputs, offset = read_varint(coinbase, start)
    if inputs != 1:
        raise EncodingError(f"a coinbase has one input, not {inputs}")
    script_size, offset = read_varint(coinbase, offset + _OUTPOINT_SIZE)
    outputs, offset = read_varint(coinbase, offset + script_size + _SEQUENCE_SIZE)
    for _ in range(outputs):
        script_size, offset = read_varint(coinbase, offset + _VALUE_SIZE)
        offset += script_size
    if offset + _LOCKTIME_SIZE > len(coinbase):
        raise EncodingError("the coinbase ends before its lock time does")
    return offset
