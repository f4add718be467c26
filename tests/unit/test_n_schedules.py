from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import CoinError
from nompcore.n_schedules import VERTCOINS_TIMES, YACOINS_START, n_by_formula, n_by_table, read_time_table

TIMES = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("time", "n"),
    [
        (0, 2048),
        (1389306217, 2048),
        (1456415080, 2048),
        (1456415081, 4096),
        (1506746729, 8192),
        (1657741672, 16384),
        (1700000000, 32768),
        (1859068265, 65536),
        (2999918953, 524288),
        (2**32 - 1, 524288),
    ],
)
def test_vertcoins_n_doubles_at_its_times(time: int, n: int) -> None:
    assert n_by_table(VERTCOINS_TIMES)(time) == n


@given(st.dictionaries(st.integers(1, 21).map(lambda bits: 1 << bits), TIMES, min_size=1), TIMES)
def test_the_largest_n_whose_time_has_come_holds_in_whatever_order_they_came(
    table: dict[int, int], time: int
) -> None:
    n = n_by_table(table)(time)
    come = [candidate for candidate, since in table.items() if since <= time]

    assert n in table
    assert n == (max(come) if come else min(table))


def test_a_coin_file_writes_n_as_text() -> None:
    assert read_time_table({"2048": 1, "4096": 2}) == {2048: 1, 4096: 2}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({}, "no row"),
        ({"many": 1}, "timeTable: .*many"),
        ({"1000": 1}, "not 1000"),
        ({"1": 1}, "not 1"),
        ({"0": 1}, "not 0"),
        ({"-2": 1}, "not -2"),
        ({"4194304": 1}, "not 4194304"),
    ],
)
def test_a_table_without_sense_is_refused(table: dict[str, int], complaint: str) -> None:
    with pytest.raises(CoinError, match=complaint):
        n_by_table(read_time_table(table))


@pytest.mark.parametrize(
    ("time", "factor"),
    [
        (0, 4),
        (YACOINS_START, 4),
        (1368515488, 5),
        (1370612640, 9),
        (1384768416, 14),
        (1450000000, 17),
        (1500000000, 18),
        (1600000000, 19),
        (1700000000, 21),
    ],
)
def test_yacoins_n_factor_grows_as_its_chain_had_it(time: int, factor: int) -> None:
    assert n_by_formula()(time) == factor


def test_before_the_start_the_factor_is_4_whatever_the_bounds_are() -> None:
    assert n_by_formula(YACOINS_START, 8, 10)(YACOINS_START) == 4
    assert n_by_formula(YACOINS_START, 8, 10)(YACOINS_START + 1) == 8
    assert n_by_formula(YACOINS_START, 8, 10)(1700000000) == 10


@given(TIMES, TIMES)
def test_the_factor_never_falls(earlier: int, later: int) -> None:
    factor_at = n_by_formula()

    assert factor_at(min(earlier, later)) <= factor_at(max(earlier, later))


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(CoinError, match="nMin is 9, above nMax, which is 8"):
        n_by_formula(YACOINS_START, 9, 8)
