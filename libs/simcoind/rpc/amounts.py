"""Amounts on the wire: JSON numbers of coins, read and written digit by digit, never through a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from nompcore.amounts import coins_from_sats, sats_from_coins
from nompcore.errors import EncodingError
from simcoind.money import COIN, MAX_MONEY
from simcoind.rpc.error import INVALID_AMOUNT, RpcError


def coins(sats: int) -> msgspec.Raw:
    """An amount as a JSON number with eight decimals, as the reference node writes it."""
    return msgspec.Raw(coins_from_sats(sats).encode())


def parse_sats(value: object) -> int:
    """An amount given as a JSON number or string of coins. Raises RpcError -3."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise RpcError(INVALID_AMOUNT, "Amount is not a number or string")
    try:
        amount = Decimal(value)
        # A bound before the conversion: an exponent of a million would be a million digits.
        if amount.is_finite() and not 0 <= amount <= MAX_MONEY // COIN:
            raise RpcError(INVALID_AMOUNT, "Amount out of range")
        return sats_from_coins(amount)
    except (InvalidOperation, EncodingError) as error:
        raise RpcError(INVALID_AMOUNT, "Invalid amount") from error
