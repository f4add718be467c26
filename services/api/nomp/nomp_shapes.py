"""NOMP's statistics objects, built from what is live (spec 6.5, the form of its current code).

Two defects of NOMP are mended: `global.hashrate` is the sum over the pools instead of 0, and
`blocks.orphaned` counts orphaned blocks instead of another set. A worker's `shares` are the difficulty
credited to it in the current round and its `invalidshares` the number of its refused shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nompcore.coin import Coin
from nompcore.messages import PoolSnapshot, WorkerSnapshot
from nompcore.requests import HistoryPoint
from services.api.state.live import EMPTY_SNAPSHOT
from services.api.views.amounts import short_coins_text
from services.api.views.hashrate_text import nomp_hashrate_string

MS = 1000

Shape = dict[str, Any]  # goes straight into JSON


def nomp_pool_keys(coins: Mapping[str, Coin]) -> dict[str, str]:
    """Pool name → its key in NOMP's objects: the coin's name in lower case, as in NOMP.

    NOMP allows a coin once; of several pools of one coin each keeps its own name instead.
    """
    names = [coin.name.lower() for coin in coins.values()]
    return {
        pool: coin.name.lower() if names.count(coin.name.lower()) == 1 else pool
        for pool, coin in coins.items()
    }


def portal_stats(
    coins: Mapping[str, Coin], snapshots: Mapping[str, PoolSnapshot | None], time_ms: int
) -> Shape:
    """`/api/stats`: all pools, summed per algorithm and in total; `time` in Unix seconds."""
    keys = nomp_pool_keys(coins)
    pools = {keys[pool]: pool_stats(coin, snapshots.get(pool)) for pool, coin in coins.items()}
    return {
        "time": time_ms // MS,
        "global": {
            "workers": sum(p["workerCount"] for p in pools.values()),
            "hashrate": sum(p["hashrate"] for p in pools.values()),
        },
        "algos": _algorithms(pools.values()),
        "pools": pools,
    }


def pool_stats(coin: Coin, snapshot: PoolSnapshot | None) -> Shape:
    """One pool of `/api/stats`; a pool nothing is known of yet is all zeros, as in NOMP."""
    known = snapshot or EMPTY_SNAPSHOT
    return {
        "name": coin.name.lower(),
        "symbol": coin.symbol.upper(),
        "algorithm": coin.algorithm,
        "poolStats": {
            "validShares": _redis_number(known.valid_shares),
            "validBlocks": _redis_number(known.valid_blocks),
            "invalidShares": _redis_number(known.invalid_shares),
            "totalPaid": _redis_amount(known.total_paid_sats, coin.decimals),
        },
        "blocks": {
            "pending": known.blocks_pending,
            "confirmed": known.blocks_confirmed,
            "orphaned": known.blocks_orphaned,
        },
        "workers": {w.worker: worker_stats(w) for w in known.workers},
        "hashrate": known.hashrate,
        "workerCount": known.worker_count,
        "hashrateString": nomp_hashrate_string(known.hashrate),
    }


def worker_stats(worker: WorkerSnapshot) -> Shape:
    """One worker of a pool."""
    return {
        "shares": worker.shares,
        "invalidshares": worker.invalid,
        "hashrateString": nomp_hashrate_string(worker.hashrate),
    }


def pool_history(
    coins: Mapping[str, Coin], histories: Mapping[str, Iterable[HistoryPoint]], interval_seconds: float
) -> list[Shape]:
    """`/api/pool_stats`: oldest first, one item an update interval with all pools that have a point in it."""
    keys = nomp_pool_keys(coins)
    interval_ms = max(1, round(interval_seconds * MS))
    items: dict[int, Shape] = {}
    for pool in coins:
        for point in histories.get(pool, ()):
            slot = point.time_ms // interval_ms
            item = items.setdefault(slot, {"time": point.time_ms // MS, "pools": {}})
            item["pools"][keys[pool]] = _history_pool(point)
    return [items[slot] for slot in sorted(items)]


def _history_pool(point: HistoryPoint) -> Shape:
    return {
        "hashrate": point.hashrate,
        "workerCount": point.workers,
        "blocks": {
            "pending": point.blocks_pending,
            "confirmed": point.blocks_confirmed,
            "orphaned": point.blocks_orphaned,
        },
    }


def _algorithms(pools: Iterable[Shape]) -> Shape:
    sums: dict[str, Shape] = {}
    for pool in pools:
        entry = sums.setdefault(pool["algorithm"], {"workers": 0, "hashrate": 0})
        entry["workers"] += pool["workerCount"]
        entry["hashrate"] += pool["hashrate"]
    for entry in sums.values():
        entry["hashrateString"] = nomp_hashrate_string(entry["hashrate"])
    return sums


def _redis_number(count: int) -> str | int:
    """NOMP passes Redis' strings on and says 0 where Redis has nothing."""
    return str(count) if count else 0


def _redis_amount(sats: int, decimals: int) -> str | int:
    return short_coins_text(sats, decimals) if sats else 0
