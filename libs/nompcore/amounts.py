"""Amounts: coins as daemons and people write them ↔ integers of the smallest unit, exactly."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow

from nompcore.errors import EncodingError

DECIMALS = 8
"""Digits after the point in every coin of Bitcoin's family that does not say otherwise."""

# Enough digits for any supply; what needs more, or rounding, is an error.
_EXACT = Context(prec=60, Emin=-60, Emax=60, traps=[InvalidOperation, Inexact, Overflow])


def sats_from_coins(coins: Decimal | int, decimals: int = DECIMALS) -> int:
    """Exact smallest units. Raises EncodingError for a fraction of one, and for what is no amount."""
    if not isinstance(coins, Decimal | int):  # untyped JSON gets past the annotation
        raise EncodingError(f"not an exact amount: {coins!r}")
    try:
        sats = _EXACT.scaleb(_EXACT.create_decimal(coins), decimals)
        whole = int(sats)
    except (ArithmeticError, ValueError) as error:
        raise EncodingError(f"not an amount: {coins}") from error
    if sats != whole:
        raise EncodingError(f"more than {decimals} decimals: {coins}")
    return whole


def coins_from_sats(sats: int, decimals: int = DECIMALS) -> str:
    """Coins with all decimals, for example "12.50000000": the form daemons take and give."""
    sign, digits = "-" if sats < 0 else "", str(abs(sats)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"
