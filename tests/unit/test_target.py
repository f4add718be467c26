from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nompcore.errors import EncodingError
from nompcore.target import (
    DIFF1,
    MAX_TARGET,
    WORK_PER_DIFFICULTY,
    difficulty_from_target,
    nbits_from_target,
    target_from_difficulty,
    target_from_nbits,
    work_from_difficulty,
)

DIFFICULTIES = st.floats(min_value=1e-12, max_value=1e18, allow_nan=False)
MULTIPLIERS = st.sampled_from([1, 65536])


@pytest.mark.parametrize(
    ("nbits", "target"),
    [
        (0x1D00FFFF, DIFF1),
        (0x1E0FFFF0, 0x0FFFF0 << 216),
        (0x207FFFFF, 0x7FFFFF << 232),
        (0x1703A30C, 0x03A30C << 160),
        (0x1B04864C, 0x04864C << 192),
        (0x05009234, 0x92340000),
        (0x01120000, 0x12),
        (0x02008000, 0x80),
    ],
)
def test_known_nbits_have_their_targets(nbits: int, target: int) -> None:
    assert target_from_nbits(nbits) == target
    assert nbits_from_target(target) == nbits


@pytest.mark.parametrize(
    ("nbits", "complaint"),
    [
        (0x04923456, "negative"),
        (0x01FE0000, "negative"),
        (-1, "negative"),
        (0x23000001, "above 256 bits"),
        (0x22000100, "above 256 bits"),
        (0x21010000, "above 256 bits"),
        (0xFF123456, "above 256 bits"),
        (0x00000000, "zero"),
        (0x00123456, "zero"),
        (0x01003456, "zero"),
        (0x04800000, "zero"),
    ],
)
def test_nbits_that_bitcoin_refuses_are_refused(nbits: int, complaint: str) -> None:
    with pytest.raises(EncodingError, match=complaint):
        target_from_nbits(nbits)


@pytest.mark.parametrize("nbits", [0x220000FF, 0x2100FFFF, 0x207FFFFF])
def test_the_largest_targets_of_each_size_are_not_too_large(nbits: int) -> None:
    assert target_from_nbits(nbits) <= MAX_TARGET


@given(st.integers(1, MAX_TARGET))
def test_nbits_keep_the_leading_bits_of_a_target_and_are_stable(target: int) -> None:
    rounded = target_from_nbits(nbits_from_target(target))

    assert rounded <= target
    assert target - rounded < max(1, target >> 15)
    assert nbits_from_target(rounded) == nbits_from_target(target)


@pytest.mark.parametrize("target", [0, -1, MAX_TARGET + 1])
def test_no_nbits_for_what_is_no_target(target: int) -> None:
    with pytest.raises(EncodingError):
        nbits_from_target(target)


@given(DIFFICULTIES, MULTIPLIERS)
@example(0.1, 1)
@example(1 / 3, 65536)
def test_a_target_is_the_exact_quotient_rounded_down(difficulty: float, multiplier: int) -> None:
    quotient = Fraction(DIFF1 * multiplier) / Fraction(difficulty)

    assert target_from_difficulty(difficulty, multiplier) == min(MAX_TARGET, quotient.__floor__())


@given(DIFFICULTIES, DIFFICULTIES, MULTIPLIERS)
def test_a_higher_difficulty_never_has_an_easier_target(one: float, other: float, multiplier: int) -> None:
    low, high = sorted((one, other))

    assert target_from_difficulty(low, multiplier) >= target_from_difficulty(high, multiplier)


@given(st.floats(1e-4, 1e15), MULTIPLIERS)
def test_a_difficulty_survives_its_target(difficulty: float, multiplier: int) -> None:
    target = target_from_difficulty(difficulty, multiplier)

    assert difficulty_from_target(target, multiplier) == pytest.approx(difficulty, rel=1e-12)


def test_difficulty_one_is_the_first_target_times_the_multiplier() -> None:
    assert target_from_difficulty(1, 1) == DIFF1
    assert target_from_difficulty(1, 65536) == DIFF1 << 16
    assert target_from_difficulty(32, 65536) == DIFF1 << 11
    assert difficulty_from_target(DIFF1, 1) == 1.0


def test_the_easiest_target_takes_every_hash() -> None:
    assert int.from_bytes(b"\xff" * 32, "little") == MAX_TARGET
    assert target_from_difficulty(1e-12, 1) == MAX_TARGET


def test_a_zero_hash_has_a_finite_difficulty() -> None:
    assert difficulty_from_target(0, 1) == difficulty_from_target(1, 1) == float(DIFF1)


@pytest.mark.parametrize("difficulty", [0, -1, float("inf"), float("nan"), -0.0])
def test_what_is_no_difficulty_has_neither_target_nor_work(difficulty: float) -> None:
    with pytest.raises(EncodingError):
        target_from_difficulty(difficulty, 1)
    with pytest.raises(EncodingError):
        work_from_difficulty(difficulty)


@given(DIFFICULTIES)
def test_work_is_a_positive_integer_near_the_expected_number_of_units(difficulty: float) -> None:
    work = work_from_difficulty(difficulty)

    assert work >= 1
    assert abs(Fraction(work) - Fraction(difficulty) * WORK_PER_DIFFICULTY) <= 1


def test_work_of_common_difficulties_is_exact() -> None:
    assert work_from_difficulty(1) == 2**32
    assert work_from_difficulty(0.001) == 4294967
    assert work_from_difficulty(480) == 480 * 2**32
    assert work_from_difficulty(1e-12) == 1
