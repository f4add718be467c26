"""The merkle branch in C (csrc/merkle*.c), some fifteen times as fast as in Python.

`nompcore.merkle` is the definition, the oracle of its tests, and what hashes where there is no library.
"""

from __future__ import annotations

try:
    from powhash._native import merkle_branch
except ImportError:

    def merkle_branch(txids_le: bytes, /) -> bytes | None:  # type: ignore[misc]
        """The steps of the branch, joined, of ids that are joined too. Here nothing is hashed."""


__all__ = ["merkle_branch"]
