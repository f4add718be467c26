"""A stretch of the share log, summed up: what is added to the tallies at once. Pure.

Work is an integer in units of 2^-32 difficulty (`nompcore.target.work_from_difficulty`). A block candidate
ends its part: the shares of its group up to and with it belong to its round, those after it to the next.

A hundred thousand shares a second pass through here. So that each costs one look-up, it goes to its worker's
run: shares of one worker in one part and bucket, for one address. Sums are made of runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from nompcore.bus import Stored
from nompcore.errors import EncodingError
from nompcore.messages import Share, ShareBatch
from nompcore.target import work_from_difficulty
from services.payouts.counting.groups import OWN, POOL_ONLY, Groups

BUCKET_SECONDS = 30
"""Grain of hashrates: a window of 300 s is ten buckets, and a worker costs one field in each."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A share that met the network target: where a round ends. `difficulty`: what it was credited.

    Those of the first versions know neither their place in the log nor the network's difficulty: zero.
    """

    block_hash_display: str
    height: int
    worker: str
    address: str
    difficulty: float
    reward_sats: int
    time_ms: int
    sequence: int = 0  # of its message in the log
    network_difficulty: float = 0.0
    group: str = OWN

    @property
    def mark(self) -> Mark:
        """Where the next round of its group begins."""
        return Mark(self.block_hash_display, self.sequence, self.time_ms)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the share log: right behind a candidate."""

    block_hash_display: str
    sequence: int
    time_ms: int


@dataclass(slots=True)
class Part:
    """Work of one group in a stretch of the log, by payout address and by worker; a candidate is its last
    share."""

    by_address: dict[str, int] = field(default_factory=dict)
    by_worker: dict[str, int] = field(default_factory=dict)
    candidate: Candidate | None = None
    group: str = OWN


