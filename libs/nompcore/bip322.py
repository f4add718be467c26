"""Messages signed as BIP322 has it, its form "simple": the witness of a transaction that can never be mined.

Known are addresses that name one key: P2WPKH and taproot by its key path. Scripts are not run here.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from nompcore.encoding import varint
from nompcore.hashing import sha256, sha256d
from nompcore.ripemd160 import hash160
from nompcore.secp256k1 import ecdsa_fits, schnorr_fits

__all__ = ["fits_simple", "message_hash", "read_witness", "to_sign_id", "to_spend_id"]

SIGHASH_DEFAULT, SIGHASH_ALL = 0, 1

_OP_RETURN = b"\x6a"
_NO_AMOUNT = bytes(8)
_MAX_ITEMS, _MAX_WITNESS_BYTES = 2, 200
_LONGEST_PLAIN_LENGTH = 0xFC


def fits_simple(script: bytes, text: str, witness: bytes) -> bool:
    """Whether a serialized witness proves that the owner of an output script signed a text. Never raises."""
    items = read_witness(witness)
    if items is None:
        return False
    spend = _Spend(to_spend_id(script, text), script)
    if len(script) == 22 and script[:2] == b"\x00\x14":
        return _fits_key_hash(spend, items)
    if len(script) == 34 and script[:2] == b"\x51\x20":
        return _fits_taproot(spend, items)
    return False


def read_witness(data: bytes) -> list[bytes] | None:
    """The one or two items of a serialized witness; None for anything else."""
    if not data or len(data) > _MAX_WITNESS_BYTES or not 1 <= data[0] <= _MAX_ITEMS:
        return None
    items, rest = [], data[1:]
    for _ in range(data[0]):
        if not rest or rest[0] > _LONGEST_PLAIN_LENGTH or len(rest) <= rest[0]:
            return None
        items.append(rest[1 : 1 + rest[0]])
        rest = rest[1 + rest[0] :]
    return None if rest else items


def message_hash(text: str) -> bytes:
    """What the first transaction commits to, 32 bytes."""
    return _tagged_hash(b"BIP0322-signed-message", text.encode("utf-8", "surrogatepass"))


def to_spend_id(script: bytes, text: str) -> bytes:
    """The id, in internal byte order, of the transaction with the message whose output is to be spent."""
    nothing = bytes(32) + b"\xff\xff\xff\xff"
    unlocking = b"\x00\x20" + message_hash(text)
    inputs = b"\x01" + nothing + varint(len(unlocking)) + unlocking + bytes(4)
    outputs = b"\x01" + _NO_AMOUNT + varint(len(script)) + script
    return sha256d(bytes(4) + inputs + outputs + bytes(4))


def to_sign_id(spend_id: bytes) -> bytes:
    """The id, in internal byte order, of the transaction that is signed."""
    return sha256d(
        bytes(4) + b"\x01" + spend_id + bytes(4) + b"\x00" + bytes(4) + b"\x01" + _OUTPUT + bytes(4)
    )


_OUTPUT = _NO_AMOUNT + b"\x01" + _OP_RETURN


@dataclass(frozen=True, slots=True)
class _Spend:
    """The one input of the transaction that is signed: what it spends."""

    spend_id: bytes
    script: bytes

    def witness_v0_digest(self, public_key_hash: bytes) -> bytes:
        """What ECDSA signs (BIP143, SIGHASH_ALL)."""
        outpoint, sequence = self.spend_id + bytes(4), bytes(4)
        code = b"\x19\x76\xa9\x14" + public_key_hash + b"\x88\xac"
        return sha256d(
            bytes(4) + sha256d(outpoint) + sha256d(sequence) + outpoint + code + _NO_AMOUNT + sequence
            + sha256d(_OUTPUT) + bytes(4) + struct.pack("<I", SIGHASH_ALL)
        )  # fmt: skip

    def taproot_digest(self, sighash: int) -> bytes:
        """What BIP340 signs (BIP341, key path, no annex), of SIGHASH_DEFAULT or SIGHASH_ALL."""
        outpoint, sequence = self.spend_id + bytes(4), bytes(4)
        hashes = (outpoint, _NO_AMOUNT, varint(len(self.script)) + self.script, sequence, _OUTPUT)
        head = bytes([0, sighash]) + bytes(4) + bytes(4)
        return _tagged_hash(b"TapSighash", head + b"".join(map(sha256, hashes)) + b"\x00" + bytes(4))


def _fits_key_hash(spend: _Spend, items: list[bytes]) -> bool:
    if len(items) != 2 or len(items[1]) != 33 or items[0][-1:] != bytes([SIGHASH_ALL]):
        return False
    signature, key = items
    named = spend.script[2:]
    return hash160(key) == named and ecdsa_fits(key, signature[:-1], spend.witness_v0_digest(named))


def _fits_taproot(spend: _Spend, items: list[bytes]) -> bool:
    if len(items) != 1 or len(items[0]) not in (64, 65):
        return False
    sighash = items[0][64] if len(items[0]) == 65 else SIGHASH_DEFAULT
    if len(items[0]) == 65 and sighash != SIGHASH_ALL:
        return False
    return schnorr_fits(spend.script[2:], items[0][:64], spend.taproot_digest(sighash))


def _tagged_hash(tag: bytes, data: bytes) -> bytes:
    prefix = hashlib.sha256(tag).digest()
    return sha256(prefix + prefix + data)
