"""The portal of the samples with a switching port, and what the notifier has written about it."""

from __future__ import annotations

from dataclasses import replace

from nompcore.bus import Bus
from nompcore.config import PortalConfig, PortConfig, SwitchConfig
from nompcore.config.profit import ProfitSwitchSection
from nompcore.subjects import NOTIFIER, SWITCH, profit_key, switch_key
from nompcore.switching import PoolProfit, ProfitReport, SwitchState
from tests.unit import api_samples as samples
from tests.unit.switch_samples import pool

SWITCH_NAME = "scrypt"
OTHER_POOL = "dogecoin"
WHY = "litecoin earns 12.50 % more than dogecoin"


def switching_config(*others: str) -> PortalConfig:
    """The pool of the samples, before it `others` that mine dogecoin, and a port that profit switches."""
    portal = samples.portal_config()
    pools = {**portal.pools, **{name: pool(name, "dogecoin.json") for name in others}}
    switch = SwitchConfig(
        name=SWITCH_NAME,
        algorithm="scrypt",
        ports={4444: PortConfig(diff=16)},
        pools=(*others, samples.POOL),
    )
    section = ProfitSwitchSection.model_validate({"enabled": True}, by_name=False)
    return replace(portal, pools=pools, switches={SWITCH_NAME: switch}, profit_switch=section)


def switch_state(pool_name: str = samples.POOL) -> SwitchState:
    """Profit switching chose a pool, ten minutes ago."""
    return SwitchState(
        switch=SWITCH_NAME,
        algorithm="scrypt",
        pool=pool_name,
        since_ms=samples.NOW_MS - 600_000,
        author="profit switching",
        reason=WHY,
        automatic=True,
    )


def pool_profit(name: str, revenue: float, unfit: str = "") -> PoolProfit:
    """A line of a report."""
    return PoolProfit(
        pool=name,
        revenue_per_hash=revenue,
        price=0.00105,
        price_source="prices.example",
        price_age_seconds=30.0,
        difficulty=2372403200000.0,
        reward_sats=625_000_000,
        fee_percent=0.5,
        unfit=unfit,
    )


def profit_report(*pools: PoolProfit) -> ProfitReport:
    """Why it did."""
    return ProfitReport(
        switch=SWITCH_NAME,
        algorithm="scrypt",
        pools=list(pools) or [pool_profit(samples.POOL, 1.8e-17)],
        current=OTHER_POOL,
        choice=samples.POOL,
        decision="switch",
        why=WHY,
        decided_ms=samples.NOW_MS - 600_000,
    )


async def store_switch(nats_url: str, state: SwitchState, report: ProfitReport) -> None:
    """As the notifier writes both."""
    bus = await Bus.connect(nats_url, service=NOTIFIER, replica="test")
    await bus.ensure()
    await bus.bucket(SWITCH).store(switch_key(SWITCH_NAME), state)
    await bus.bucket(SWITCH).store(profit_key(SWITCH_NAME), report)
    await bus.drain()