class Newest(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a worker's last share."""

    time_ms: int
    ip: str
    address: str


@dataclass(slots=True)
class TallyBatch:
    """The sums of one stretch, ending at stream sequence `last_sequence`.

    `valid`, `best` and `newest` have the same workers in the same order: those with an accepted share.
    """

    last_sequence: int = 0
    parts: list[Part] = field(default_factory=lambda: [Part()])  # those of one group in their order
    valid: dict[str, int] = field(default_factory=dict)  # worker → accepted shares
    best: dict[str, float] = field(default_factory=dict)  # worker → difficulty that its best share reached
    newest: dict[str, Newest] = field(default_factory=dict)  # worker → about its last share
    refused: dict[str, dict[str, int]] = field(default_factory=dict)  # worker → RejectReason.code → count
    buckets: dict[int, dict[str, int]] = field(default_factory=dict)  # bucket_of(time) → worker → work
    last_share_ms: int = 0  # of the newest share by time, 0 without any
    worthless: int = 0  # shares of no positive, finite difficulty: stratum never sends them

    @property
    def valid_total(self) -> int:
        """Accepted shares in this stretch."""
        return sum(self.valid.values())

    @property
    def refused_total(self) -> int:
        """Refused shares in this stretch."""
        return sum(sum(reasons.values()) for reasons in self.refused.values())


class _Run(msgspec.Struct, gc=False):
    """Shares of one worker that differ in nothing that sums are made by."""

    address: str
    bucket: int
    ip: str = ""  # of the last one, as `time_ms`
    time_ms: int = 0
    work: int = 0
    valid: int = 0
    best: float = 0.0


@dataclass(slots=True)
class _OpenPart:
    part: Part
    runs: dict[str, _Run] = field(default_factory=dict)  # worker → its latest


class Summing:
    """Sums that grow, message by message."""

    def __init__(self, groups: Groups = POOL_ONLY) -> None:
        self.size = 0  # shares and counts of refused ones
        self._groups = groups
        self._batch = TallyBatch(parts=[])
        self._parts: list[_OpenPart] = []
        self._open: dict[str, _OpenPart] = {}  # group → the part that no candidate has ended
        self._part_of(OWN)

    def add(self, batch: ShareBatch, sequence: int) -> None:
        """Add the next message of the log."""
        self._batch.last_sequence = sequence
        self.size += len(batch.shares) + len(batch.rejects)
        for share in batch.shares:
            self._add_share(share, sequence)
        for reject in batch.rejects:
            _grow(self._batch.refused.setdefault(reject.worker, {}), {reject.reason: reject.count})

    def batch(self) -> TallyBatch:
        """The sums. Nothing can be added any more."""
        for opened in self._parts:
            self._sum_up(opened.part, opened.runs)
            opened.runs.clear()
        return self._batch

    def _add_share(self, share: Share, sequence: int) -> None:
        try:
            work = _work(share.difficulty)
        except EncodingError:
            self._batch.worthless += 1
            return
        group = self._groups.of(share) if self._groups.by_port else OWN
        opened = self._open.get(group) or self._part_of(group)
        bucket = bucket_of(share.time_ms)
        run = opened.runs.get(share.worker)
        if run is None or run.bucket != bucket or run.address != share.address:
            if run is not None:
                self._sum_up(opened.part, {share.worker: run})
            run = opened.runs[share.worker] = _Run(share.address, bucket)
        run.ip, run.time_ms = share.ip, share.time_ms
        run.work += work
        run.valid += 1
        run.best = max(run.best, share.share_difficulty)
        if share.block_hash_display:
            opened.part.candidate = _candidate(share, sequence, group)
            del self._open[group]

    def _part_of(self, group: str) -> _OpenPart:
        """A new part of a group."""
        opened = self._open[group] = _OpenPart(Part(group=group))
        self._parts.append(opened)
        self._batch.parts.append(opened.part)
        return opened

    def _sum_up(self, part: Part, runs: Mapping[str, _Run]) -> None:
        """Add runs, which then are done with. Its own loop for each sum is faster than all sums in one."""
        batch = self._batch
        for run in runs.values():
            part.by_address[run.address] = part.by_address.get(run.address, 0) + run.work
            batch.last_share_ms = max(batch.last_share_ms, run.time_ms)
        _grow(part.by_worker, {worker: run.work for worker, run in runs.items()})
        for bucket in {run.bucket for run in runs.values()}:
            works = {worker: run.work for worker, run in runs.items() if run.bucket == bucket}
            _grow(batch.buckets.setdefault(bucket, {}), works)
        _grow(batch.valid, {worker: run.valid for worker, run in runs.items()})
        for worker, run in runs.items():
            batch.best[worker] = max(batch.best.get(worker, 0.0), run.best)
            before = batch.newest.get(worker)
            if before is None or before.time_ms <= run.time_ms:
                batch.newest[worker] = Newest(run.time_ms, run.ip, run.address)


def fold(stored: Sequence[Stored[ShareBatch]], groups: Groups = POOL_ONLY) -> TallyBatch:
    """Sum up messages, at least one, in the order of the log."""
    summing = Summing(groups)
    for entry in stored:
        summing.add(entry.message, entry.sequence)
    return summing.batch()


def _grow(sums: dict[str, int], more: Mapping[str, int]) -> None:
    if not sums:
        sums.update(more)
        return
    for name, number in more.items():
        sums[name] = sums.get(name, 0) + number


@lru_cache(maxsize=10_000)
def _work(difficulty: float) -> int:
    """Miners stay at a difficulty for minutes."""
    return work_from_difficulty(difficulty)


def bucket_of(time_ms: int) -> int:
    """The hashrate bucket a time falls into."""
    return time_ms // (BUCKET_SECONDS * 1000)


def _candidate(share: Share, sequence: int, group: str) -> Candidate:
    return Candidate(
        block_hash_display=share.block_hash_display,
        height=share.height,
        worker=share.worker,
        address=share.address,
        difficulty=share.difficulty,
        reward_sats=share.reward_sats,
        time_ms=share.time_ms,
        sequence=sequence,
        network_difficulty=share.network_difficulty,
        group=group,
    )
