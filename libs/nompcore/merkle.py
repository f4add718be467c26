"""The merkle tree of a block's transactions, and the branch that leads from the coinbase to its root."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from nompcore.encoding import HASH_SIZE
from nompcore.errors import EncodingError
from nompcore.hashing import sha256d
from powhash.merkle import merkle_branch


def _next_level(hashes_le: list[bytes]) -> list[bytes]:
    """Hash pairs; a last one without partner is paired with itself, as Bitcoin does."""
    if len(hashes_le) % 2:
        hashes_le = [*hashes_le, hashes_le[-1]]
    return [sha256d(left + right) for left, right in zip(hashes_le[::2], hashes_le[1::2], strict=True)]


def root(leaves_le: Sequence[bytes]) -> bytes:
    """The merkle root of one or more transaction ids."""
    if not leaves_le:
        raise EncodingError("a block has at least its coinbase")
    level = list(leaves_le)
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


def branch(txids_le: Sequence[bytes]) -> list[bytes]:
    """The hashes that join the coinbase on its way to the root, for a block of the coinbase and `txids_le`.

    The coinbase is always the leftmost leaf, so its partner on each level does not depend on it.
    """
    joined = merkle_branch(b"".join(txids_le))
    if joined is None:
        return plain_branch(txids_le)
    return [joined[at : at + HASH_SIZE] for at in range(0, len(joined), HASH_SIZE)]


def plain_branch(txids_le: Sequence[bytes]) -> list[bytes]:
    """The same without the hash library: what defines it, and 3 ms for 4,000 ids instead of 0.3."""
    steps: list[bytes] = []
    level = list(txids_le)
    while level:
        steps.append(level[0])
        level = _next_level(level[1:])
    return steps


def root_from_branch(coinbase_hash: bytes, branch_le: Iterable[bytes]) -> bytes:
    """The merkle root of a block with this coinbase. Runs for every share: hashing is inlined."""
    node = coinbase_hash
    for step in branch_le:
        node = sha256(sha256(node + step).digest()).digest()
    return node
