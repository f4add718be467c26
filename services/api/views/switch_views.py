"""From what is known of switching ports to what /api/v1 answers: pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from nompcore.config import PoolConfig
from nompcore.switching import PoolProfit, ProfitReport
from services.api.state.switch_board import SwitchLive
from services.api.views.pool_views import PoolViews
from services.api.views.switch_models import PoolRevenue, ProfitDecision, Switch, SwitchPool

OPERATOR = "operator"


def switch_view(live: SwitchLive, views: PoolViews) -> Switch:
    """One switch for its operators."""
    config, state = live.config, live.state
    if state is not None and state.pool != live.pool:
        state = None  # of a pool that it no longer has
    return Switch(
        name=config.name,
        algorithm=config.algorithm,
        ports=[views.port(views.pools[live.pool], n, port) for n, port in sorted(config.ports.items())],
        pools=[_pool(name, views.pools) for name in config.pools],
        current=_pool(live.pool, views.pools),
        since=_utc(state.since_ms) if state else None,
        author=state.author if state else "",
        reason=state.reason if state else "",
        automatic=state is not None and state.automatic,
        profit=_decision(live.report) if live.report else None,
    )


def public_switch_view(live: SwitchLive, views: PoolViews) -> Switch:
    """One switch for everybody: what an operator is called, and noted, is no stranger's business."""
    view = switch_view(live, views)
    if view.automatic or not view.author:
        return view
    return view.model_copy(update={"author": OPERATOR, "reason": ""})


def _pool(name: str, pools: Mapping[str, PoolConfig]) -> SwitchPool:
    coin = pools[name].coin
    return SwitchPool(pool=name, coin=coin.name, symbol=coin.symbol)


def _decision(report: ProfitReport) -> ProfitDecision:
    best = max((profit.revenue_per_hash for profit in report.pools), default=0.0)
    return ProfitDecision(
        decision=report.decision,
        choice=report.choice,
        why=report.why,
        time=_utc(report.decided_ms),
        pools=[_revenue(profit, best) for profit in report.pools],
    )


def _revenue(profit: PoolProfit, best: float) -> PoolRevenue:
    return PoolRevenue(
        pool=profit.pool,
        revenue_per_hash=profit.revenue_per_hash,
        percent_of_best=None if profit.unfit or best <= 0 else profit.revenue_per_hash / best * 100,
        price=profit.price,
        price_source=profit.price_source,
        price_age_seconds=profit.price_age_seconds,
        share_difficulty=profit.difficulty,
        reward_sats=profit.reward_sats,
        fee_percent=profit.fee_percent,
        unfit=profit.unfit,
    )


def _utc(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
