"""One connection's difficulty: what its port allows, what the miner asks for, what its pace says. Pure.

Methods that may change it return whether the change is urgent: to be announced now, with the current job sent
again, and not before the next job.
"""

from __future__ import annotations

import math

from services.stratum.difficulty import DifficultyTrack, TargetRules
from services.stratum.difficulty_policy import DifficultyPolicy, difficulty_of_target_hex
from services.stratum.vardiff import Retarget, Vardiff


class MinerDifficulty:
    """Of one connection. `network` is the network's difficulty in the pool's unit, infinite while unknown.

    No difficulty is announced above it, not even a port's fixed one: the miner would keep blocks to itself.
    """

    __slots__ = ("_asked", "_fixed", "_minimum", "_policy", "_rules", "_wanted", "track", "vardiff")

    def __init__(self, policy: DifficultyPolicy, rules: TargetRules) -> None:
        self.track = DifficultyTrack(rules, policy.start)
        self._policy = policy
        self._rules = rules
        self.vardiff: Vardiff | None = None  # where the pace is not watched, or not yet
        self._fixed = False
        self._minimum: float | None = None
        self._wanted = policy.start  # whatever the network's is
        self._asked = policy.start  # what the miner has been told or is about to be: `track.newest`

    def begin_again(self, difficulty: float, network: float) -> None:
        """Start where an earlier session of the miner stopped, unless this one has asked for something else;
        before the first job."""
        if not self._fixed:
            self._wanted = self._wished(difficulty)
            self._asked = min(self._wanted, network)
            self.track = DifficultyTrack(self._rules, self._asked)

    def move(self, track: DifficultyTrack | None, rules: TargetRules, network: float) -> None:
        """Go on in another pool, at `track` where the miner has been there; its wishes and pace stay."""
        self._rules = rules
        self.track = track or DifficultyTrack(rules, min(self._wanted, network))
        self._asked = self.track.newest

    def next_job(self, now: float, network: float) -> None:
        """The miner gets a job: from the first time on its pace is watched."""
        best = self._wanted if self._wanted <= network else network
        if best != self._asked:
            self._ask(best)
        if self.vardiff is None and self._policy.vardiff is not None and not self._fixed:
            self.vardiff = Vardiff(self._policy.vardiff, now)
            if self._minimum is not None:
                self.vardiff.raise_minimum(self._minimum)

    def share_accepted(self, now: float, difficulty: float, network: float) -> bool:
        """A share accepted at `difficulty`; one easier than is asked by now tells nothing of the pace."""
        if self.vardiff is None:
            return False
        announced = self.track.in_force.difficulty
        if difficulty < announced:
            return False
        return self._follow(self.vardiff.share_accepted(now, announced, network))

    def look_for_silence(self, now: float, network: float) -> bool:
        """Perhaps no share for long."""
        if self.vardiff is None:
            return False
        return self._follow(self.vardiff.silence(now, self.track.announced, network))

    def fix(self, wish: float, network: float) -> bool:
        """Password option `d`: this difficulty from now on, within the port's bounds."""
        self._fixed = True
        self.vardiff = None
        return self._change(self._policy.fixed(wish, math.inf), network)

    def suggest(self, wish: float, network: float) -> bool:
        """mining.suggest_difficulty: go on from here; vardiff follows the pace as before."""
        return not self._fixed and self._change(self._wished(wish), network)

    def suggest_target(self, target_hex: str, network: float) -> bool | None:
        """mining.suggest_target; None when that is no target."""
        wish = difficulty_of_target_hex(target_hex, self._rules.multiplier)
        return None if wish is None else self.suggest(wish, network)

    def set_minimum(self, wish: float, network: float) -> bool:
        """Password option `md` and BIP 310's minimum-difficulty: never below, within the port's bounds."""
        self._minimum = self._policy.minimum(wish)
        if self.vardiff is not None:
            self.vardiff.raise_minimum(self._minimum)
        return self._wanted < self._minimum and self._change(self._minimum, network)

    def _wished(self, wish: float) -> float:
        """The difficulty to go on with: not below the minimum that the miner has asked for."""
        return self._policy.suggested(max(wish, self._minimum or wish), math.inf)

    def _follow(self, retarget: Retarget | None) -> bool:
        if retarget is None:
            return False
        self._wanted = retarget.difficulty
        self._ask(retarget.difficulty)
        return retarget.urgent

    def _change(self, wanted: float, network: float) -> bool:
        self._wanted = wanted
        difficulty = min(wanted, network)
        if difficulty == self._asked:
            return False
        self._ask(difficulty)
        return True

    def _ask(self, difficulty: float) -> None:
        self._asked = difficulty
        self.track.queue(difficulty)
