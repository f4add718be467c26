"""Amounts: coins as daemons and people write them ↔ integers of the smallest unit, exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from nompcore.errors import EncodingError

DECIMALS = 8
"""Digits after the point in every coin of Bitcoin's family that does not say otherwise."""

# Enough digits for any supply, and an error instead of a rounded amount.
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


def sats_from_coins(coins: Decimal | int, decimals: int = DECIMALS) -> int:
    """Exact smallest units. Raises EncodingError for a fraction of one, and for what is no number."""
    if isinstance(coins, float):  # untyped JSON gets past the annotation
        raise EncodingError("a float is no amount")
    try:
        sats = _EXACT.scaleb(Decimal(coins), decimals)
        whole = int(sats)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise EncodingError(f"not an amount: {coins}") from error
    if sats != whole:
        raise EncodingError(f"more than {decimals} decimals: {coins}")
    return whole


def coins_from_sats(sats: int, decimals: int = DECIMALS) -> str:
    """Coins with all decimals, for example "12.50000000": the form daemons take and give."""
    sign, digits = "-" if sats < 0 else "", str(abs(sats)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"
