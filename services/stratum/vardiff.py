"""Variable difficulty: from the times of a miner's shares to the difficulty that suits its pace.

The algorithm and its constants are NOMP's (spec 1.9) with five differences, each on purpose:
* only accepted shares count, so junk cannot move a difficulty;
* a buffer size that is not whole is rounded (there it never filled);
* the network's difficulty is an upper bound too, as the README has always promised;
* a silent miner descends (`silence`); NOMP waits for a share that a too high difficulty keeps from coming;
* a flood at the start is answered at once: a 100 TH/s rig at difficulty 8 sends 2900 shares a second, and
  NOMP lets it for half a retarget period.

Pure: times are arguments, in seconds of any steady clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

FAST_SHARES = 8  # intervals that make a flood: as few as tell one from a lucky start
FAST_RATIO = 16  # times the wanted pace: beyond luck, and quicker than any pace that can wait
MAX_FAST_FACTOR = 64.0  # a step: the shares of one packet look like an infinite rate
SETTLE_SECONDS = 5.0  # for shares of the old difficulty, on their way or in the firmware's queue of work


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


@dataclass(frozen=True, slots=True)
class Retarget:
    """A difficulty to use from now on; when `urgent`, at once with the current job sent again."""

    difficulty: float
    urgent: bool


class Vardiff:
    """One connection's share times. Each look at them gives a Retarget, None to keep the difficulty.

    Until the first ordinary retarget a connection is new: a flood is answered at once, and as often as it
    takes. Each such answer begins the connection anew, since what came before says nothing about the pace
    at the new difficulty.
    """

    __slots__ = (
        "_has_share",
        "_intervals",
        "_is_new",
        "_last_retarget",
        "_last_share",
        "_new_intervals",
        "_rules",
        "_since",
    )

    def __init__(self, rules: VardiffRules, now: float) -> None:
        self._rules = rules
        self._intervals: deque[float] = deque(maxlen=rules.buffer_size)
        self._has_share = False
        self._last_share = now
        self._last_retarget = now
        self._is_new = True
        self._new_intervals = 0
        self._since = now  # shares count from here on

    def raise_minimum(self, difficulty: float) -> None:
        """Never go below this one, which the miner wished; the port's maximum and the network still may.

        Only the way down changes: a difficulty that is lower already is the caller's to raise.
        """
        self._rules = replace(self._rules, min_diff=max(self._rules.min_diff, difficulty))

    def share_accepted(self, now: float, difficulty: float, network_difficulty: float) -> Retarget | None:
        """Count a share accepted at `now` while `difficulty` is in force."""
        if not self._has_share:
            self._begin(now)
            return None
        self._intervals.append(now - self._last_share)
        self._last_share = now
        if now - self._last_retarget >= self._rules.retarget_time:
            return self._look(now, difficulty, network_difficulty)
        return self._look_for_flood(now, difficulty, network_difficulty) if self._is_new else None

    def silence(self, now: float, difficulty: float, network_difficulty: float) -> Retarget | None:
        """Look at a miner that may be silent: no share for a retarget period counts as one slow share.

        Urgent, because the next job may be an hour away and the miner finds nothing until then.
        """
        silent = now - max(self._last_share, self._last_retarget)
        if silent < max(self._rules.retarget_time, self._rules.slowest):  # a shorter one would look fast
            return None
        self._last_share = (
            now  # the silence is judged once; it must not weigh on the next share's interval too
        )
        self._last_retarget = now
        self._since, self._new_intervals = now, 0  # nor hide a flood
        return self._retarget(silent, difficulty, network_difficulty, urgent=True)

    def _begin(self, now: float) -> None:
        """Count from a first share on; one found before the last difficulty was heard is none."""
        self._last_share = now
        if now >= self._since:
            self._has_share = True
            self._last_retarget = now - self._rules.retarget_time / 2

    def _look(self, now: float, difficulty: float, network_difficulty: float) -> Retarget | None:
        self._is_new = False
        self._last_retarget = now
        mean = sum(self._intervals) / len(self._intervals)
        return self._retarget(mean, difficulty, network_difficulty, urgent=False)

    def _look_for_flood(self, now: float, difficulty: float, network_difficulty: float) -> Retarget | None:
        """Reckon with all the time since the beginning: a late burst, as after a stall, is no flood."""
        self._new_intervals += 1
        mean = (now - self._since) / self._new_intervals
        if self._new_intervals < FAST_SHARES or mean >= self._rules.target_time / FAST_RATIO:
            return None
        mean = max(mean, self._rules.target_time / MAX_FAST_FACTOR)
        retarget = self._retarget(mean, difficulty, network_difficulty, urgent=True)
        self._is_new = retarget is not None  # at the upper bound already: do not reckon with each share
        self._has_share = retarget is None
        self._since, self._new_intervals = now + SETTLE_SECONDS, 0
        return retarget

    def _retarget(
        self, mean: float, difficulty: float, network_difficulty: float, *, urgent: bool
    ) -> Retarget | None:
        new = next_difficulty(self._rules, mean, difficulty, network_difficulty)
        if new is not None:
            self._intervals.clear()
        return None if new is None or new == difficulty else Retarget(new, urgent)


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
