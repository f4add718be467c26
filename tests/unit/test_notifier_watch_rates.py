"""Hashrates that drop, and storms of bans: told once, and their end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.watch.bans import CALM_BANS, STORM_BANS, WINDOW_MS, BanCount
from services.notifier.watch.hashrate import Average, averaged, observed_hashrate, shown_rate
from services.notifier.watch.told import PoolTold, Told
from tests.unit.notifier_watcher import LOOK_MS, POOL, START_MS, Watcher


def mined(watcher: Watcher, rates: Sequence[float]) -> None:
    """A snapshot each minute."""
    average = watcher.told.average
    for rate in rates:
        average = averaged(average, rate, watcher.now_ms)
        watcher.look([observed_hashrate(POOL, average)], 60_000 // LOOK_MS)
    watcher.told = PoolTold(things=watcher.told.things, average=average)


def test_a_hashrate_that_drops_is_told_and_its_return_too() -> None:
    watcher = Watcher()
    mined(watcher, [1e12] * 180)
    mined(watcher, [4e11] * 60)
    mined(watcher, [9e11] * 60)

    assert watcher.kinds == ["hashrate.dropped", "hashrate.back"]
    assert watcher.alerts[0].text.startswith("litecoin: hashrate dropped to 400 GH/s, usual is ")


def test_a_rate_that_sways_around_the_border_is_told_once() -> None:
    watcher = Watcher()
    mined(watcher, [1e12] * 180)
    mined(watcher, [4e11] * 30 + [6e11, 4e11] * 60)

    assert watcher.kinds == ["hashrate.dropped"]


def test_a_lower_rate_that_lasts_becomes_the_usual_one() -> None:
    watcher = Watcher()
    mined(watcher, [1e12] * 180)
    mined(watcher, [4e11] * 60 * 72)

    assert watcher.kinds == ["hashrate.dropped", "hashrate.back"]


def test_a_dip_of_minutes_and_a_pool_that_has_just_begun_tell_nothing() -> None:
    watcher = Watcher()
    mined(watcher, [1e12, 1e10] * 10)
    mined(watcher, [1e12] * 180 + [0.0] * 5 + [1e12] * 60)

    assert watcher.alerts == []


@given(st.lists(st.floats(0.8e9, 1.2e9), max_size=100))
def test_a_rate_near_its_average_is_usual(rates: list[float]) -> None:
    average = Average()
    for number, rate in enumerate(rates):
        average = averaged(average, rate, START_MS + 60_000 * number)
        assert not average.has_dropped
    if rates:
        assert min(rates) <= average.rate * 1.000001
        assert average.rate <= max(rates) * 1.000001


def test_a_snapshot_counts_once() -> None:
    average = averaged(Average(), 1e9, START_MS)

    assert averaged(average, 0, START_MS) == averaged(average, 0, START_MS - 1) == average


@pytest.mark.parametrize(
    ("rate", "text"), [(0, "0 H/s"), (999, "999 H/s"), (1500, "1.5 kH/s"), (4e17, "400 PH/s")]
)
def test_rates_are_shown_as_people_write_them(rate: float, text: str) -> None:
    assert shown_rate(rate) == text


def ban(watcher: Watcher, count: BanCount, bans: int) -> None:
    for _ in range(bans):
        count.add(watcher.now_ms)
    observed = count.observed(POOL, watcher.told.state_of("bans:pool"), watcher.now_ms)
    watcher.look([observed] if observed else [])


def test_a_storm_of_bans_is_told_once_and_its_end() -> None:
    watcher = Watcher()
    count = BanCount(START_MS)
    ban(watcher, count, STORM_BANS - 1)
    assert watcher.alerts == []
    for _ in range(3):
        ban(watcher, count, 1)
    for _ in range(2 * WINDOW_MS // LOOK_MS):
        ban(watcher, count, 0)

    assert watcher.kinds == ["bans.storm", "bans.calm"]
    assert watcher.alerts[0].text == f"litecoin: {STORM_BANS} addresses were banned within 10 minutes"


def test_between_the_borders_a_storm_goes_on() -> None:
    watcher = Watcher()
    count = BanCount(START_MS)
    ban(watcher, count, STORM_BANS)
    for _ in range(10):
        watcher.now_ms += WINDOW_MS
        ban(watcher, count, CALM_BANS + 1)

    assert watcher.kinds == ["bans.storm"]


def test_who_has_listened_too_short_does_not_say_that_a_storm_is_over() -> None:
    watcher = Watcher(PoolTold(things={"bans:pool": Told("storm", 1)}))
    count = BanCount(START_MS)
    ban(watcher, count, 0)
    assert watcher.alerts == []

    watcher.now_ms += WINDOW_MS
    ban(watcher, count, 0)
    assert watcher.kinds == ["bans.calm"]
