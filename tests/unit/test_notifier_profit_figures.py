"""Revenue per hash, with known answers, and what makes a pool unfit to be compared."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.messages import DaemonState
from nompcore.target import difficulty_from_target
from services.notifier.profit.figures import figures_of, revenue_per_hash
from services.notifier.profit.price_table import PriceTable
from services.notifier.profit.prices import Price, picked_prices, price_value, table_prices, value_at
from tests.unit.api_samples import NOW_MS
from tests.unit.profit_samples import SCRYPT_MULTIPLIER, network
from tests.unit.switch_samples import switch_table

POOLS = switch_table().pools
LITECOIN = POOLS["litecoin"]
FRESH = Price(0.001, "desk", NOW_MS)


def test_a_block_a_day_for_a_megahash_earns_a_block_a_day() -> None:
    """NOMP's figure, coins a day for a Mh/s: reward · 86400 / (difficulty · 2^32 / 10^6)."""
    difficulty = 86400 * 10**6 / 2**32  # of which a Mh/s finds one a day

    a_day = (
        revenue_per_hash(LITECOIN, network("litecoin", difficulty, 1_250_000_000), 2.0, 0.0) * 86400 * 10**6
    )

    assert a_day == pytest.approx(12.5 * 2.0)


def test_a_fee_is_taken_off() -> None:
    whole, less = (
        revenue_per_hash(LITECOIN, network("litecoin", 1000.0, 100), 2.0, fee) for fee in (0.0, 2.5)
    )

    assert less == pytest.approx(whole * 0.975)


@given(st.integers(min_value=1 << 200, max_value=1 << 239), st.integers(min_value=1, max_value=10**12))
def test_revenue_is_what_the_target_says(target: int, reward_sats: int) -> None:
    """A hash is a block with a chance of (target + 1) / 2^256; 2^32 for difficulty 1 is 1/65536 too few."""
    told = network("litecoin", 1.0, reward_sats, difficulty=difficulty_from_target(target, SCRYPT_MULTIPLIER))

    revenue = revenue_per_hash(LITECOIN, told, 0.5, 0.0)

    assert revenue == pytest.approx(float(Fraction(target + 1, 2**256) * reward_sats / 10**8 / 2), rel=2e-5)


def test_known_figures_are_all_in_the_report() -> None:
    figures = figures_of(LITECOIN, network("litecoin", 1000.0, 625_000_000), FRESH, 1.0, NOW_MS + 30_000, 60)

    profit = figures.profit
    assert figures.is_known and figures.has_work
    assert profit.revenue_per_hash == pytest.approx(6.25 * 0.001 * 0.99 / (1000 * 2**32))
    assert (profit.price, profit.price_source, profit.price_age_seconds) == (0.001, "desk", 30.0)
    assert (profit.difficulty, profit.reward_sats) == (1000.0 * SCRYPT_MULTIPLIER, 625_000_000)


@pytest.mark.parametrize(
    ("price", "complaint"),
    [
        (None, "its price is not known"),
        (Price(0.001, "desk", NOW_MS - 60_001), "its price is 60 seconds old"),
    ],
)
def test_without_a_fresh_price_nothing_is_known_but_there_is_work(
    price: Price | None, complaint: str
) -> None:
    figures = figures_of(LITECOIN, network("litecoin", 1000.0, 100), price, 0.0, NOW_MS, 60)

    assert (figures.is_known, figures.has_work, figures.profit.unfit) == (False, True, complaint)
    assert figures.profit.revenue_per_hash == 0.0


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"time_ms": NOW_MS - 121_000}, "its network was last seen 121 seconds ago"),
        ({"daemons": [DaemonState(name="a", state="unreachable")]}, "none of its daemons gives work"),
        ({"daemons": []}, "none of its daemons gives work"),
        ({"job_id": ""}, "there is no job yet"),
    ],
)
def test_a_pool_without_work_is_unfit(changes: dict[str, Any], complaint: str) -> None:
    figures = figures_of(LITECOIN, network("litecoin", 1000.0, 100, **changes), FRESH, 0.0, NOW_MS, 60)

    assert (figures.is_known, figures.has_work, figures.profit.unfit) == (False, False, complaint)


@pytest.mark.parametrize("changes", [{"difficulty": 0.0}, {"reward_sats": 0}])
def test_without_a_reward_nothing_is_known_but_there_is_work(changes: dict[str, Any]) -> None:
    figures = figures_of(LITECOIN, network("litecoin", 1000.0, 100, **changes), FRESH, 0.0, NOW_MS, 60)

    assert (figures.is_known, figures.has_work) == (False, True)
    assert figures.profit.unfit == "its difficulty or reward is not known"


def test_a_pool_that_nobody_has_seen_is_unfit() -> None:
    assert not figures_of(LITECOIN, None, FRESH, 0.0, NOW_MS, 60).has_work


def test_a_daemon_that_is_behind_still_gives_work() -> None:
    told = network("litecoin", 1000.0, 100, daemons=[DaemonState(name="a", state="behind")])

    assert figures_of(LITECOIN, told, FRESH, 0.0, NOW_MS, 60).is_known


@pytest.mark.parametrize(
    ("value", "price"),
    [
        (0.5, 0.5),
        ("0.00105", 0.00105),
        (3, 3.0),
        (0, None),
        (-1, None),
        (True, None),
        (None, None),
        ("n/a", None),
        ("nan", None),
        ("inf", None),
        (10**400, None),
        ([1], None),
    ],
)
def test_what_a_price_is(value: object, price: float | None) -> None:
    assert price_value(value) == price


def test_prices_are_found_where_the_configuration_says() -> None:
    document = {"litecoin": {"btc": 0.001}, "data": [{"last": "2e-6"}], "flat": 3}

    found = picked_prices(
        document, {"LTC": "litecoin.btc", "doge": "data.0.last", "x": "data.7", "y": "flat.z"}
    )

    assert found == {"ltc": 0.001, "doge": 2e-6}


def test_a_table_is_read_as_it_is() -> None:
    assert table_prices({"LTC": 1, "doge": "2", "x": None}) == {"ltc": 1.0, "doge": 2.0}
    assert table_prices([1, 2]) == {}


documents = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)


@given(documents, st.text())
def test_no_document_and_no_path_raises(document: object, path: str) -> None:
    assert price_value(value_at(document, path)) is None or value_at(document, path) is not None
    assert all(price > 0 for price in table_prices(document).values())


def test_the_first_source_with_a_fresh_price_is_believed() -> None:
    table = PriceTable(["first", "second"])
    table.tell("second", {"ltc": 2.0}, NOW_MS)
    table.tell("first", {"ltc": 1.0}, NOW_MS)

    assert table.price(["litecoin", "ltc"], NOW_MS, 60) == Price(1.0, "first", NOW_MS)


def test_a_later_source_helps_out_where_the_first_grew_old() -> None:
    table = PriceTable(["first", "second"])
    table.tell("first", {"ltc": 1.0}, NOW_MS - 61_000)
    table.tell("second", {"ltc": 2.0}, NOW_MS - 5_000)

    assert table.price(["ltc"], NOW_MS, 60) == Price(2.0, "second", NOW_MS - 5_000)


def test_where_all_grew_old_the_newest_is_told_with_its_age() -> None:
    table = PriceTable(["first", "second"])
    table.tell("first", {"ltc": 1.0}, NOW_MS - 70_000)
    table.tell("second", {"ltc": 2.0}, NOW_MS - 90_000)

    assert table.price(["ltc"], NOW_MS, 60) == Price(1.0, "first", NOW_MS - 70_000)
    assert table.price(["doge"], NOW_MS, 60) is None
