"""When profit switching switches, and when it does not: rules one by one, in general, and over a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.profit.decision import NONE, STAY, SWITCH, Rules, decide
from services.notifier.profit.figures import Figures, figures_of
from services.notifier.profit.prices import Price
from tests.unit.api_samples import NOW_MS
from tests.unit.chain_samples import vectors
from tests.unit.profit_samples import known, network, state, unpriced, workless
from tests.unit.switch_samples import switch_table

RULES = Rules(hysteresis_percent=5, minimum_stay_seconds=1800, manual_hold_seconds=3600)
LONG_AGO_MS = NOW_MS - 7_200_000
MINUTE_MS = 60_000
DAY = vectors("profit_day.json")


def test_a_pool_that_earns_clearly_more_is_switched_to() -> None:
    decision = decide([known("a", 1.0), known("b", 1.06)], state("a", LONG_AGO_MS), RULES, NOW_MS)

    assert (decision.kind, decision.choice) == (SWITCH, "b")
    assert decision.why == "b earns 6.00 % more than a"


def test_the_best_stays_and_says_by_how_much() -> None:
    decision = decide([known("a", 1.1), known("b", 1.0)], state("a"), RULES, NOW_MS)

    assert (decision.kind, decision.choice) == (STAY, "a")
    assert decision.why == "a earns most, 10.00 % more than b"


@pytest.mark.parametrize("revenue", [1.0, 1.01, 1.0499])
def test_a_little_more_is_not_enough(revenue: float) -> None:
    decision = decide([known("a", 1.0), known("b", revenue)], state("a", LONG_AGO_MS), RULES, NOW_MS)

    assert (decision.kind, decision.choice) == (STAY, "a")


def test_who_came_lately_stays() -> None:
    lately = state("a", NOW_MS - 600_000)

    decision = decide([known("a", 1.0), known("b", 2.0)], lately, RULES, NOW_MS)

    assert (decision.kind, decision.choice) == (STAY, "a")
    assert decision.why == "b earns 100.00 % more than a, but a is mined for at least 1200 more seconds"


def test_an_operators_choice_stands_for_its_time() -> None:
    figures = [known("a", 1.0), known("b", 2.0)]
    chosen = state("a", NOW_MS - 3_599_000, automatic=False, author="ann")

    held = decide(figures, chosen, RULES, NOW_MS)
    later = decide(figures, chosen, RULES, NOW_MS + 1_000)

    assert (held.kind, held.choice, held.why) == (NONE, "a", "the choice of ann stands for 1 more seconds")
    assert (later.kind, later.choice) == (SWITCH, "b")


def test_a_default_is_nobodys_choice() -> None:
    untouched = state("a", 0, automatic=False)

    assert decide([known("a", 1.0), known("b", 2.0)], untouched, RULES, NOW_MS).kind == SWITCH


def test_nothing_is_decided_without_the_price_of_what_is_mined() -> None:
    decision = decide([unpriced("a"), known("b", 2.0)], state("a", LONG_AGO_MS), RULES, NOW_MS)

    assert (decision.kind, decision.choice) == (NONE, "a")
    assert decision.why == "a cannot be compared: its price is not known"


def test_nothing_is_decided_where_nothing_is_known() -> None:
    decision = decide([workless("a"), unpriced("b")], state("a"), RULES, NOW_MS)

    assert (decision.kind, decision.choice) == (NONE, "a")
    assert decision.why == (
        "no pool can be compared: a: none of its daemons gives work, b: its price is not known"
    )


def test_a_pool_without_a_price_is_left_out() -> None:
    decision = decide([known("a", 1.0), unpriced("b")], state("a", LONG_AGO_MS), RULES, NOW_MS)

    assert (decision.kind, decision.why) == (STAY, "a is the only pool that can be compared")


def test_a_pool_without_work_is_left_at_once() -> None:
    decision = decide([workless("a"), known("b", 1.0)], state("a", NOW_MS - 1_000), RULES, NOW_MS)

    assert (decision.kind, decision.choice) == (SWITCH, "b")
    assert decision.why == "a gives no work: none of its daemons gives work"


def pools_of(revenues: list[float | str]) -> list[Figures]:
    """Pools `0`, `1` …, each with a revenue, or without a price or work."""
    kinds = {"unpriced": unpriced, "workless": workless}
    return [
        kinds[revenue](str(number)) if isinstance(revenue, str) else known(str(number), revenue)
        for number, revenue in enumerate(revenues)
    ]


revenues = st.floats(min_value=1e-25, max_value=1e-9) | st.sampled_from(["unpriced", "workless"])
figures_lists = st.lists(revenues, min_size=1, max_size=5).map(pools_of)


@given(figures_lists, st.integers(min_value=0, max_value=10_000_000), st.booleans(), st.data())
def test_every_decision_keeps_the_rules(
    figures: list[Figures], ago_ms: int, automatic: bool, data: st.DataObject
) -> None:
    present = data.draw(st.sampled_from(figures))
    standing = state(present.profit.pool, NOW_MS - ago_ms, automatic=automatic, author="ann")

    decision = decide(figures, standing, RULES, NOW_MS)

    assert decision.why
    assert (decision.choice != present.profit.pool) == (decision.kind == SWITCH)
    if decision.kind == SWITCH:
        chosen = next(one for one in figures if one.profit.pool == decision.choice)
        assert chosen.is_known
        assert automatic or ago_ms >= 3_600_000
        if present.has_work:
            assert ago_ms >= 1_800_000
            assert chosen.profit.revenue_per_hash > present.profit.revenue_per_hash * 1.0499
            assert chosen.profit.revenue_per_hash == max(one.profit.revenue_per_hash for one in figures)


@given(st.lists(st.floats(min_value=0.976, max_value=1.024), min_size=2, max_size=40))
def test_revenues_that_swing_inside_the_hysteresis_never_switch(swings: list[float]) -> None:
    """Each swings by less than half of it around the same value."""
    pool = "a"
    for minute, swing in enumerate(swings):
        now_ms = NOW_MS + minute * 3_600_000
        decision = decide([known("a", 1.0), known("b", swing)], state(pool, LONG_AGO_MS), RULES, now_ms)
        pool = decision.choice

    assert pool == "a"


def days_switches(rules: Rules) -> Iterator[tuple[int, str]]:
    """Minute and pool of every switch of the recorded day, decided every five minutes."""
    pools, standing = switch_table().pools, state("litecoin")
    rewards = DAY["rewards_sats"]
    for minute, litecoin, dogecoin, litecoin_price, dogecoin_price in DAY["rows"]:
        now_ms = NOW_MS + minute * MINUTE_MS
        told = {"litecoin": (litecoin, litecoin_price), "doge-main": (dogecoin, dogecoin_price)}
        figures = [
            figures_of(
                pools[pool],
                network(pool, difficulty, rewards[pools[pool].coin.name.lower()], time_ms=now_ms),
                Price(price, "recorded", now_ms),
                0.0,
                now_ms,
                60,
            )
            for pool, (difficulty, price) in told.items()
        ]
        decision = decide(figures, standing, rules, now_ms)
        if decision.kind == SWITCH:
            yield minute, decision.choice
            standing = state(decision.choice, now_ms)


def test_over_a_day_it_follows_the_great_moves_only() -> None:
    switches = list(days_switches(RULES))
    restless = list(days_switches(Rules(0, 0, 0)))

    assert switches == [(80, "doge-main"), (440, "litecoin"), (700, "doge-main")]
    assert len(restless) > 4 * len(switches)


def test_the_longer_the_stay_the_rarer_the_switch() -> None:
    stays = [0, 1800, 4 * 3600, 86_400 * 2]

    counts = [
        len(list(days_switches(replace(RULES, hysteresis_percent=1, minimum_stay_seconds=s)))) for s in stays
    ]
    gaps = list(days_switches(replace(RULES, hysteresis_percent=1)))

    assert counts == sorted(counts, reverse=True)
    assert counts[-1] <= 1
    assert all(later - earlier >= 30 for (earlier, _), (later, _) in pairwise(gaps))
