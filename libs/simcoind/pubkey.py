"""Public keys: points of secp256k1 that nobody has the private key of, because signatures are symbolic."""

from __future__ import annotations

import hashlib
import itertools
import struct

from nompcore.hashing import sha256

_FIELD_PRIME = 2**256 - 2**32 - 977
PUBKEY_SIZE = 33
_OP_CHECKSIG = b"\xac"


def is_pubkey(data: bytes) -> bool:
    """Whether the bytes are a compressed public key: 02 or 03, and the x of a point on the curve."""
    if len(data) != PUBKEY_SIZE or data[0] not in (2, 3):
        return False
    x = int.from_bytes(data[1:], "big")
    square = (pow(x, 3, _FIELD_PRIME) + 7) % _FIELD_PRIME
    return x < _FIELD_PRIME and pow(square, (_FIELD_PRIME - 1) // 2, _FIELD_PRIME) == 1  # Euler's criterion


def make_pubkey(seed: bytes) -> bytes:
    """The first key that hashing `seed` with a counter comes to: every second x is on the curve."""
    candidates = (b"\x02" + sha256(seed + struct.pack("<I", number)) for number in itertools.count())
    return next(filter(is_pubkey, candidates))


def pubkey_script(pubkey: bytes) -> bytes:
    """The output script that pays a key itself: a push of 33 bytes, CHECKSIG."""
    return bytes([PUBKEY_SIZE]) + pubkey + _OP_CHECKSIG


def is_pubkey_script(script: bytes) -> bool:
    """Whether a script pays a key of 33 bytes, on the curve or not."""
    return len(script) == PUBKEY_SIZE + 2 and script[0] == PUBKEY_SIZE and script.endswith(_OP_CHECKSIG)


def pubkey_of(script: bytes) -> bytes:
    """The key that such a script pays."""
    return script[1:-1]


def pubkey_hash(pubkey: bytes) -> bytes:
    """What an address holds of a key, 20 bytes. Raises ValueError where OpenSSL has no RIPEMD-160."""
    return hashlib.new("ripemd160", sha256(pubkey)).digest()


NOBODY = make_pubkey(b"nobody")
"""A key of no wallet: what the node's own blocks pay when they must pay a key and know none."""
