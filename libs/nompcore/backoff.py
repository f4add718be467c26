"""How long to wait before trying again: exponential, capped, spread."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random


def delays(first_seconds: float, cap_seconds: float, random: Random) -> Iterator[float]:
    """Endless delays: each about twice the one before, never above `cap_seconds`.

    Each is drawn from the upper half of its range, so that replicas which failed together do not
    come back together.
    """
    ceiling = min(first_seconds, cap_seconds)
    while True:
        yield random.uniform(ceiling / 2, ceiling)
        ceiling = min(ceiling * 2, cap_seconds)


def redelivery_delay(delivered: int, cap_seconds: float) -> float:
    """Delay before a message that was handled in vain `delivered` times comes again: 1, 2, 4 … seconds."""
    # 2^20 s is above every cap; the bound keeps the power small for a message redelivered for months
    return min(cap_seconds, 2.0 ** min(max(delivered, 1) - 1, 20))
