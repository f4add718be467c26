"""Networks, prices and figures of pools, for tests of profit switching."""

from __future__ import annotations

from typing import Any

from nompcore.messages import DaemonState, NetworkSnapshot
from nompcore.switching import PoolProfit, SwitchState
from services.notifier.profit.figures import Figures
from tests.unit.api_samples import NOW_MS

SCRYPT_MULTIPLIER = 65536


def network(pool: str, shown_difficulty: float, reward: int, **changes: Any) -> NetworkSnapshot:
    """As jobmaker tells it; the difficulty as explorers show it, the reward in the smallest unit."""
    fields = {
        "pool": pool,
        "chain": "main",
        "height": 1,
        "difficulty": shown_difficulty * SCRYPT_MULTIPLIER,
        "network_hashrate": 0.0,
        "job_id": "a",
        "daemons": [DaemonState(name="127.0.0.1:1", state="ok")],
        "time_ms": NOW_MS,
        "reward_sats": reward,
    }
    return NetworkSnapshot(**{**fields, **changes})


def known(pool: str, revenue: float) -> Figures:
    """A pool whose revenue is known."""
    return Figures(_profit(pool, revenue, ""), has_work=True)


def unpriced(pool: str) -> Figures:
    """A pool whose coin nobody tells a price of."""
    return Figures(_profit(pool, 0.0, "its price is not known"), has_work=True)


def workless(pool: str) -> Figures:
    """A pool whose daemons are away."""
    return Figures(_profit(pool, 0.0, "none of its daemons gives work"), has_work=False)


def _profit(pool: str, revenue: float, unfit: str) -> PoolProfit:
    return PoolProfit(
        pool=pool,
        revenue_per_hash=revenue,
        price=1.0,
        price_source="desk",
        price_age_seconds=0.0,
        difficulty=1.0,
        reward_sats=1,
        fee_percent=0.0,
        unfit=unfit,
    )


def state(pool: str, since_ms: int = 0, *, automatic: bool = True, author: str = "") -> SwitchState:
    """How a switch stands."""
    return SwitchState(
        switch="eu",
        algorithm="scrypt",
        pool=pool,
        since_ms=since_ms,
        author=author,
        reason="",
        automatic=automatic,
    )
