from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.vardiff import (
    FAST_SHARES,
    MAX_FAST_FACTOR,
    SETTLE_SECONDS,
    Retarget,
    Vardiff,
    VardiffRules,
    next_difficulty,
)

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
            assert not new.urgent
            difficulty = new.difficulty
            changes.append((now, difficulty))
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
            assert new.urgent
            difficulty = new.difficulty
            seen.append((now, round(difficulty, 3)))

    assert seen == [(90, 85.333), (180, 14.222), (270, 8)]


def test_a_miner_at_the_right_pace_is_never_taken_for_silent() -> None:
    vardiff = Vardiff(RULES, 0)
    for now in range(0, 3000, 5):
        if now % 15 == 0:
            assert vardiff.share_accepted(now, 32, math.inf) is None
        assert vardiff.silence(now, 32, math.inf) is None


def test_a_silence_never_raises_the_difficulty_even_where_retargets_are_more_frequent_than_shares() -> None:
    rules = VardiffRules(min_diff=8, max_diff=512, target_time=60, retarget_time=10, variance_percent=30)
    vardiff = Vardiff(rules, 0)

    assert {vardiff.silence(now, 64, math.inf) for now in range(0, 78, 5)} == {None}
    assert vardiff.silence(80, 64, math.inf) == Retarget(48, urgent=True)


def test_a_silence_does_not_weigh_on_the_shares_after_it() -> None:
    vardiff = Vardiff(RULES, 0)
    vardiff.share_accepted(0, 512, math.inf)
    assert vardiff.silence(100, 512, math.inf) == Retarget(76.8, urgent=True)

    changes = [vardiff.share_accepted(now, 76.8, math.inf) for now in range(115, 1000, 15)]

    assert set(changes) == {None}


WIDE = VardiffRules(min_diff=8, max_diff=1e9, target_time=15, retarget_time=90, variance_percent=30)
WIDE_X2 = VardiffRules(
    min_diff=8, max_diff=1e9, target_time=15, retarget_time=90, variance_percent=30, x2mode=True
)


def flood(
    vardiff: Vardiff, *, pace: float, start: float = 8, until: float = 45, lag: float = 0.1
) -> list[tuple[float, Retarget]]:
    """What a miner hears that needs `pace` seconds a share at difficulty 1, and obeys after `lag` seconds."""
    announced, mined, obeys, now, heard = start, start, 0.0, 0.0, []
    while now < until:
        if now >= obeys:
            mined = announced
        now += pace * mined
        retarget = vardiff.share_accepted(now, announced, math.inf)
        if retarget is not None:
            heard.append((now, retarget))
            announced, obeys = retarget.difficulty, now + lag
    return heard


@pytest.mark.parametrize("lag", [0, 0.1, 4])
def test_a_big_rig_reaches_its_difficulty_within_seconds(lag: float) -> None:
    pace = 2**32 / 1e14  # 100 TH/s: 2900 shares a second at difficulty 8
    heard = flood(Vardiff(WIDE, 0), pace=pace, until=100, lag=lag)

    urgent = [(now, retarget.difficulty) for now, retarget in heard if retarget.urgent]
    assert urgent[0][0] == pytest.approx((FAST_SHARES + 1) * 8 * pace)
    assert [difficulty for _, difficulty in urgent][:2] == [8 * MAX_FAST_FACTOR, 8 * MAX_FAST_FACTOR**2]
    assert all(now < 10 for now, _ in urgent)
    assert heard[-1][1].difficulty == pytest.approx(15 / pace, rel=0.3)
    assert max(retarget.difficulty for _, retarget in heard) < 15 / pace * 1.5


def test_x2mode_doubles_even_when_it_is_fast() -> None:
    heard = [retarget for _, retarget in flood(Vardiff(WIDE_X2, 0), pace=1e-4, until=20)]

    assert heard[:3] == [Retarget(16, urgent=True), Retarget(32, urgent=True), Retarget(64, urgent=True)]


