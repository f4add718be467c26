"""Single digests of the hash library, of which Python sees only the algorithms made of them."""

from __future__ import annotations

import ctypes

from powhash.build import LIBRARY

_functions = ctypes.CDLL(str(LIBRARY))


def raw_digest(name: str, size: int, data: bytes) -> bytes:
    """The whole output, `size` bytes, of csrc/'s powhash_<name>."""
    out = ctypes.create_string_buffer(size)
    _functions[f"powhash_{name}"](data, ctypes.c_size_t(len(data)), out)
    return out.raw
