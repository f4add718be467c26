"""Amounts in answers: without a float anywhere on the way."""

from __future__ import annotations

from nompcore.amounts import coins_from_sats
from services.api.views.models import Amount


def amount(sats: int, decimals: int) -> Amount:
    """`sats` of the smallest unit in both spellings."""
    return Amount(sats=sats, coins=coins_from_sats(sats, decimals))


def short_coins_text(sats: int, decimals: int) -> str:
    """Coins without trailing zeros, as Redis prints NOMP's `totalPaid`.

    >>> short_coins_text(150_000_000, 8), short_coins_text(100_000_000, 8)
    ('1.5', '1')
    """
    text = coins_from_sats(sats, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text
