"""Variable difficulty: from the times of a miner's shares to the difficulty that suits its pace.

The algorithm and its constants are NOMP's (spec 1.9) with four differences, each on purpose:
* only accepted shares count, so junk cannot move a difficulty;
* a buffer size that is not whole is rounded (there it never filled);
* the network's difficulty is an upper bound too, as the README has always promised;
* a silent miner descends (`silence`); NOMP waits for a share that a too high difficulty keeps from coming.

Pure: times are arguments, in seconds of any steady clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VardiffRules:
    """One port's settings; times in seconds, difficulties in the pool's unit."""

    min_diff: float
    max_diff: float
    target_time: float
    retarget_time: float
    variance_percent: float
    x2mode: bool = False

    @property
    def buffer_size(self) -> int:
        """How many intervals the mean is taken over: those of four retarget periods at the wanted pace."""
        return max(1, round(self.retarget_time / self.target_time * 4))

    @property
    def slowest(self) -> float:
        """Mean seconds per share above which the difficulty falls."""
        return self.target_time * (1 + self.variance_percent / 100)

    @property
    def fastest(self) -> float:
        """Mean seconds per share below which the difficulty rises."""
        return self.target_time * (1 - self.variance_percent / 100)


class Vardiff:
    """One connection's share times. Each method gives the difficulty to use from now on, None to keep it."""

    __slots__ = ("_has_share", "_intervals", "_last_retarget", "_last_share", "_rules")

    def __init__(self, rules: VardiffRules, now: float) -> None:
        self._rules = rules
        self._intervals: deque[float] = deque(maxlen=rules.buffer_size)
        self._has_share = False
        self._last_share = now
        self._last_retarget = now

    def share_accepted(self, now: float, difficulty: float, network_difficulty: float) -> float | None:
        """Count a share accepted at `now` while `difficulty` is in force."""
        if not self._has_share:
            self._has_share = True
            self._last_retarget = now - self._rules.retarget_time / 2
            self._last_share = now
            return None
        self._intervals.append(now - self._last_share)
        self._last_share = now
        if now - self._last_retarget < self._rules.retarget_time:
            return None
        self._last_retarget = now
        mean = sum(self._intervals) / len(self._intervals)
        return self._retarget(mean, difficulty, network_difficulty)

    def silence(self, now: float, difficulty: float, network_difficulty: float) -> float | None:
        """Look at a miner that may be silent: no share for a retarget period counts as one slow share."""
        silent = now - max(self._last_share, self._last_retarget)
        if silent < self._rules.retarget_time:
            return None
        self._last_share = (
            now  # the silence is judged once; it must not weigh on the next share's interval too
        )
        self._last_retarget = now
        return self._retarget(silent, difficulty, network_difficulty)

    def _retarget(self, mean: float, difficulty: float, network_difficulty: float) -> float | None:
        new = next_difficulty(self._rules, mean, difficulty, network_difficulty)
        if new is not None:
            self._intervals.clear()
        return None if new == difficulty else new


def next_difficulty(
    rules: VardiffRules, mean: float, difficulty: float, network_difficulty: float
) -> float | None:
    """The difficulty after `mean` seconds per share, within the bounds; None when the pace is right."""
    highest = min(rules.max_diff, network_difficulty)
    lowest = min(rules.min_diff, highest)
    if mean > rules.slowest and difficulty > lowest:
        factor = 0.5 if rules.x2mode else rules.target_time / mean
    elif mean < rules.fastest:
        factor = 2.0 if rules.x2mode else (rules.target_time / mean if mean > 0 else math.inf)
    else:
        return highest if difficulty > highest else None
    return min(max(_rounded(min(difficulty * factor, highest)), lowest), highest)


def _rounded(difficulty: float) -> float:
    """To 8 decimals as in NOMP, or to 8 digits where decimals would leave none."""
    return round(difficulty, 8) if difficulty >= 1 else float(f"{difficulty:.8g}")
