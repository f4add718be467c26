"""The commitment of a coinbase to all witnesses of its block (BIP 141)."""

from __future__ import annotations

from collections.abc import Iterable

from nompcore import merkle
from nompcore.hashing import sha256d
from simcoind.transaction import Transaction

COMMITMENT_PREFIX = bytes.fromhex("6a24aa21a9ed")
"""OP_RETURN, a push of 36 bytes, and the mark."""
COMMITMENT_SIZE = len(COMMITMENT_PREFIX) + 32
WITNESS_NONCE = bytes(32)
"""The reserved value of a coinbase witness; any 32 bytes do, zeros are what everybody uses."""


def commitment_script(transactions: Iterable[Transaction], nonce: bytes = WITNESS_NONCE) -> bytes:
    """The output script that commits to a coinbase followed by `transactions`."""
    root = merkle.root([bytes(32), *(transaction.wtxid_le for transaction in transactions)])
    return COMMITMENT_PREFIX + sha256d(root + nonce)


def find_commitment(coinbase: Transaction) -> bytes | None:
    """The committing script of a coinbase: the last output with the mark counts."""
    found = None
    for output in coinbase.outputs:
        if len(output.script) >= COMMITMENT_SIZE and output.script.startswith(COMMITMENT_PREFIX):
            found = output.script[:COMMITMENT_SIZE]
    return found
