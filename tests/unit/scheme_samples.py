"""Shares and candidates for the tests of reward schemes."""

from __future__ import annotations

from collections.abc import Iterable

from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.tally_batch import Candidate
from services.payouts.schemes.scheme import LogShare, Scheme
from tests.unit.payouts_samples import START_MS, block_hash

ONE = WORK_PER_DIFFICULTY


def log_share(address: str, difficulty: int = 1, *, at_seconds: float = 0) -> LogShare:
    """A share so many seconds after the start."""
    return LogShare(address, difficulty * ONE, START_MS + round(at_seconds * 1000))


def candidate_of(share: LogShare, *, network_difficulty: float = 100) -> Candidate:
    """The share as the one that found a block."""
    return Candidate(
        block_hash_display=block_hash(1), height=100, worker=share.address, address=share.address,
        difficulty=share.work / ONE, reward_sats=50_00000000, time_ms=share.time_ms, sequence=1,
        network_difficulty=network_difficulty,
    )  # fmt: skip


def weigh(scheme: Scheme, shares: Iterable[LogShare], *, network_difficulty: float = 100) -> dict[str, int]:
    """Address → weight when the last of the shares has found a block: shown backwards, as the log is read."""
    newest_first = list(shares)[::-1]
    window = scheme.window(candidate_of(newest_first[0], network_difficulty=network_difficulty))
    assert window is not None
    for share in newest_first:
        if window.is_full:
            break
        window.add(share)
    return window.weights
