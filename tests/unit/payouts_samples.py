"""Shares, candidates and ledgers for the tests of payouts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nompcore.bus import Stored
from nompcore.messages import (
    BlockSubmitted,
    RejectCount,
    Share,
    ShareBatch,
)
from services.payouts.counting.tally_batch import Candidate
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger

POOL = "litecoin"
START_MS = 1_763_900_000_000


def block_hash(number: int) -> str:
    """The made-up hash of a block."""
    return f"{number:064x}"


def share(
    worker: str,
    difficulty: float = 1.0,
    *,
    time_ms: int = START_MS,
    block: str = "",
    height: int = 100,
    reward_sats: int = 0,
    port: int = 3333,
    network_difficulty: float = 0.0,
) -> Share:
    """An accepted share of `address` or `address.rig`."""
    return Share(
        worker=worker,
        address=worker.partition(".")[0],
        difficulty=difficulty,
        share_difficulty=difficulty * 2,
        job_id="1",
        height=height,
        time_ms=time_ms,
        ip="192.0.2.1",
        port=port,
        block_hash_display=block,
        reward_sats=reward_sats,
        network_difficulty=network_difficulty,
    )


def share_batch(
    shares: Sequence[Share], *, batch_id: str = "batch", pool: str = POOL, rejects: Sequence[RejectCount] = ()
) -> ShareBatch:
    """A message of the share log."""
    return ShareBatch(
        pool=pool, batch_id=batch_id, replica="test", shares=list(shares), rejects=list(rejects)
    )


def stored(*messages: ShareBatch, first: int = 1) -> list[Stored[ShareBatch]]:
    """Messages as the share log holds them, from a sequence on."""
    return [Stored(first + number, message) for number, message in enumerate(messages)]


def candidate(number: int, *, reward_sats: int = 50_00000000, height: int = 100) -> Candidate:
    """A candidate as the tallies keep it."""
    return Candidate(
        block_hash_display=block_hash(number),
        height=height,
        worker="finder.rig",
        address="finder",
        difficulty=1.0,
        reward_sats=reward_sats,
        time_ms=START_MS + number,
    )


def outcome(number: int, status: str = "accepted", *, reward_sats: int = 50_00000000) -> BlockSubmitted:
    """What jobmaker reports about the block of that candidate."""
    return BlockSubmitted(
        pool=POOL,
        height=100,
        block_hash_display=block_hash(number),
        coinbase_txid_display=f"{number:064x}"[::-1],
        worker="finder.rig",
        address="finder",
        difficulty=1.0,
        reward_sats=reward_sats,
        time_ms=START_MS + number,
        status=status,
        reason="" if status == "accepted" else "stale",
    )


def sqlite_ledger(directory: Path) -> Ledger:
    """An empty ledger in a file of the directory."""
    ledger = Ledger(Database(f"sqlite:///{directory}/ledger.db", Failpoints()))
    ledger.open()
    return ledger
