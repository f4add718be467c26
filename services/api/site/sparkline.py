"""A small curve, as the points of an SVG's polyline: drawn by the server, so it needs no script."""

from __future__ import annotations

from collections.abc import Sequence

# About one for every three pixels of the curve.
MAX_POINTS = 100

# The SVG's viewBox; a stroke at the very edge would be cut.
WIDTH, HEIGHT, MARGIN = 300, 60, 2


def averaged(values: Sequence[float], most: int) -> list[float]:
    """`values` in their order, neighbours averaged until there are at most `most`.

    >>> averaged([1, 3, 5, 7, 9], 3), averaged([1, 2], 3), averaged([], 3)
    ([2.0, 6.0, 9.0], [1.0, 2.0], [])
    """
    size = max(1, -(-len(values) // most))
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    return [sum(group) / len(group) for group in groups]


def spark_points(values: Sequence[float]) -> str:
    """The curve of `values`, oldest first and from zero up; empty where a line needs a second point.

    >>> spark_points([0, 5, 10]), spark_points([1])
    ('0.0,58.0 150.0,30.0 300.0,2.0', '')
    """
    drawn = averaged(values, MAX_POINTS)
    if len(drawn) < 2:
        return ""
    step, highest = WIDTH / (len(drawn) - 1), max(drawn) or 1.0
    span = HEIGHT - 2 * MARGIN
    return " ".join(f"{i * step:.1f},{HEIGHT - MARGIN - span * v / highest:.1f}" for i, v in enumerate(drawn))
