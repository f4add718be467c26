"""RIPEMD-160, the hash in which addresses name keys: OpenSSL's, or our own where it was built without."""

from __future__ import annotations

import hashlib
import struct

__all__ = ["hash160", "plain_ripemd160", "ripemd160"]

_MASK = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)

# One hex digit for each of the 80 steps of a line: which word of the block it takes, how far it turns.
_LEFT_WORDS = "0123456789abcdef74d1a6f3c0952eb83ae49f812706db5c19ba08c4d37fe56240597c2ae138b6fd"
_RIGHT_WORDS = "5e7092b4d6f81a3c6b370d5aef8c4912f5137e69b8c2a04d86413bf05c2d97aecfa4158762de039b"
_LEFT_TURNS = "befc5879bdef6798768db97f7cf9b7dcbd67e9dfe8d65c75bcefef989e56865c9f5b68dc5cdeb856"
_RIGHT_TURNS = "899bdff5778beec69df7c89b77c76fdb97fb866ecd5edd75f58bee6e69c9c5f885c9c5e68d65fdbb"
_LEFT_ADDED = (0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_RIGHT_ADDED = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0)


def hash160(data: bytes) -> bytes:
    """RIPEMD-160 of SHA-256: the 20 bytes by which an address names a key or a script."""
    return ripemd160(hashlib.sha256(data).digest())


def ripemd160(data: bytes) -> bytes:
    """The digest, 20 bytes."""
    try:
        return hashlib.new("ripemd160", data, usedforsecurity=False).digest()
    except ValueError:  # OpenSSL 3.0 before 3.0.7 has it in a provider that nobody loads
        return plain_ripemd160(data)


def plain_ripemd160(data: bytes) -> bytes:
    """The same without OpenSSL."""
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    state = _START
    for first in range(0, len(padded), 64):
        words = struct.unpack("<16I", padded[first : first + 64])
        left = _line(state, words, _LEFT_WORDS, _LEFT_TURNS, _LEFT_ADDED, is_left=True)
        right = _line(state, words, _RIGHT_WORDS, _RIGHT_TURNS, _RIGHT_ADDED, is_left=False)
        sums = [(state[i] + left[(i + 1) % 5] + right[(i + 2) % 5]) & _MASK for i in range(5)]
        # what comes of word 1 is the next word 0, and so on round
        state = (sums[1], sums[2], sums[3], sums[4], sums[0])
    return struct.pack("<5I", *state)


_State = tuple[int, int, int, int, int]


def _line(
    state: _State, words: tuple[int, ...], order: str, turns: str, added: tuple[int, ...], *, is_left: bool
) -> _State:
    a, b, c, d, e = state
    for step in range(80):
        group = step // 16
        mixed = _mix(group if is_left else 4 - group, b, c, d)
        total = (a + mixed + words[int(order[step], 16)] + added[group]) & _MASK
        a, b, c, d, e = e, (_turn(total, int(turns[step], 16)) + e) & _MASK, b, _turn(c, 10), d
    return a, b, c, d, e


def _mix(kind: int, x: int, y: int, z: int) -> int:
    mixed = (x ^ y ^ z, (x & y) | (~x & z), (x | ~y) ^ z, (x & z) | (y & ~z), x ^ (y | ~z))[kind]
    return mixed & _MASK


def _turn(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK
