"""What a hash earns at a pool: pure arithmetic over difficulty, reward and price."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.config import PoolConfig
from nompcore.messages import NetworkSnapshot
from nompcore.switching import PoolProfit
from services.notifier.profit.prices import Price

HASHES_OF_DIFFICULTY_1 = 2**32
"""Divided by the coin's multiplier."""

# jobmaker writes every few seconds: after two minutes there is nobody, or nothing to write.
NETWORK_MAX_AGE_SECONDS = 120

GIVES_WORK = ("ok", "behind", "forked")
"""States of daemons."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A pool's profit, and whether miners have work there at all."""

    profit: PoolProfit
    has_work: bool

    @property
    def is_known(self) -> bool:
        """Whether it can be compared with others."""
        return not self.profit.unfit


def figures_of(
    pool: PoolConfig,
    network: NetworkSnapshot | None,
    price: Price | None,
    fee_percent: float,
    now_ms: int,
    max_price_age_seconds: float,
) -> Figures:
    """What is known of a pool now."""
    no_work = work_complaint(network, now_ms)
    unfit = no_work or reward_complaint(network) or price_complaint(price, now_ms, max_price_age_seconds)
    revenue = 0.0
    if network and price and not unfit:
        revenue = revenue_per_hash(pool, network, price.value, fee_percent)
    profit = PoolProfit(
        pool=pool.name,
        revenue_per_hash=revenue,
        price=price.value if price else 0.0,
        price_source=price.source if price else "",
        price_age_seconds=_age_seconds(price.told_ms, now_ms) if price else 0.0,
        difficulty=network.difficulty if network else 0.0,
        reward_sats=network.reward_sats if network else 0,
        fee_percent=fee_percent,
        unfit=unfit,
    )
    return Figures(profit, has_work=not no_work)


def revenue_per_hash(pool: PoolConfig, network: NetworkSnapshot, price: float, fee_percent: float) -> float:
    """What one hash earns on average, in the price's unit."""
    hashes_per_block = network.difficulty * HASHES_OF_DIFFICULTY_1 / pool.coin.multiplier
    coins_per_block: float = network.reward_sats / 10**pool.coin.decimals
    return coins_per_block * price * (1 - fee_percent / 100) / hashes_per_block


def work_complaint(network: NetworkSnapshot | None, now_ms: int) -> str:
    """Why miners of a pool have nothing useful to do; "" where they have."""
    if network is None:
        return "its network is not known"
    if (age := _age_seconds(network.time_ms, now_ms)) > NETWORK_MAX_AGE_SECONDS:
        return f"its network was last seen {age:.0f} seconds ago"
    if not any(daemon.state in GIVES_WORK for daemon in network.daemons):
        return "none of its daemons gives work"
    return "" if network.job_id else "there is no job yet"


def reward_complaint(network: NetworkSnapshot | None) -> str:
    """Why nothing can be said of what a block brings; "" where it can. Jobmakers of before told no reward."""
    is_known = network and network.difficulty > 0 and network.reward_sats > 0
    return "" if is_known else "its difficulty or reward is not known"


def price_complaint(price: Price | None, now_ms: int, max_age_seconds: float) -> str:
    """Why nothing can be said of a coin's worth; "" where it can."""
    if price is None:
        return "its price is not known"
    age = _age_seconds(price.told_ms, now_ms)
    return f"its price is {age:.0f} seconds old" if age > max_age_seconds else ""


def _age_seconds(time_ms: int, now_ms: int) -> float:
    return max(0.0, (now_ms - time_ms) / 1000)
