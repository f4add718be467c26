"""The pool's hashrate against its own average."""

from __future__ import annotations

import msgspec

from services.notifier.watch.observed import Observed

USUAL, DROPPED = "usual", "dropped"

HALF_LIFE_MS = 2 * 3600_000
"""Of the average: after so long a lasting change is half of it."""

DROPPED_HALF_LIFE_MS = 24 * 3600_000
"""While it has dropped: the average stays what it was before, but a lower rate that lasts becomes usual."""

LONGEST_STEP_MS = 600_000
"""A snapshot stands for no more time than that, however long there was none."""

WARM_MS = 3600_000
"""An average of less says nothing."""

DROP_BELOW, BACK_ABOVE = 0.5, 0.75
"""Of the average: apart, so that a rate at the border is not told again and again."""

DROP_SETTLE_MS, BACK_SETTLE_MS = 600_000, 300_000

PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")


class Average(msgspec.Struct, frozen=True):
    """A moving average of a pool's hashrate in hashes per second, over `covered_ms` so far."""

    rate: float = 0.0
    covered_ms: int = 0
    last_ms: int = 0  # of the newest snapshot in it
    newest: float = 0.0
    has_dropped: bool = False


def averaged(average: Average, hashrate: float, time_ms: int) -> Average:
    """The average with one more snapshot; with an older one it stays as it is."""
    if time_ms <= average.last_ms:
        return average
    if average.last_ms == 0:
        return Average(rate=hashrate, last_ms=time_ms, newest=hashrate)
    step_ms = min(time_ms - average.last_ms, LONGEST_STEP_MS)
    covered_ms = average.covered_ms + step_ms
    half_life_ms = DROPPED_HALF_LIFE_MS if average.has_dropped else min(HALF_LIFE_MS, covered_ms)
    weight = 1 - 0.5 ** (step_ms / half_life_ms)
    rate = average.rate + weight * (hashrate - average.rate)
    border = BACK_ABOVE if average.has_dropped else DROP_BELOW
    has_dropped = covered_ms >= WARM_MS and hashrate < border * average.rate
    return Average(rate, covered_ms, time_ms, hashrate, has_dropped)


def observed_hashrate(pool: str, average: Average) -> Observed:
    """How it looks."""
    what = "dropped to" if average.has_dropped else "is back at"
    rates = f"{shown_rate(average.newest)}, usual is {shown_rate(average.rate)}"
    return Observed(
        group="hashrate",
        name="pool",
        state=DROPPED if average.has_dropped else USUAL,
        usual=USUAL,
        kind="hashrate.dropped" if average.has_dropped else "hashrate.back",
        severity="warning",
        words=f"{pool}: hashrate {what} {rates}",
        settle_ms=DROP_SETTLE_MS if average.has_dropped else BACK_SETTLE_MS,
    )


def shown_rate(hashrate: float) -> str:
    """As people write it, for example "12.3 MH/s"."""
    rank = 0
    while hashrate >= 1000 and rank < len(PREFIXES) - 1:
        hashrate, rank = hashrate / 1000, rank + 1
    return f"{hashrate:.3g} {PREFIXES[rank]}H/s"
