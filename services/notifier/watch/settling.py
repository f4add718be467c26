"""When something that looks different has looked so for long enough to be believed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.notifier.watch.observed import Observed

BREAK_MS = 60_000
"""Who has not looked for so long begins anew: nobody knows what was in between."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A state that differs from what was told, and since when it was seen."""

    state: str
    since_ms: int
    seen_ms: int


def settle(
    told_state: str, before: Unsettled | None, observed: Observed, now_ms: int
) -> tuple[Unsettled | None, bool]:
    """What is unsettled after one more look, and whether the change is to be told now.

    It stays unsettled when it is: until somebody has written down that it was told.
    """
    if observed.state == told_state:
        return None, False
    if before is None or before.state != observed.state or now_ms - before.seen_ms > BREAK_MS:
        before = Unsettled(observed.state, now_ms, now_ms)
    after = replace(before, seen_ms=now_ms)
    return after, now_ms - after.since_ms >= observed.settle_ms
