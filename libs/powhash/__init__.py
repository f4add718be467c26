"""Proof-of-work hashes of coins in C (csrc/), compiled by `python -m powhash.build`.

`ALGORITHMS` holds what the library of this machine can hash by name, and is empty where there is none;
`WHY_NOT` then says why. Hashes that take longer than some 20 microseconds run without the interpreter's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

try:
    from powhash import _native
except ImportError as _error:
    _is_there = Path(__file__).with_name("_native.abi3.so").is_file()
    WHY_NOT = str(_error) if _is_there else "it was not compiled"
    """Why there is no library; empty where there is one."""
    _ROWS: list[tuple[str, int, bool]] = []
else:
    WHY_NOT = ""
    _ROWS = _native.algorithms()


class Algorithm(NamedTuple):
    """What the library knows of an algorithm."""

    place: int  # in the library's list
    input_bytes: int  # 0: any; 80: a block header only
    is_slow: bool  # releases the interpreter's lock


ALGORITHMS: Mapping[str, Algorithm] = {
    name: Algorithm(place, input_bytes, is_slow) for place, (name, input_bytes, is_slow) in enumerate(_ROWS)
}


def hasher(name: str) -> Callable[[bytes], bytes]:
    """The function of an algorithm: bytes → 32 bytes. KeyError where it is not in `ALGORITHMS`."""
    return partial(_native.digest, ALGORITHMS[name].place)


def digest(name: str, data: bytes) -> bytes:
    """The 32-byte digest of an algorithm; ValueError for data of a length it does not take."""
    return hasher(name)(data)


def scrypt(data: bytes, n: int, r: int = 1) -> bytes:
    """scrypt (RFC 7914) with `data` as password and salt, p = 1, 32 bytes. `n` is a power of two above 1."""
    _need_library()
    return _native.scrypt(data, n, r)


def scrypt_jane(data: bytes, nfactor: int) -> bytes:
    """scrypt with ChaCha20/8 and Keccak-512, r = p = 1, N = 2^(nfactor + 1), 32 bytes."""
    _need_library()
    return _native.scrypt_jane(data, nfactor)


def _need_library() -> None:
    if not ALGORITHMS:
        raise RuntimeError(f"the native library is missing: {WHY_NOT}")
