"""A found block's weights out of the share log, for schemes whose weights the tallies do not have.

The log is read backwards from the block's candidate, a chunk of sequences at a time, until the scheme's
window is full or its reach ends. The result depends on the log alone, not on the chunks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nompcore.bus import Bus, Stored
from nompcore.errors import EncodingError, StreamGap, StreamReset
from nompcore.messages import Share, ShareBatch
from nompcore.subjects import SHARE_BATCH
from nompcore.target import work_from_difficulty
from services.payouts import metrics
from services.payouts.counting.groups import Groups
from services.payouts.counting.round_mark import is_mark
from services.payouts.counting.tally_batch import Candidate, Mark
from services.payouts.ledger.round_rows import Round
from services.payouts.schemes.scheme import LogShare, Reach, Window

log = logging.getLogger(__name__)

CHUNK_SEQUENCES, MAX_CHUNK_SEQUENCES = 500, 4_000
"""Of all pools' messages; twice as many each time that few of them were the pool's own."""

SPARSE_MESSAGES = CHUNK_SEQUENCES // 2


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a window may look: up to `end`, its candidate, and not back beyond `begin`."""

    end: Mark
    begin: Mark | None
    group: str
    groups: Groups

    @property
    def first_sequence(self) -> int:
        """The earliest message to look at. A mark of a log that NATS lost lies before all of this one."""
        if self.begin is None or self.begin.sequence > self.end.sequence:
            return 1
        return max(1, self.begin.sequence)

    def checked(self, stored: Sequence[Stored[ShareBatch]], after: int) -> Stretch:
        """Without its beginning if the messages behind `after` show that it was a place in another log."""
        begin = self.begin
        if begin is None or not after < begin.sequence <= self.end.sequence:
            return self
        is_here = any(
            entry.sequence == begin.sequence and _place(entry.message.shares, begin) >= 0 for entry in stored
        )
        return self if is_here else replace(self, begin=None)

    def newest_first(self, stored: Sequence[Stored[ShareBatch]]) -> Iterator[LogShare]:
        """The shares of messages in order that lie inside and are of the group, backwards."""
        for entry in reversed(stored):
            for share in reversed(self._inside(entry)):
                if self.groups.of(share) == self.group and (weighed := _log_share(share)) is not None:
                    yield weighed

    def _inside(self, entry: Stored[ShareBatch]) -> list[Share]:
        shares = entry.message.shares
        if entry.sequence == self.end.sequence:
            shares = shares[: _place(shares, self.end) + 1]
        if self.begin is not None and entry.sequence == self.begin.sequence:
            shares = shares[_place(shares, self.begin) + 1 :]
        return shares


class ShareWindows:
    """One pool's log."""

    def __init__(self, bus: Bus, pool: str) -> None:
        self._bus = bus
        self._pool = pool

    async def weights(
        self, candidate: Candidate, decided: Round, groups: Groups, cut_before: int = 0
    ) -> dict[str, int] | None:
        """Address → weight of the block's reward; None if the log cannot tell. What is missing is told.

        `cut_before`: messages of the log below this sequence are gone.
        """
        window: Window | None = decided.scheme.window(candidate)
        if window is None:
            self._tell(candidate, "the candidate does not say the network's difficulty")
            return None
        reach = decided.scheme.reach
        if reach is not Reach.NOTHING:
            begin = decided.era if reach is Reach.ERA else decided.began
            stretch = Stretch(candidate.mark, begin, decided.group, groups)
            if not await self._fill(window, stretch, candidate):
                return None
            if not window.is_full and stretch.first_sequence < cut_before:
                self._tell(candidate, "the log does not reach back over the whole window")
        return window.weights

    async def _fill(self, window: Window, stretch: Stretch, candidate: Candidate) -> bool:
        """Show the window what the log holds. False if the candidate is not there."""
        upper, size = candidate.sequence, CHUNK_SEQUENCES
        while upper >= stretch.first_sequence and not window.is_full:
            after = max(upper - size, stretch.first_sequence - 1)
            stored, is_first = await self._chunk(after, upper)
            stretch = stretch.checked(stored, after)
            if upper == candidate.sequence and not _holds(stored, stretch.end):
                self._tell(candidate, "the candidate is not in the log any more")
                return False
            for share in stretch.newest_first(stored):
                if window.is_full:
                    break
                window.add(share)
            if is_first:
                return True
            upper = after
            size = min(2 * size, MAX_CHUNK_SEQUENCES) if len(stored) < SPARSE_MESSAGES else CHUNK_SEQUENCES
        return True

    async def _chunk(self, after: int, up_to: int) -> tuple[list[Stored[ShareBatch]], bool]:
        """Messages behind `after`; and whether the log has no older ones."""
        try:
            return await self._read(after, up_to), False
        except StreamGap as gap:
            rest = await self._read(gap.resume_after, up_to) if gap.resume_after < up_to else []
            return rest, True
        except StreamReset:
            return [], True

    async def _read(self, after: int, up_to: int) -> list[Stored[ShareBatch]]:
        return await self._bus.stretch(SHARE_BATCH, self._pool, after, up_to=up_to, limit=up_to - after)

    def _tell(self, candidate: Candidate, reason: str) -> None:
        metrics.WINDOWS_SHORT.labels(self._pool).inc()
        facts = {"pool": self._pool, "block": candidate.block_hash_display, "reason": reason}
        log.error("shares of a block are missing", extra=facts)


def _place(shares: Sequence[Share], mark: Mark) -> int:
    """Where a mark's candidate is in its message: the first time, as a repeated one is an ordinary share."""
    for index, share in enumerate(shares):
        if share.block_hash_display == mark.block_hash_display:
            return index
    return -1  # another log has another message of this sequence


def _holds(stored: Sequence[Stored[ShareBatch]], end: Mark) -> bool:
    return bool(stored) and (
        stored[-1].sequence == end.sequence and _place(stored[-1].message.shares, end) >= 0
    )


def _log_share(share: Share) -> LogShare | None:
    """None for a share of no positive difficulty: the tallies have counted it. And for a mark."""
    if is_mark(share):
        return None
    try:
        return LogShare(share.address, work_from_difficulty(share.difficulty), share.time_ms)
    except EncodingError:
        return None
