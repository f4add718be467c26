from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.target import DIFF1, MAX_TARGET, target_from_difficulty
from services.stratum.difficulty_policy import DifficultyPolicy, difficulty_of_target_hex
from services.stratum.vardiff import VardiffRules

RULES = VardiffRules(min_diff=8, max_diff=512, target_time=15, retarget_time=90, variance_percent=30)
STATIC = DifficultyPolicy(16, None)
VARIABLE = DifficultyPolicy(16, RULES)


@pytest.mark.parametrize(
    ("policy", "wish", "network", "difficulty"),
    [
        (STATIC, 1, math.inf, 16),
        (STATIC, 16, math.inf, 16),
        (STATIC, 1e9, math.inf, 1e9),
        (STATIC, 1e9, 1000, 1000),
        (STATIC, 1, 2, 2),
        (VARIABLE, 1, math.inf, 8),
        (VARIABLE, 9, math.inf, 9),
        (VARIABLE, 1e9, math.inf, 512),
        (VARIABLE, 1e9, 100, 100),
        (VARIABLE, 1, 2, 2),
    ],
)
def test_a_wish_is_granted_within_the_ports_bounds_and_the_networks(
    policy: DifficultyPolicy, wish: float, network: float, difficulty: float
) -> None:
    assert policy.fixed(wish, network) == difficulty
    assert policy.suggested(wish, network) == difficulty


@pytest.mark.parametrize(
    ("policy", "wish", "minimum"),
    [(STATIC, 1, 16), (STATIC, 64, 64), (VARIABLE, 1, 8), (VARIABLE, 64, 64), (VARIABLE, 1e9, 512)],
)
def test_a_minimum_lies_within_the_ports_bounds(
    policy: DifficultyPolicy, wish: float, minimum: float
) -> None:
    assert policy.minimum(wish) == minimum


DIFFICULTIES = st.floats(1e-10, 1e15)
WISHES = st.floats(0, allow_infinity=False, exclude_min=True)
POLICIES = st.builds(
    lambda start, bounds: DifficultyPolicy(
        start, VardiffRules(min(bounds), max(bounds), 15, 90, 30) if bounds else None
    ),
    DIFFICULTIES,
    st.none() | st.tuples(DIFFICULTIES, DIFFICULTIES),
)


@given(POLICIES, WISHES, DIFFICULTIES | st.just(math.inf))
def test_no_wish_leaves_the_ports_bounds_unless_the_networks_difficulty_is_lower(
    policy: DifficultyPolicy, wish: float, network: float
) -> None:
    lowest = policy.vardiff.min_diff if policy.vardiff else policy.start
    highest = policy.vardiff.max_diff if policy.vardiff else math.inf

    assert lowest <= policy.minimum(wish) <= highest
    for difficulty in (policy.fixed(wish, network), policy.suggested(wish, network)):
        assert 0 < difficulty < math.inf
        assert lowest <= difficulty <= min(highest, network) or difficulty == network < lowest
        if lowest <= wish <= min(highest, network):
            assert difficulty == wish


def test_a_suggested_target_is_read_with_the_algorithms_multiplier() -> None:
    assert difficulty_of_target_hex(f"{DIFF1:064x}", 1) == 1
    assert difficulty_of_target_hex(f"{DIFF1:064X}", 65536) == 65536
    assert difficulty_of_target_hex("00000000ffff" + "0" * 52, 1) == 1
    assert difficulty_of_target_hex("0" * 63 + "1", 1) == DIFF1
    assert difficulty_of_target_hex("f" * 64, 1) == DIFF1 / MAX_TARGET


@pytest.mark.parametrize(
    "text",
    ["", "0" * 64, "f" * 63, "f" * 65, "f" * 62, "f" * 66, "0x" + "f" * 62, "g" * 64, " " + "f" * 63,
     "\u0661" * 64, "ff " * 32],
)  # fmt: skip
def test_what_is_no_target_suggests_nothing(text: str) -> None:
    assert difficulty_of_target_hex(text, 1) is None


@given(st.floats(1e-4, 1e12), st.sampled_from([1, 256, 65536]))
def test_the_difficulty_of_a_target_gives_that_target_nearly_again(
    difficulty: float, multiplier: int
) -> None:
    target = target_from_difficulty(difficulty, multiplier)

    assert difficulty_of_target_hex(f"{target:064x}", multiplier) == pytest.approx(difficulty)
