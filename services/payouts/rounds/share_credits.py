"""PPS: what a stretch of the share log earns, message by message, as far as the reserve goes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from nompcore.messages import Share, ShareBatch
from services.payouts.ledger.reserve_ledger import Earned, Reserve
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.schemes.pps import PARTS_PER_SAT, worth


@dataclass(slots=True)
class _Message:
    """What one message changes."""

    began: dict[str, int]
    candidates: dict[str, None] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)  # address → 2^-32 sats
    shares: int = 0
    unvalued: int = 0
    last_share_ms: int = 0


class ShareCredits:
    """A stretch of the log after `reserve.progress`, being summed up."""

    def __init__(self, reserve: Reserve, history: SchemeHistory, *, fee_ppm: int, seen: Set[str]) -> None:
        self._reserve = reserve
        self._history = history
        self._fee_ppm = fee_ppm
        self._seen = seen
        self._progress = reserve.progress
        self._candidates: dict[str, None] = {}
        self._parts: dict[str, int] = {}  # address → 2^-32 sats, with what it had kept
        self._total_sats = 0
        self.shares = 0
        self.unvalued = 0  # shares that do not say what a block was worth: of an old stratum

    def add(self, message: ShareBatch, sequence: int) -> bool:
        """Add the next message. False, and nothing added, if the reserve does not cover it."""
        change = _Message(dict(self._progress.began), last_share_ms=self._progress.last_share_ms)
        for share in message.shares:
            self._weigh(share, change)
        grown = {address: self._of(address) + parts for address, parts in change.parts.items()}
        added_sats = sum(_sats(parts) - _sats(self._of(address)) for address, parts in grown.items())
        if self._total_sats + added_sats > max(0, self._reserve.reserve_sats):
            return False
        self._total_sats += added_sats
        self._parts.update(grown)
        self._candidates.update(change.candidates)
        self.shares += change.shares
        self.unvalued += change.unvalued
        self._progress = replace(
            self._progress, position=sequence, last_share_ms=change.last_share_ms, began=change.began
        )
        return True

    def earned(self) -> Earned:
        """What all messages added so far earn."""
        return Earned(
            after=self._progress,
            credits=_positive({address: _sats(parts) for address, parts in self._parts.items()}),
            remainders={address: parts % PARTS_PER_SAT for address, parts in self._parts.items()},
            candidates=list(self._candidates),
        )

    def _of(self, address: str) -> int:
        """What an address has, whole and in parts; it never kept a whole sat."""
        return self._parts.get(address, self._reserve.remainders.get(address, 0))

    def _weigh(self, share: Share, change: _Message) -> None:
        group = self._history.groups.of(share)
        if self._history.of_round(group, change.began.get(group, 0)).pays_shares:
            parts = worth(share, self._fee_ppm)
            change.shares += parts is not None
            change.unvalued += parts is None
            if parts:
                change.parts[share.address] = change.parts.get(share.address, 0) + parts
        change.last_share_ms = max(change.last_share_ms, share.time_ms)
        self._end_round(share, group, change)

    def _end_round(self, share: Share, group: str, change: _Message) -> None:
        """A candidate ends its round, the first time it is seen: as in the tallies."""
        found = share.block_hash_display
        is_known = found in self._seen or found in self._candidates or found in change.candidates
        if found and not is_known:
            change.candidates[found] = None
            change.began[group] = share.time_ms


def _sats(parts: int) -> int:
    return parts // PARTS_PER_SAT


def _positive(amounts: Mapping[str, int]) -> dict[str, int]:
    return {address: sats for address, sats in amounts.items() if sats}
