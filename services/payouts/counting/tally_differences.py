"""Where tallies differ from what the log says they should be. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from services.payouts.counting.tally_state import (
    BEST,
    BY_WORKER,
    COUNTERS,
    HOME,
    INVALID,
    REFUSED,
    RIGS,
    ROUND,
    ROUNDS,
    ROUNDS_BEGAN,
    SEEN,
    VALID,
    TallyState,
)
from services.payouts.counting.worker_upkeep import WORKER_LIFE_SECONDS
from services.payouts.schemes.scheme import CLOCK_SLACK_MS

FORGETTING_MS: Final = 24 * 3600 * 1000
"""Workers this close to being forgotten, or beyond it, may be here or not: they go now and then."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a hash, or a name in a set (`should` and `has` are then the name or empty)."""

    key: str
    field: str
    should: str
    has: str

    def __str__(self) -> str:
        return f"{self.key} {self.field}: is {self.has or 'missing'}, should be {self.should or 'missing'}"


@dataclass(frozen=True, slots=True)
class Unsure:
    """What is not compared: workers about to be forgotten, and rounds that the ledger has."""

    workers: Collection[str]
    rounds: Collection[str]

    def covers(self, key: str, field: str, valid: Mapping[str, str]) -> bool:
        """Whether a field cannot be known. `valid` are the workers that have an accepted share."""
        if key in (ROUNDS, ROUNDS_BEGAN):
            return field in self.rounds
        if key == INVALID and field not in valid:
            return True  # names that only had shares refused are forgotten by Redis' clock
        return (key in BY_WORKER or key.startswith(RIGS)) and field in self.workers


def old_workers(states: Iterable[TallyState], now_ms: int) -> set[str]:
    """Workers that may be forgotten by now, or will be soon."""
    oldest_ms = now_ms - WORKER_LIFE_SECONDS * 1000 + FORGETTING_MS
    return {name for state in states for name, seen in state.of(SEEN).items() if int(seen) < oldest_ms}


def differences(
    should: TallyState, has: TallyState, keys: Iterable[str], unsure: Unsure
) -> Iterator[Difference]:
    """Of some keys, in their order."""
    for key in keys:
        if key == REFUSED or key.removeprefix(ROUND) in unsure.rounds:
            continue
        expected, found = _fields(should, key), _fields(has, key)
        for field in sorted(expected.keys() | found.keys()):
            if _means_the_same(key, field, expected.get(field), found.get(field)):
                continue
            if not unsure.covers(key, field, should.of(VALID)):
                yield Difference(key, field, expected.get(field, ""), found.get(field, ""))


def _fields(state: TallyState, key: str) -> Mapping[str, str]:
    if key in state.sets:
        return {name: name for name in state.sets[key]}
    return state.of(key)


def _means_the_same(key: str, field: str, should: str | None, has: str | None) -> bool:
    """A worker's last share, where those of two replicas came out of order, may be any of them: which one it
    is depends on how they came together in readings."""
    if should is None or has is None or should == has:
        return should == has
    if key == SEEN or (key, field) == (COUNTERS, "last_share_ms"):
        return abs(int(should) - int(has)) <= CLOCK_SLACK_MS
    if key == HOME:
        return should.partition(" ")[2] == has.partition(" ")[2]
    if key == BEST:
        return float(should) == float(has)
    return bool(key == INVALID and msgspec.json.decode(should) == msgspec.json.decode(has))
