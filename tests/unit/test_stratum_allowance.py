from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.stratum.allowance import Allowance


def test_a_minutes_worth_can_be_taken_at_once_and_no_more() -> None:
    allowance = Allowance(60, 100.0)

    assert [allowance.take(100.0) for _ in range(61)] == [True] * 60 + [False]
    assert not allowance.take(100.9)
    assert allowance.take(101.0)
    assert not allowance.take(101.0)


def test_it_is_full_again_after_a_minute_and_never_more_than_full() -> None:
    allowance = Allowance(6, 0.0)
    assert allowance.is_full(0.0)
    for _ in range(6):
        allowance.take(0.0)
    assert not allowance.is_full(59.0)

    assert allowance.is_full(60.0)
    assert [allowance.take(1e6) for _ in range(7)] == [True] * 6 + [False]


def test_a_cost_that_is_too_high_spends_nothing() -> None:
    allowance = Allowance(4, 0.0)
    assert allowance.take(0.0, 3)

    assert not allowance.take(0.0, 2)
    assert allowance.take(0.0, 1)


@given(
    st.integers(1, 10_000),
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 20)), max_size=50),
)
def test_nobody_gets_more_than_the_rate_and_one_full_allowance(
    per_minute: int, steps: list[tuple[float, float]]
) -> None:
    allowance, now, taken = Allowance(per_minute, 0.0), 0.0, 0.0
    for pause, cost in steps:
        now += pause
        taken += cost if allowance.take(now, cost) else 0

    assert taken <= per_minute * (1 + now / 60) + 1e-6
