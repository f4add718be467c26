from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.vardiff import Vardiff, VardiffRules, next_difficulty

RULES = VardiffRules(min_diff=8, max_diff=512, target_time=15, retarget_time=90, variance_percent=30)
X2 = VardiffRules(
    min_diff=8, max_diff=512, target_time=15, retarget_time=90, variance_percent=30, x2mode=True
)


def trace(
    every: float,
    *,
    rules: VardiffRules = RULES,
    start: float = 32,
    until: float = 600,
    network: float = math.inf,
) -> list[tuple[float, float]]:
    """(seconds, difficulty) of each change with a share accepted every so many seconds."""
    vardiff, difficulty, now, changes = Vardiff(rules, 0), start, 0.0, []
    while now <= until:
        new = vardiff.share_accepted(now, difficulty, network)
        if new is not None:
            difficulty = new
            changes.append((now, new))
        now += every
    return changes


@pytest.mark.parametrize(
    ("every", "rules", "start", "changes"),
    [
        (1, RULES, 32, [(45, 480), (135, 512)]),
        (5, RULES, 32, [(45, 96), (135, 288), (225, 512)]),
        (60, RULES, 32, [(60, 8)]),
        (15, RULES, 32, []),
        (1, X2, 32, [(45, 64), (135, 128), (225, 256), (315, 512)]),
        (1, RULES, 1000, [(45, 512)]),
    ],
)
def test_the_traces_of_nomp_are_kept(
    every: float, rules: VardiffRules, start: float, changes: list[tuple[float, float]]
) -> None:
    assert trace(every, rules=rules, start=start) == changes


def test_the_network_difficulty_is_an_upper_bound() -> None:
    assert trace(1, network=100) == [(45, 100)]


def test_a_network_difficulty_below_the_minimum_wins() -> None:
    assert trace(1, network=5) == [(45, 5)]


def test_a_network_difficulty_far_below_one_is_not_rounded_to_nothing() -> None:
    assert trace(1, network=4.6e-10) == [(45, 4.6e-10)]


def test_a_right_pace_above_a_fallen_network_difficulty_comes_down_to_it() -> None:
    assert next_difficulty(RULES, 15, 300, 200) == 200


def test_a_buffer_size_that_is_not_whole_is_rounded() -> None:
    rules = VardiffRules(min_diff=1, max_diff=1e6, target_time=7, retarget_time=10, variance_percent=30)

    assert rules.buffer_size == 6
    assert trace(1, rules=rules)[0] == (5, 224)


def test_shares_within_the_variance_change_nothing() -> None:
    assert trace(RULES.slowest) == []
    assert trace(RULES.fastest) == []


def test_a_silent_miner_descends_step_by_step_to_the_minimum() -> None:
    vardiff, difficulty, seen = Vardiff(RULES, 0), 512.0, []
    for now in range(0, 600, 5):
        new = vardiff.silence(now, difficulty, math.inf)
        if new is not None:
            difficulty = new
            seen.append((now, round(new, 3)))

    assert seen == [(90, 85.333), (180, 14.222), (270, 8)]


def test_a_miner_at_the_right_pace_is_never_taken_for_silent() -> None:
    vardiff = Vardiff(RULES, 0)
    for now in range(0, 3000, 5):
        if now % 15 == 0:
            assert vardiff.share_accepted(now, 32, math.inf) is None
        assert vardiff.silence(now, 32, math.inf) is None


def test_a_silence_does_not_weigh_on_the_shares_after_it() -> None:
    vardiff = Vardiff(RULES, 0)
    vardiff.share_accepted(0, 512, math.inf)
    assert vardiff.silence(100, 512, math.inf) == pytest.approx(76.8)

    changes = [vardiff.share_accepted(now, 76.8, math.inf) for now in range(115, 1000, 15)]

    assert set(changes) == {None}


RULE_SETS = st.builds(
    lambda low, factor, target, retarget, variance, x2: VardiffRules(
        low, low * factor, target, retarget, variance, x2
    ),
    st.floats(1e-6, 1e6),
    st.floats(1, 1e6),
    st.floats(0.1, 300),
    st.floats(0.1, 3000),
    st.floats(0, 100),
    st.booleans(),
)


@given(RULE_SETS, st.floats(1e-10, 1e12), st.lists(st.floats(0, 1000), max_size=40), st.floats(1e-10, 1e12))
def test_the_difficulty_never_leaves_its_bounds(
    rules: VardiffRules, start: float, gaps: list[float], network: float
) -> None:
    vardiff, now = Vardiff(rules, 0), 0.0
    for gap in gaps:
        now += gap
        for new in (vardiff.silence(now, start, network), vardiff.share_accepted(now, start, network)):
            if new is not None:
                highest = min(rules.max_diff, network)
                assert min(rules.min_diff, highest) <= new <= highest
                start = new
