"""The split of a reward: exact, independent of order, and never more than one unit from the true quota."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payouts.rounds.rewards import PPM, estimate, split

rewards = st.integers(0, 2**62)
fees = st.integers(0, PPM)
rounds = st.dictionaries(st.text(min_size=1, max_size=8), st.integers(1, 10**30), min_size=1, max_size=40)


@given(rewards, fees, rounds)
def test_fee_and_credits_add_up_to_the_reward(reward: int, fee_ppm: int, weights: dict[str, int]) -> None:
    parts = split(reward, fee_ppm, weights)
    assert parts.fee_sats + sum(parts.credits.values()) == reward


@given(rewards, fees, rounds)
def test_every_credit_is_positive_and_less_than_one_unit_from_its_quota(
    reward: int, fee_ppm: int, weights: dict[str, int]
) -> None:
    parts = split(reward, fee_ppm, weights)
    total = sum(weights.values())
    for address, work in weights.items():
        quota = Fraction((reward - parts.fee_sats) * work, total)
        assert abs(parts.credits.get(address, 0) - quota) < 1
    assert all(sats > 0 for sats in parts.credits.values())


@given(rewards, fees, rounds, st.randoms(use_true_random=False))
def test_the_order_of_addresses_changes_nothing(
    reward: int, fee_ppm: int, weights: dict[str, int], random: Random
) -> None:
    items = list(weights.items())
    random.shuffle(items)
    assert split(reward, fee_ppm, dict(items)) == split(reward, fee_ppm, weights)


@given(rewards, fees, rounds)
def test_the_fee_is_rounded_down(reward: int, fee_ppm: int, weights: dict[str, int]) -> None:
    fee_sats = split(reward, fee_ppm, weights).fee_sats
    assert fee_sats <= Fraction(reward * fee_ppm, PPM) < fee_sats + 1


@given(rewards, fees, rounds)
def test_more_work_never_earns_less(reward: int, fee_ppm: int, weights: dict[str, int]) -> None:
    credited = split(reward, fee_ppm, weights).credits
    by_work = sorted(weights, key=lambda address: weights[address])
    for less, more in pairwise(by_work):
        if weights[less] < weights[more]:
            assert credited.get(less, 0) <= credited.get(more, 0)


def test_left_over_units_go_to_the_largest_remainders_then_to_the_first_address() -> None:
    # 10 units over 3 equal parts: 3 each, and one over for the address that sorts first
    assert split(10, 0, {"c": 1, "b": 1, "a": 1}).credits == {"a": 4, "b": 3, "c": 3}
    # quotas 0.5, 2.5 and 7.0: the two halves tie for one unit
    assert split(10, 0, {"small": 1, "large": 14, "middle": 5}).credits == {"large": 7, "middle": 3}


def test_the_example_of_nomp() -> None:
    parts = split(50_00000000, 0, {"A": 20, "B": 60, "C": 1})
    assert parts.credits == {"A": 12_34567901, "B": 37_03703704, "C": 61728395}


def test_a_round_without_work_and_negative_input_are_refused() -> None:
    for reward, fee_ppm, weights in ((1, 0, {}), (1, 0, {"a": 0}), (-1, 0, {"a": 1}), (1, PPM + 1, {"a": 1})):
        with pytest.raises(ValueError, match=r"work|reward"):
            split(reward, fee_ppm, weights)


@given(rewards, fees, rounds)
def test_an_estimate_is_at_most_one_unit_off_the_credit(
    reward: int, fee_ppm: int, weights: dict[str, int]
) -> None:
    parts, total = split(reward, fee_ppm, weights), sum(weights.values())
    for address, work in weights.items():
        assert 0 <= parts.credits.get(address, 0) - estimate(reward, fee_ppm, work, total) <= 1


def test_nothing_is_estimated_of_a_round_without_work() -> None:
    assert estimate(100, 0, 1, 0) == 0
