"""The replicas of stratum, known by their pulses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.notifier.watch.observed import Observed

UP, LOST, LEFT = "up", "lost", "left"

SILENT_MS = 15_000
"""Five pulses."""

SETTLE_MS, BACK_MS = 15_000, 5_000


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last one of a replica, by our own clock."""

    heard_ms: int
    is_draining: bool


def observed_replicas(
    pool: str, known: Collection[str], pulses: Mapping[str, Pulse], listening_since_ms: int, now_ms: int
) -> list[Observed]:
    """The known ones and those heard. Who has not been heard since we listen is silent from then on.

    A replica that said it would end, and did, is no loss.
    """
    states = {
        name: _state(pulses.get(name), listening_since_ms, now_ms) for name in sorted({*known, *pulses})
    }
    is_last = UP not in states.values()
    return [_observed(pool, name, state, is_last=is_last) for name, state in states.items()]


def _state(pulse: Pulse | None, listening_since_ms: int, now_ms: int) -> str:
    last_ms = max(pulse.heard_ms if pulse else 0, listening_since_ms)
    if now_ms - last_ms < SILENT_MS:
        return UP
    return LEFT if pulse and pulse.is_draining else LOST


def _observed(pool: str, name: str, state: str, *, is_last: bool) -> Observed:
    words = {
        UP: f"{pool}: stratum replica {name} is back",
        LOST: f"{pool}: stratum replica {name} is lost" + (", and no other is left" if is_last else ""),
        LEFT: "",
    }
    kinds = {UP: "replica.back", LOST: "replica.lost", LEFT: ""}
    return Observed(
        group="replica",
        name=name,
        state=state,
        usual=UP,
        kind=kinds[state],
        severity="critical" if is_last else "warning",
        words=words[state],
        settle_ms=BACK_MS if state == UP else SETTLE_MS,
    )
