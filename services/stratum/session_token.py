"""The subscription id as a session token: which extranonce1 a miner had, signed. Pure.

    byte     0   1   2   3   4   5        …        15
          ┌───────────────┬───────────────────────────┐
          │  extranonce1  │  HMAC-SHA256, cut         │   32 hex digits, as long as NOMP's subscription ids
          └───────────────┴───────────────────────────┘

A miner that comes back sends the token it was given; only who knows the replicas' key can make one. It says
nothing about whether the session can be resumed: that is decided by what was parked (session_store.py).
"""

from __future__ import annotations

import hmac

KEY_BYTES = 32

_EXTRANONCE1_DIGITS = 8
_SIGNATURE_BYTES = 12  # 96 bits: each guess costs a connection
_TOKEN_DIGITS = _EXTRANONCE1_DIGITS + 2 * _SIGNATURE_BYTES


class TokenMint:
    """Makes and checks the tokens of one pool."""

    def __init__(self, key: bytes, pool: str) -> None:
        self._begun = hmac.new(key, pool.encode() + b" ", "sha256")  # copied: a key is dearer than its use

    def token(self, extranonce1_hex: str) -> str:
        """The token of the miner with this extranonce1."""
        signature = self._begun.copy()
        signature.update(extranonce1_hex.encode())
        return extranonce1_hex + signature.digest()[:_SIGNATURE_BYTES].hex()

    def extranonce1_of(self, token: str) -> str | None:
        """The extranonce1 that a genuine token names; None for anything else."""
        if len(token) != _TOKEN_DIGITS or not token.isascii():
            return None
        extranonce1_hex = token[:_EXTRANONCE1_DIGITS]
        return extranonce1_hex if hmac.compare_digest(self.token(extranonce1_hex), token) else None
