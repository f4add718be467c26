"""The round that each pool is in: pure builders from what is live."""

from __future__ import annotations

from services.api.state.live import EMPTY_SNAPSHOT
from services.api.views.block_time import seconds_to_block
from services.api.views.luck import NO_BLOCK
from services.api.views.pool_views import PoolViews, pool_round, utc
from services.api.views.portal_models import CurrentRound, Rounds


def rounds_of(views: PoolViews) -> Rounds:
    """All pools in the order of their names."""
    return Rounds(rounds=[current_round(views, name) for name in sorted(views.pools)])


def current_round(views: PoolViews, name: str) -> CurrentRound:
    """One pool's round."""
    live, coin = views.state.pools[name], views.pools[name].coin
    snapshot = live.pool or EMPTY_SNAPSHOT
    found = [row.time_ms for row in live.blocks if row.status != NO_BLOCK]
    difficulty = live.network.difficulty if live.network else 0
    progress = pool_round(snapshot, live.network)
    return CurrentRound(
        pool=name,
        difficulty=progress.difficulty,
        effort_percent=progress.effort_percent,
        network_share_difficulty=difficulty or None,
        since=utc(found[0]) if found else None,
        block_every_seconds=seconds_to_block(difficulty, coin.multiplier, snapshot.hashrate),
    )
