"""The unit of amounts: everything inside counts sats, the wire shows coins with eight decimals."""

from __future__ import annotations

COIN = 10**8
"""Sats of one coin."""

MAX_MONEY = 84_000_000 * COIN
"""Largest amount of a transaction (Litecoin's)."""
