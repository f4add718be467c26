"""Amounts: exact both ways, or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.daemon import coins_from_sats, sats_from_coins
from nompcore.errors import EncodingError


@given(st.integers(-(10**25), 10**25), st.integers(0, 18))
def test_sats_survive_the_way_to_coins_and_back(sats: int, decimals: int) -> None:
    assert sats_from_coins(Decimal(coins_from_sats(sats, decimals)), decimals) == sats


@pytest.mark.parametrize(
    ("coins", "sats"),
    [("0", 0), ("0.00000001", 1), ("21000000", 2_100_000_000_000_000), ("-1.5", -150_000_000), ("1E-8", 1)],
)
def test_coins_are_sats_exactly(coins: str, sats: int) -> None:
    assert sats_from_coins(Decimal(coins)) == sats


@pytest.mark.parametrize(
    ("sats", "coins"),
    [(0, "0.00000000"), (1, "0.00000001"), (-1, "-0.00000001"), (1_250_000_000, "12.50000000")],
)
def test_coins_are_written_with_all_decimals(sats: int, coins: str) -> None:
    assert coins_from_sats(sats) == coins


def test_an_integer_of_a_daemon_is_whole_coins() -> None:
    assert sats_from_coins(50) == 5_000_000_000


INEXACT = ("0.000000001", "NaN", "Infinity", "-sNaN", "1E+1000000", "1E-1000000", "0." + "1" * 70)


@pytest.mark.parametrize("coins", [*map(Decimal, INEXACT), 0.1, "1.5", None])
def test_what_is_no_exact_amount_is_refused(coins: Any) -> None:
    with pytest.raises(EncodingError):
        sats_from_coins(coins)
