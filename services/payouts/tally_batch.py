"""One reading of the share log, summed up: what a single run of apply_batch.lua adds to the tallies.

Work is an integer in units of 2^-32 difficulty (`nompcore.target.work_from_difficulty`) and goes into the
JSON as decimal text, because Lua's numbers are doubles. A block candidate ends its part: the shares of its
group up to and with it belong to its round, those after it to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from nompcore.bus import Stored
from nompcore.errors import EncodingError
from nompcore.messages import Share, ShareBatch
from nompcore.target import work_from_difficulty
from services.payouts.groups import OWN, POOL_ONLY, Groups

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

    def as_json(self) -> dict[str, object]:
        """The form the script reads; the candidate is opaque to it but for its hash."""
        form: dict[str, object] = {
            "group": self.group,
            "addresses": _as_text(self.by_address),
            "workers": _as_text(self.by_worker),
        }
        if self.candidate is not None:
            form["candidate"] = {
                "hash": self.candidate.block_hash_display,
                "meta": msgspec.json.encode(self.candidate).decode(),
                "mark": msgspec.json.encode(self.candidate.mark).decode(),
            }
        return form


@dataclass(slots=True)
class WorkerTally:
    """What one reading tells about a worker."""

    address: str = ""
    valid: int = 0
    invalid: dict[str, int] = field(default_factory=dict)  # RejectReason.code → count
    best: float = 0.0
    last_ms: int = 0
    ip: str = ""

    def count(self, share: Share) -> None:
        """Add an accepted share."""
        self.valid += 1
        self.best = max(self.best, share.share_difficulty)
        self.last_ms = max(self.last_ms, share.time_ms)
        self.address, self.ip = share.address, share.ip


@dataclass(slots=True)
class TallyBatch:
    """The sums of one reading, ending at stream sequence `last_sequence`."""

    last_sequence: int
    parts: list[Part] = field(default_factory=lambda: [Part()])  # those of one group in their order
    workers: dict[str, WorkerTally] = field(default_factory=dict)
    buckets: dict[int, dict[str, int]] = field(default_factory=dict)  # bucket_of(time) → worker → work
    worthless: int = 0  # shares of no positive, finite difficulty: stratum never sends them
    groups: Groups = field(default_factory=Groups)

    def add(self, batch: ShareBatch, sequence: int) -> None:
        """Add one message of the log."""
        for share in batch.shares:
            self._add_share(share, sequence)
        for reject in batch.rejects:
            invalid = self.workers.setdefault(reject.worker, WorkerTally()).invalid
            invalid[reject.reason] = invalid.get(reject.reason, 0) + reject.count

    def _add_share(self, share: Share, sequence: int) -> None:
        try:
            work = work_from_difficulty(share.difficulty)
        except EncodingError:
            self.worthless += 1
            return
        part = self._open_part(self.groups.of(share))
        _grow(part.by_address, share.address, work)
        _grow(part.by_worker, share.worker, work)
        _grow(self.buckets.setdefault(bucket_of(share.time_ms), {}), share.worker, work)
        self.workers.setdefault(share.worker, WorkerTally()).count(share)
        if share.block_hash_display:
            part.candidate = _candidate(share, sequence, part.group)

    def _open_part(self, group: str) -> Part:
        """The part of a group that no candidate has ended; there are few parts and fewer groups."""
        for part in reversed(self.parts):
            if part.group == group:
                if part.candidate is None:
                    return part
                break
        self.parts.append(Part(group=group))
        return self.parts[-1]

    @property
    def valid(self) -> int:
        """Accepted shares in this reading."""
        return sum(worker.valid for worker in self.workers.values())

    @property
    def invalid(self) -> int:
        """Refused shares in this reading."""
        return sum(sum(worker.invalid.values()) for worker in self.workers.values())

    def encode(self) -> bytes:
        """The script's argument."""
        return msgspec.json.encode(
            {
                "last": str(self.last_sequence),
                "parts": [part.as_json() for part in self.parts],
                "buckets": {str(bucket): _as_text(works) for bucket, works in self.buckets.items()},
                "workers": {name: _worker_json(tally) for name, tally in self.workers.items()},
                "valid": self.valid,
                "invalid": self.invalid,
                "last_share_ms": str(max((tally.last_ms for tally in self.workers.values()), default=0)),
            }
        )


def fold(stored: Sequence[Stored[ShareBatch]], groups: Groups = POOL_ONLY) -> TallyBatch:
    """Sum up messages, at least one, in the order of the log."""
    tally = TallyBatch(stored[-1].sequence, groups=groups)
    for entry in stored:
        tally.add(entry.message, entry.sequence)
    return tally


def bucket_of(time_ms: int) -> int:
    """The hashrate bucket a time falls into."""
    return time_ms // (BUCKET_SECONDS * 1000)


def _grow(sums: dict[str, int], name: str, work: int) -> None:
    sums[name] = sums.get(name, 0) + work


def _as_text(sums: dict[str, int]) -> dict[str, str]:
    return {name: str(work) for name, work in sums.items()}


def _worker_json(tally: WorkerTally) -> dict[str, object]:
    return {
        "address": tally.address,
        "valid": tally.valid,
        "invalid": tally.invalid,
        "best": repr(tally.best),
        "last_ms": str(tally.last_ms),
        "ip": tally.ip,
    }


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
