"""What /api/v1 answers about switching ports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.api.views.models import Model, Port


class SwitchPool(Model):
    """A pool that a switch may choose."""

    pool: str
    coin: str
    symbol: str


class PoolRevenue(Model):
    """What a hash earns at a pool; 0 and "" where that is not known."""

    pool: str
    revenue_per_hash: Annotated[float, Field(description="in the unit of prices, after the fee")]
    percent_of_best: Annotated[float | None, Field(description="of the pool that earns most; null: unknown")]
    price: Annotated[float, Field(description="of one coin, in the unit that the operator's sources have")]
    price_source: str
    price_age_seconds: float
    share_difficulty: Annotated[float, Field(description="the network's, in the unit of shares")]
    reward_sats: Annotated[int, Field(description="of a block, in the coin's smallest unit")]
    fee_percent: Annotated[float, Field(description="what trading the coin costs")]
    unfit: Annotated[str, Field(description="why it cannot be compared; empty: it can")]


class ProfitDecision(Model):
    """The newest decision of profit switching."""

    decision: Annotated[str, Field(description="`stay`, `switch`, or `none`: nothing could be decided")]
    choice: Annotated[str, Field(description="the pool to mine")]
    why: Annotated[str, Field(description="in words")]
    time: datetime
    pools: list[PoolRevenue]


class Switch(Model):
    """Ports whose miners follow the pool that is chosen for an algorithm."""

    name: str
    algorithm: str
    ports: list[Port]
    pools: Annotated[list[SwitchPool], Field(description="to choose from; the first is the default")]
    current: Annotated[SwitchPool, Field(description="what is mined now")]
    since: Annotated[datetime | None, Field(description="when that was ordered; null: it is the default")]
    author: Annotated[str, Field(description="who ordered it; empty: nobody")]
    reason: str
    automatic: Annotated[bool, Field(description="profit switching ordered it")]
    profit: Annotated[ProfitDecision | None, Field(description="null: profit switching is off")]


class Switches(Model):
    """All switches."""

    switches: list[Switch]
