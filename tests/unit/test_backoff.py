"""Delays between tries."""

from __future__ import annotations

from itertools import islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nompcore.backoff import delays, redelivery_delay

seconds = st.floats(0.001, 1000)


@given(seconds, seconds, st.integers())
def test_delays_grow_to_the_cap_and_never_above_it(first: float, cap: float, seed: int) -> None:
    series = list(islice(delays(first, cap, Random(seed)), 40))

    assert all(0 < delay <= cap for delay in series)
    assert series[0] <= first
    assert series[-1] >= cap / 2


@given(seconds, st.integers(), st.integers(0, 20))
def test_each_delay_is_in_the_upper_half_of_its_doubling_range(first: float, seed: int, tries: int) -> None:
    delay = next(islice(delays(first, 1e9, Random(seed)), tries, None))

    assert first * 2**tries / 2 <= delay <= first * 2**tries


def test_delays_of_replicas_differ() -> None:
    assert next(delays(1, 8, Random(1))) != next(delays(1, 8, Random(2)))


def test_a_message_comes_again_after_1_2_4_seconds_up_to_the_cap() -> None:
    assert [redelivery_delay(delivered, 30) for delivered in (1, 2, 3, 4, 5, 6, 7)] == [
        1,
        2,
        4,
        8,
        16,
        30,
        30,
    ]


@given(st.integers(-5, 10**30))
def test_a_message_delivered_any_number_of_times_has_a_delay(delivered: int) -> None:
    assert 1 <= redelivery_delay(delivered, 30) <= 30
