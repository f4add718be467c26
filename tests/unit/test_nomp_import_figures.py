"""Text of NOMP's Redis: read exactly, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.target import work_from_difficulty
from services.payouts.nomp_import.figures import (
    EXACT,
    NotReadable,
    coins,
    coins_of_satoshis,
    pending_block,
    rounded_sats,
    work,
)
from tests.unit.nomp_samples import DECIMALS, member

SATS = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize(
    ("text", "sats"),
    [
        ("0.30000000000000004", 30_000_000),
        ("0.61728395", 61_728_395),
        ("12.345678909999999", 1_234_567_891),
        ("5e-9", 0),  # half of a unit: to the even one
        ("0.000000015", 2),
        ("1e-08", 1),
        ("-0.000000000000000017", 0),
        ("-0.5", -50_000_000),
        ("7", 700_000_000),
    ],
)
def test_coins_are_rounded_to_the_nearest_unit(text: str, sats: int) -> None:
    assert rounded_sats(coins(text), DECIMALS) == sats


@given(SATS)
def test_a_rounded_amount_stays_as_it_is(sats: int) -> None:
    amount = EXACT.scaleb(Decimal(sats), -DECIMALS)

    assert rounded_sats(amount, DECIMALS) == sats
    assert rounded_sats(coins(str(amount)), DECIMALS) == sats
    assert rounded_sats(coins_of_satoshis(str(sats), DECIMALS), DECIMALS) == sats


@given(st.floats(0, 1e6))
def test_rounding_moves_a_float_by_half_a_unit_at_most(amount: float) -> None:
    exact = coins(f"{amount:.17f}")

    assert abs(EXACT.subtract(Decimal(rounded_sats(exact, DECIMALS)), exact.scaleb(DECIMALS))) <= Decimal(
        "0.5"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "inf",
        "-inf",
        "NaN",
        "1,5",
        "1.",
        ".5",
        " 1",
        "1 ",
        "1_000",
        "0x10",
        "1e400",
        "\uff11",
        "--1",
    ],
)
def test_what_is_no_number_is_not_read(text: str) -> None:
    with pytest.raises(NotReadable):
        coins(text)
    with pytest.raises(NotReadable):
        work(text)


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "nan", "+1"])
def test_satoshis_are_whole(text: str) -> None:
    with pytest.raises(NotReadable):
        coins_of_satoshis(text, DECIMALS)


def test_more_than_the_ledger_holds_is_not_read() -> None:
    with pytest.raises(NotReadable):
        rounded_sats(coins("92233720368.54775808"), DECIMALS)


def test_work_is_that_of_a_share_of_the_summed_difficulty() -> None:
    assert work("48.5") == work_from_difficulty(48.5)
    assert work("0") == work("-0") == 0


@pytest.mark.parametrize("text", ["-1", "1e19"])
def test_a_difficulty_is_neither_negative_nor_beyond_all_bounds(text: str) -> None:
    with pytest.raises(NotReadable):
        work(text)


def test_a_pending_block_of_either_generation() -> None:
    later = pending_block(member(7, 100), has_reward=False)
    seed = pending_block(member(7, 100, reward=5_000_000_000), has_reward=True)

    assert (later.block_hash, later.coinbase_txid) == (f"{7:064x}", f"{1007:064x}")
    assert (later.height, later.reward_sats, seed.reward_sats) == (100, 0, 5_000_000_000)


@pytest.mark.parametrize(
    ("text", "has_reward"),
    [
        (member(1, 100), True),
        (member(1, 100, reward=5), False),
        (member(1, 100, reward=0), True),
        (member(1, 100) + ":50.5", True),
        (member(1, 100).upper() + ":5", False),
        (f"{255:064X}:{1:064x}:100", False),
        (f"{1:064x}:undefined:100", False),
        (f"{1:064x}:{2:064x}:-1", False),
        ("", False),
    ],
)
def test_another_form_of_a_pending_block_is_not_read(text: str, has_reward: bool) -> None:
    with pytest.raises(NotReadable):
        pending_block(text, has_reward=has_reward)
