"""How a coin writes and names its transactions and blocks where it departs from Bitcoin."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.hashing import sha256, sha256d

COMMENT_VERSION = 2
"""Version of the transactions that end with a comment, in coins that have comments."""

SPECIAL_VERSION = 3
"""Lower half of a special transaction's version (DIP 2); the upper half is its type, 0 for none."""


@dataclass(frozen=True, slots=True)
class WireForm:
    """The departures, which do not exclude each other."""

    has_time: bool = False  # of each transaction, behind its version; and blocks end with a signature
    has_comments: bool = False  # transactions of version 2 end with a comment
    has_payloads: bool = False  # special transactions end with a payload (DIP 2)
    has_extension: bool = False  # blocks end with an extension block, their last transaction is a HogEx
    hashes_coinbase_once: bool = False

    def has_tail(self, version: int) -> bool:
        """Whether a transaction of that version has counted bytes behind its lock time."""
        is_special = version & 0xFFFF >= SPECIAL_VERSION and version >> 16 != 0
        return (self.has_comments and version == COMMENT_VERSION) or (self.has_payloads and is_special)

    def transaction_id(self, serialized: bytes, *, is_coinbase: bool) -> bytes:
        """A transaction's id, internal byte order, from its serialisation without witness."""
        return sha256(serialized) if is_coinbase and self.hashes_coinbase_once else sha256d(serialized)


BITCOIN = WireForm()
"""No departure."""
