"""NOMP's objects, field by field: `tests/vectors/nomp_*.json` holds names and types of spec 6.5."""

from __future__ import annotations

import dataclasses
import json

import msgspec

from services.api.nomp.nomp_shapes import nomp_pool_keys, pool_history, portal_stats
from tests.unit import api_samples as samples
from tests.unit.chain_samples import coin

LITECOIN, BITCOIN = coin("litecoin.json"), coin("bitcoin.json")
COINS = {samples.POOL: LITECOIN}


def as_json(value: object) -> object:
    return json.loads(msgspec.json.encode(value))


def test_stats_are_what_nomp_answers_for_the_same_figures() -> None:
    stats = portal_stats(COINS, {samples.POOL: samples.pool_snapshot()}, samples.NOW_MS)

    assert as_json(stats) == samples.nomp_vector("nomp_stats.json")


def test_a_pool_without_figures_has_numbers_zero_where_redis_would_have_nothing() -> None:
    stats = portal_stats(COINS, {samples.POOL: None}, samples.NOW_MS)

    pool = stats["pools"]["litecoin"]
    assert pool["poolStats"] == {"validShares": 0, "validBlocks": 0, "invalidShares": 0, "totalPaid": 0}
    assert pool["blocks"] == {"pending": 0, "confirmed": 0, "orphaned": 0}
    assert (pool["workers"], pool["hashrate"], pool["workerCount"]) == ({}, 0, 0)
    assert pool["hashrateString"] == "0.00 KH"


def test_pools_of_one_algorithm_are_summed_and_so_is_the_portal() -> None:
    coins = {
        "litecoin": LITECOIN,
        "dogecoin": dataclasses.replace(LITECOIN, name="Dogecoin"),
    }
    snapshots = {"litecoin": samples.pool_snapshot(), "dogecoin": samples.pool_snapshot(hashrate=500_000.0)}

    stats = portal_stats(coins, snapshots, samples.NOW_MS)

    assert stats["algos"] == {"scrypt": {"workers": 6, "hashrate": 3e6, "hashrateString": "3.00 MH"}}
    assert stats["global"] == {"workers": 6, "hashrate": 3e6}


def test_a_pool_is_keyed_by_its_coin_in_lower_case() -> None:
    assert nomp_pool_keys({"ltc-eu": LITECOIN}) == {"ltc-eu": "litecoin"}


def test_two_pools_of_one_coin_keep_their_own_names() -> None:
    keys = nomp_pool_keys({"ltc-eu": LITECOIN, "ltc-us": LITECOIN, "btc": BITCOIN})

    assert keys == {"ltc-eu": "ltc-eu", "ltc-us": "ltc-us", "btc": "bitcoin"}


def test_history_is_the_array_nomp_answers() -> None:
    items = pool_history(COINS, {samples.POOL: samples.history()}, samples.INTERVAL_SECONDS)

    assert as_json(items) == samples.nomp_vector("nomp_pool_stats.json")


def test_points_of_several_pools_in_one_interval_are_one_item() -> None:
    coins = {"litecoin": LITECOIN, "bitcoin": BITCOIN}
    histories = {"litecoin": [samples.history_point(30)], "bitcoin": [samples.history_point(28)]}

    items = pool_history(coins, histories, samples.INTERVAL_SECONDS)

    assert [sorted(item["pools"]) for item in items] == [["bitcoin", "litecoin"]]
