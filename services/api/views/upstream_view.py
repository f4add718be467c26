"""How a pool gets on with its upstream pools, as far as jobmaker tells. Pure."""

from __future__ import annotations

from nompcore.config.upstream import UpstreamSection
from nompcore.upstream import UpstreamSnapshot
from services.api.views.pool_views import utc
from services.api.views.portal_models import UpstreamStatus


def upstream_status(
    pool: str, section: UpstreamSection, snapshot: UpstreamSnapshot | None, *, stale: bool
) -> UpstreamStatus:
    """`stale`: the snapshot is too old to tell the present."""
    told = snapshot or UpstreamSnapshot(pool=pool, source="")
    number = _number(section, told.source)
    return UpstreamStatus(
        pool=pool,
        state="unknown" if snapshot is None else "stale" if stale else _state(number, told.source),
        number=number,
        since=utc(told.connected_since_ms) if told.connected_since_ms else None,
        difficulty=told.difficulty or None,
        accepted=told.accepted,
        rejected=told.rejected,
        stale=told.stale,
        unanswered=told.unanswered,
        blocks=told.blocks,
    )


def _number(section: UpstreamSection, source: str) -> int | None:
    places = {upstream.name: number for number, upstream in enumerate(section.pools, 1)}
    return places.get(source)


def _state(number: int | None, source: str) -> str:
    if number == 1:
        return "ok"
    return "reserve" if source else "down"
