"""Stay or switch: pure rules, each with its reason in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nompcore.switching import SwitchState
from services.notifier.profit.figures import Figures

STAY, SWITCH, NONE = "stay", "switch", "none"


@dataclass(frozen=True, slots=True)
class Rules:
    """`hysteresis_percent`: by how much another pool has to be better."""

    hysteresis_percent: float
    minimum_stay_seconds: float
    manual_hold_seconds: float


@dataclass(frozen=True, slots=True)
class Decision:
    """`kind` is STAY, SWITCH or NONE; `choice` is the pool to mine in any case."""

    kind: str
    choice: str
    why: str


def decide(figures: Sequence[Figures], state: SwitchState, rules: Rules, now_ms: int) -> Decision:
    """What to do with a switch that stands like this. `figures` are of its pools, in their order.

    The present pool is among them. A pool without work is left at once; everything else has to be worth it.
    """
    stood_seconds = (now_ms - state.since_ms) / 1000
    if _is_manual(state) and stood_seconds < rules.manual_hold_seconds:
        left = rules.manual_hold_seconds - stood_seconds
        return Decision(NONE, state.pool, f"the choice of {state.author} stands for {left:.0f} more seconds")
    present = next(one for one in figures if one.profit.pool == state.pool)
    known = [one for one in figures if one.is_known]
    if not known:
        return Decision(NONE, state.pool, f"no pool can be compared: {_complaints(figures)}")
    best = max(known, key=lambda one: (one.profit.revenue_per_hash, one is present))
    if not present.has_work:
        return Decision(SWITCH, best.profit.pool, f"{state.pool} gives no work: {present.profit.unfit}")
    if not present.is_known:
        return Decision(NONE, state.pool, f"{state.pool} cannot be compared: {present.profit.unfit}")
    return _compare(present, best, known, rules, stood_seconds)


def _compare(
    present: Figures, best: Figures, known: Sequence[Figures], rules: Rules, stood_seconds: float
) -> Decision:
    pool, other = present.profit.pool, best.profit.pool
    if best is present:
        return Decision(STAY, pool, _best_already(present, known))
    lead = lead_percent(best, present)
    better = f"{other} earns {lead:.2f} % more than {pool}"
    if lead <= rules.hysteresis_percent:
        return Decision(STAY, pool, f"{better}: less than the {rules.hysteresis_percent:g} % asked for")
    if stood_seconds < rules.minimum_stay_seconds:
        left = rules.minimum_stay_seconds - stood_seconds
        return Decision(STAY, pool, f"{better}, but {pool} is mined for at least {left:.0f} more seconds")
    return Decision(SWITCH, other, better)


def lead_percent(best: Figures, other: Figures) -> float:
    """By how much the one earns more than the other; infinite where the other earns nothing."""
    if other.profit.revenue_per_hash <= 0:
        return math.inf
    return (best.profit.revenue_per_hash / other.profit.revenue_per_hash - 1) * 100


def _best_already(present: Figures, known: Sequence[Figures]) -> str:
    others = [one for one in known if one is not present]
    if not others:
        return f"{present.profit.pool} is the only pool that can be compared"
    second = max(others, key=lambda one: one.profit.revenue_per_hash)
    lead = lead_percent(present, second)
    return f"{present.profit.pool} earns most, {lead:.2f} % more than {second.profit.pool}"


def _is_manual(state: SwitchState) -> bool:
    """A switch that nobody ever moved stands at its default, which is nobody's choice."""
    return state.since_ms > 0 and not state.automatic


def _complaints(figures: Sequence[Figures]) -> str:
    return ", ".join(f"{one.profit.pool}: {one.profit.unfit}" for one in figures)