def test_shares_still_on_their_way_do_not_raise_the_difficulty_again() -> None:
    vardiff = Vardiff(WIDE, 0)
    heard = [vardiff.share_accepted(0.01 * share, 8, math.inf) for share in range(FAST_SHARES + 1)]
    last = 0.01 * FAST_SHARES
    assert heard == [None] * FAST_SHARES + [Retarget(512, urgent=True)]

    stragglers = [last + SETTLE_SECONDS * part / 1000 for part in range(1000)]
    on_pace = [last + SETTLE_SECONDS + 15 * share for share in range(40)]

    assert {vardiff.share_accepted(now, 512, math.inf) for now in stragglers + on_pace} == {None}


def test_shares_at_once_after_a_stall_are_no_flood() -> None:
    vardiff = Vardiff(WIDE, 0)

    assert {vardiff.share_accepted(20.0, 8, math.inf) for _ in range(20)} == {None}


def test_a_long_silence_does_not_hide_a_flood() -> None:
    vardiff = Vardiff(WIDE, 0)
    assert vardiff.silence(900, 960, math.inf) == Retarget(16, urgent=True)

    heard = [vardiff.share_accepted(900 + 0.01 * share, 16, math.inf) for share in range(FAST_SHARES + 1)]

    assert heard[-1] == Retarget(1024, urgent=True)


def test_a_flood_after_the_first_retarget_waits_for_the_next_one() -> None:
    vardiff = Vardiff(WIDE, 0)
    assert {vardiff.share_accepted(now, 8, math.inf) for now in (0, 15, 30, 45)} == {None}

    heard = [vardiff.share_accepted(45 + share / 10, 8, math.inf) for share in range(1, 901)]

    assert heard == [None] * 899 + [Retarget(1200, urgent=False)]


def test_a_flood_at_the_upper_bound_waits_for_the_ordinary_retarget_like_any_pace() -> None:
    vardiff = Vardiff(WIDE, 0)
    assert {vardiff.share_accepted(share / 10, 512, 512) for share in range(300)} == {None}

    heard = [vardiff.share_accepted(30 + share / 10, 512, math.inf) for share in range(151)]

    *before, last = heard
    assert set(before) == {None}
    assert last is not None
    assert not last.urgent


def test_a_raised_minimum_holds_in_silence_and_below_the_ports_maximum() -> None:
    for wish, lowest in ((1, 8), (100, 100), (1e6, 512)):
        vardiff = Vardiff(RULES, 0)
        vardiff.raise_minimum(wish)
        difficulty = 512.0
        for now in range(0, 1000, 10):
            retarget = vardiff.silence(now, difficulty, math.inf)
            difficulty = retarget.difficulty if retarget else difficulty
        assert difficulty == lowest


def test_a_minimum_is_only_ever_raised_and_the_network_wins_over_it() -> None:
    vardiff = Vardiff(RULES, 0)
    vardiff.raise_minimum(100)
    vardiff.raise_minimum(50)

    assert vardiff.silence(1000, 512, math.inf) == Retarget(100, urgent=True)
    assert vardiff.silence(2000, 100, 20) == Retarget(20, urgent=True)


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


@given(
    RULE_SETS,
    st.floats(1e-10, 1e12),
    st.lists(st.floats(0, 1000) | st.floats(0, 0.01), max_size=80),
    st.floats(1e-10, 1e12),
    st.none() | st.floats(1e-10, 1e12),
)
def test_the_difficulty_never_leaves_its_bounds(
    rules: VardiffRules, start: float, gaps: list[float], network: float, wish: float | None
) -> None:
    vardiff, now, highest = Vardiff(rules, 0), 0.0, min(rules.max_diff, network)
    lowest = min(rules.min_diff if wish is None else max(rules.min_diff, wish), highest)
    if wish is not None:
        vardiff.raise_minimum(wish)
    for gap in gaps:
        now += gap
        for look in (vardiff.silence, vardiff.share_accepted):
            new = look(now, start, network)
            if new is not None:
                assert lowest <= new.difficulty <= highest
                assert new.difficulty != start
                start = new.difficulty
