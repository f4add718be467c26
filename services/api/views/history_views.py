"""A pool's past figures, few enough to draw. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from nompcore.requests import HistoryPoint
from services.api.views.pool_views import utc
from services.api.views.portal_models import History, PastFigures


def history_of(points: Sequence[HistoryPoint], since_ms: int, most: int) -> History:
    """The points from a time on, oldest first, averaged down to at most `most`."""
    wanted = [point for point in points if point.time_ms >= since_ms]
    size = max(1, -(-len(wanted) // most))
    groups = [wanted[start : start + size] for start in range(0, len(wanted), size)]
    return History(points=[_average(group) for group in groups])


def _average(group: Sequence[HistoryPoint]) -> PastFigures:
    """Hashrate and workers are averages; time and blocks those of the last point."""
    last = group[-1]
    return PastFigures(
        time=utc(last.time_ms),
        hashrate=sum(point.hashrate for point in group) / len(group),
        workers=sum(point.workers for point in group) / len(group),
        blocks_pending=last.blocks_pending,
        blocks_confirmed=last.blocks_confirmed,
        blocks_orphaned=last.blocks_orphaned,
    )
