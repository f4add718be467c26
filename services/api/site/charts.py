"""What charts are drawn from: columns of times (Unix seconds) and values, oldest first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nompcore.coin import Coin
from nompcore.requests import BlockRow, HistoryPoint
from services.api.site.sparkline import averaged
from services.api.views.luck import LUCK_BLOCKS, NO_BLOCK

Columns = tuple[list[float], list[float]]
"""Times and values, equally many."""

# Two for every three pixels of a wide chart.
MAX_POINTS = 500

PERCENT = 100.0


def pool_charts(
    history: Sequence[HistoryPoint], blocks: Sequence[BlockRow], coin: Coin
) -> Mapping[str, Columns]:
    """Every chart of a pool. `blocks` are the newest first, as payouts has them."""
    found = sorted((row for row in blocks if row.status != NO_BLOCK), key=lambda row: row.time_ms)
    return {
        "hashrate": _of_history(history, [point.hashrate for point in history]),
        "workers": _of_history(history, [float(point.workers) for point in history]),
        "difficulty": _columns(
            (row.time_ms, row.network_difficulty / coin.multiplier) for row in found if row.network_difficulty
        ),
        "effort": _columns((row.time_ms, PERCENT * row.effort) for row in found if row.effort),
        "luck": luck([row for row in found if row.effort]),
    }


def luck(found: Sequence[BlockRow]) -> Columns:
    """At each block, of it and those before it: work they should have taken over what they took, in percent.

    Over the fewer of `LUCK_BLOCKS`: over more it says little about the present.
    """
    points = []
    for end in range(1, len(found) + 1):
        window = found[max(0, end - LUCK_BLOCKS[0]) : end]
        points.append((window[-1].time_ms, PERCENT * len(window) / sum(row.effort for row in window)))
    return _columns(points)


def _of_history(history: Sequence[HistoryPoint], values: Sequence[float]) -> Columns:
    times = [point.time_ms / 1000 for point in history]
    return averaged(times, MAX_POINTS), averaged(values, MAX_POINTS)


def _columns(points: Iterable[tuple[int, float]]) -> Columns:
    rows = list(points)
    return [time_ms / 1000 for time_ms, _ in rows], [value for _, value in rows]
