"""Hexadecimal texts to bytes, thousands at once (csrc/hex*.c); in Python where there is no library."""

from __future__ import annotations

from binascii import unhexlify

try:
    from powhash._native import unhex
except ImportError:

    def unhex(texts: list[str], /) -> list[bytes]:
        """The bytes of each text; ValueError where one is not pairs of hexadecimal digits."""
        return [unhexlify(text) for text in texts]


__all__ = ["unhex"]
