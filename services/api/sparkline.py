"""The points of a hashrate curve, few enough to draw."""

from __future__ import annotations

from collections.abc import Sequence

from nompcore.messages import HistoryPoint

# About one for every three pixels of the curve.
MAX_POINTS = 100


def spark_points(history: Sequence[HistoryPoint]) -> str:
    """Hash rates, oldest first, averaged down to at most `MAX_POINTS` and separated by blanks."""
    size = max(1, -(-len(history) // MAX_POINTS))
    groups = [history[start : start + size] for start in range(0, len(history), size)]
    return " ".join(f"{sum(p.hashrate for p in group) / len(group):.0f}" for group in groups)
