"""The group commit's memory: shares waiting to be stored, in the order in which they were accepted. Pure.

A share is *settled* once, which is when its miner is answered:

    STORED     the stream acknowledged it                              → `true`
    UNCERTAIN  no acknowledgement in time, but it may be in the stream → not-stored, a repetition is a
    duplicate
    DROPPED    never sent anywhere                                     → not-stored, it may be submitted again

A block candidate is never dropped: it marks the end of its round, so it stays queued when its miner has long
been answered.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from nompcore.errors import RejectReason
from nompcore.messages import RejectCount, Share, ShareBatch

MAX_BATCH_SHARES = 500  # about 200 kB of JSON, well below the NATS default payload limit of 1 MiB
MAX_BATCH_REJECTS = 1000  # about 120 kB
MAX_WAITING_SHARES = 100_000  # about 100 MB; ten seconds of 10,000 shares a second
MAX_WAITING_REJECTS = 20_000  # distinct (worker, reason) pairs
SHORTEST_GATHER_SECONDS, LONGEST_GATHER_SECONDS = 0.002, 0.01
GATHER_SECONDS_PER_SHARE = 20e-6
ANSWER_SECONDS = 10.0  # miners give up on a reply after some 10 to 60 s


def gather_seconds(shares_before: int) -> float:
    """How long the first share of a batch waits for others from its arrival on, after a batch of so many.

    A batch costs the processor as much as ten shares and more. Where few shares come that matters to nobody
    and the wait to every miner; where many come it is the other way round.
    """
    return min(SHORTEST_GATHER_SECONDS + GATHER_SECONDS_PER_SHARE * shares_before, LONGEST_GATHER_SECONDS)


class Settlement(enum.Enum):
    """What became of a share on its way to the stream."""

    STORED = "stored"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"


Settle = Callable[[Settlement], None]


class PendingShare(msgspec.Struct, gc=False):
    """An accepted share and whom to tell; `settle` is None once told.

    Nothing that it holds leads back to it, so the garbage collector need not look at it.
    """

    share: Share
    deadline: float
    settle: Settle | None

    def tell(self, settlement: Settlement) -> None:
        """Settle it, unless that has been done."""
        settle, self.settle = self.settle, None
        if settle is not None:
            settle(settlement)


@dataclass(slots=True)
class PendingBatch:
    """A batch on its way: its content no longer changes, since it may already be in the stream."""

    message: ShareBatch
    shares: list[PendingShare]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not self.message.shares and not self.message.rejects

    @property
    def candidates(self) -> int:
        """How many block candidates it holds."""
        return sum(1 for pending in self.shares if pending.share.block_hash_display)

    def tell(self, settlement: Settlement) -> None:
        """Settle all its shares that are not yet. Runs for each share: nothing is called but its answer."""
        for pending in self.shares:
            settle, pending.settle = pending.settle, None
            if settle is not None:
                settle(settlement)

    def expire(self, now: float) -> None:
        """Answer the miners that have waited long enough."""
        for pending in self.shares:
            if pending.deadline <= now:
                pending.tell(Settlement.UNCERTAIN)


@dataclass(slots=True)
class ShareQueue:
    """Shares and reject counts of one pool that are not yet in any batch."""

    _shares: deque[PendingShare] = field(default_factory=deque)
    _rejects: dict[tuple[str, str], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._shares)

    def waited_seconds(self, now: float) -> float:
        """How long the oldest share has waited."""
        return now - (self._shares[0].deadline - ANSWER_SECONDS)

    @property
    def rejects(self) -> int:
        """How many distinct reject counts wait."""
        return len(self._rejects)

    def add(self, share: Share, settle: Settle, now: float) -> int:
        """Queue an accepted share: how many wait now; 0 when the queue is full (a candidate always fits)."""
        shares = self._shares
        if len(shares) >= MAX_WAITING_SHARES and not share.block_hash_display:
            return 0
        shares.append(PendingShare(share, now + ANSWER_SECONDS, settle))
        return len(shares)

    def reject(self, worker: str, reason: RejectReason) -> bool:
        """Count a refused share; False when there is no room for another worker's count."""
        key = (worker, reason.code)
        if key not in self._rejects and len(self._rejects) >= MAX_WAITING_REJECTS:
            return False
        self._rejects[key] = self._rejects.get(key, 0) + 1
        return True

    def take(self, pool: str, batch_id: str, replica: str) -> PendingBatch:
        """The next batch: the oldest shares and counts, at most a batch full of each."""
        shares = [self._shares.popleft() for _ in range(min(len(self._shares), MAX_BATCH_SHARES))]
        keys = list(self._rejects)[:MAX_BATCH_REJECTS]
        message = ShareBatch(
            pool=pool,
            batch_id=batch_id,
            replica=replica,
            shares=[pending.share for pending in shares],
            rejects=[
                RejectCount(worker=worker, reason=reason, count=self._rejects.pop((worker, reason)))
                for worker, reason in keys
            ],
        )
        return PendingBatch(message, shares)

    def expire(self, now: float) -> None:
        """Drop the shares that have waited too long; candidates are answered but stay in their place."""
        candidates: list[PendingShare] = []
        while self._shares and self._shares[0].deadline <= now:
            pending = self._shares.popleft()
            if pending.share.block_hash_display:
                pending.tell(Settlement.UNCERTAIN)
                candidates.append(pending)
            else:
                pending.tell(Settlement.DROPPED)
        self._shares.extendleft(reversed(candidates))


class JointAnswer:
    """One answer that waits for several stores: a candidate is in the share stream and announced."""

    __slots__ = ("_missing", "_settle")

    def __init__(self, stores: int, settle: Settle) -> None:
        self._missing = stores
        self._settle: Settle | None = settle

    def tell(self, settlement: Settlement) -> None:
        """One store's outcome: the last STORED, or the first other outcome, is passed on."""
        self._missing -= 1
        if settlement is Settlement.STORED and self._missing > 0:
            return
        settle, self._settle = self._settle, None
        if settle is not None:
            settle(settlement)
