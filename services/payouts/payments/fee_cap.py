"""What a payment may cost. Pure."""

from __future__ import annotations

from typing import Final

FEE_CAP_PPM: Final = 10_000
FEE_CAP_PER_OUTPUT_SATS: Final = 10_000
"""A transaction may cost 1 % of what it pays, or this much an output where that is more: a wallet whose
estimate went wrong must not spend the pool's coins on fees, and small payments must remain possible."""


def fee_cap_sats(total_sats: int, outputs: int) -> int:
    """The most that a payment of this sum to so many outputs may cost; the change is one more output."""
    return max(total_sats * FEE_CAP_PPM // 1_000_000, FEE_CAP_PER_OUTPUT_SATS * (outputs + 1))
