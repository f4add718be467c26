"""How far back a pool's share log is still needed, and by what. Pure.

A need is the first sequence that has to stay. Windows of schemes reach back over work and time, which
checkpoints translate into sequences: places of the log of which it is known how much work lay before them.
What cannot be known is needed: the log is cut later then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import msgspec

from nompcore.errors import EncodingError
from nompcore.target import work_from_difficulty
from services.payouts.counting.groups import OWN
from services.payouts.counting.tally_batch import Candidate, Mark
from services.payouts.ledger.round_rows import Round
from services.payouts.rounds.rewards import PPM
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.schemes.choice import AnyScheme
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.pplnt import Pplnt
from services.payouts.schemes.scheme import CLOCK_SLACK_MS

DIFFICULTY_MARGIN: Final = 4
"""A window's work follows the network's difficulty, which may rise until the block is found: Bitcoin's by
this much at most at a time."""

MAX_CHECKPOINTS: Final = 4_000
"""Five months of hours; then every second one goes."""


@dataclass(frozen=True, slots=True)
class Need:
    """What may still be asked of the log. `sequence`: the first message that has to stay, 0 for all of it."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The tallies of one moment, as far as they point into the log."""

    position: int
    last_share_ms: int
    began: Mapping[str, Mark] = field(default_factory=dict)  # group → behind which its running round began
    running: Mapping[str, int] = field(default_factory=dict)  # group → work in its running round
    found: Sequence[tuple[Candidate, Mark | None]] = ()  # rounds the ledger has not; where they began


class Checkpoint(msgspec.Struct, frozen=True):
    """A place of the log. Work before it is counted from the first checkpoint on and at most what it was."""

    sequence: int
    time_ms: int  # of the newest share before it
    work: dict[str, str]  # group → decimal, all work
    running: dict[str, tuple[int, str]]  # group → sequence where its running round began, work in it


def next_checkpoint(before: Checkpoint | None, standing: Standing) -> Checkpoint:
    """The place where the tallies are. What closed rounds had since the last checkpoint is left out."""
    work: dict[str, str] = dict(before.work) if before else {}
    running: dict[str, tuple[int, str]] = {}
    for group, now in standing.running.items():
        mark = standing.began.get(group)
        began = mark.sequence if mark else 0
        was_began, was = before.running.get(group, (began, "0")) if before else (began, "0")
        grown = now - int(was) if was_began == began else now
        work[group] = str(int(work.get(group, 0)) + max(0, grown))
        running[group] = (began, str(now))
    return Checkpoint(standing.position, standing.last_share_ms, work, running)


def thinned(checkpoints: Sequence[Checkpoint], cut_before: int) -> list[Checkpoint]:
    """Without those of which nothing is in the log any more, but for the last of these."""
    kept = [
        place
        for place, following in pairwise([*checkpoints, None])
        if place is not None and (following is None or following.sequence >= cut_before)
    ]
    return kept if len(kept) <= MAX_CHECKPOINTS else [*kept[:-1:2], kept[-1]]


@dataclass(frozen=True, slots=True)
class Windows:
    """How far back windows on blocks reach."""

    checkpoints: Sequence[Checkpoint]
    network_difficulty: float  # of the newest share, 0: not known

    def reach(self, scheme: AnyScheme, group: str, end: int, end_ms: int, difficulty: float = 0) -> int:
        """The first sequence in the window of a block found at sequence `end`, or after it."""
        if isinstance(scheme, Pplnt):
            return self._by_time(end_ms - scheme.window_seconds * 1000 - CLOCK_SLACK_MS)
        if isinstance(scheme, Pplns):
            return self._by_work(scheme, group, end, max(difficulty, self.network_difficulty))
        return end  # what other schemes look at is their round

    def _by_time(self, since_ms: int) -> int:
        return max((place.sequence + 1 for place in self.checkpoints if place.time_ms < since_ms), default=0)

    def _by_work(self, scheme: Pplns, group: str, end: int, difficulty: float) -> int:
        try:
            needed = DIFFICULTY_MARGIN * work_from_difficulty(difficulty) * scheme.window_ppm // PPM
        except EncodingError:
            return 0
        works = [(place.sequence, int(place.work.get(group, 0))) for place in self.checkpoints]
        at_end = max((work for sequence, work in works if sequence <= end), default=0)
        inside = (sequence + 1 for sequence, work in works if at_end - work >= needed)
        return max(inside, default=0)


def round_needs(
    standing: Standing, history: SchemeHistory, unsettled: Mapping[str, Round], windows: Windows
) -> Iterator[Need]:
    """What rounds need: those that run, those whose blocks are not settled, and windows over them."""
    yield Need(standing.position, "shares that are not counted yet")
    for group in {OWN, *standing.began, *standing.running, *history.by_group}:
        yield from _of_group(group, standing, history, windows)
    for found, began in standing.found:
        reason = f"the round of block {found.block_hash_display}"
        scheme = history.of_round(found.group, began.time_ms if began else 0)
        yield Need(_sequence(began), reason)
        reach = windows.reach(scheme, found.group, found.sequence, found.time_ms, found.network_difficulty)
        yield Need(reach, f"the window of block {found.block_hash_display}")
    for block_hash, decided in unsettled.items():
        yield Need(_sequence(decided.began), f"the round of block {block_hash}, which is not settled")


def _of_group(group: str, standing: Standing, history: SchemeHistory, windows: Windows) -> Iterator[Need]:
    name = f"of group {group}" if group else "of the pool"
    has_shares, mark = bool(standing.running.get(group)), standing.began.get(group)
    if not has_shares and group != OWN and group not in history.groups_now:
        return  # no port is in it any more
    if has_shares or mark is not None:
        yield Need(_sequence(mark), f"the running round {name}")
    schemes = {history.of_round(group, mark.time_ms if mark else 0), history.now(group)} - {None}
    for scheme in schemes:
        if scheme is not None:
            reach = windows.reach(scheme, group, standing.position, standing.last_share_ms)
            yield Need(reach, f"the window of the next block {name}")


def _sequence(mark: Mark | None) -> int:
    """0 for a round without a mark: it began with the log."""
    return mark.sequence if mark else 0
