"""A submitted share's way through one pool: check, hash, judge, hand to the publisher, answer.

The key of a share is reserved before its hash is computed and given back if it is refused, so the same share
sent twice at once is caught even while the first is still in a hashing thread.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor
from functools import partial
from typing import Protocol

from nompcore import messages as m
from nompcore.coin import Coin
from nompcore.encoding import display
from nompcore.errors import RejectReason
from nompcore.hashing import sha256d
from nompcore.share import Accepted, BlockFound, Rejected, ShareHeader, check_shape, judge
from services.stratum.authorization import Worker
from services.stratum.block_publisher import BlockPublisher
from services.stratum.counters import PoolCounters
from services.stratum.outcome import SubmittedShare
from services.stratum.publisher import SharePublisher
from services.stratum.replies import refusal_line, true_line
from services.stratum.share_batch import JointAnswer, Settle, Settlement


class Miner(Protocol):
    """The connection a share came from."""

    ip: str
    port: int

    def share_accepted(self, now: float, difficulty: float) -> None:
        """A share is good at this difficulty; it is not stored yet."""

    def share_refused(self, reason: RejectReason) -> None:
        """A share is answered with an error."""

    def answer(self, reply: bytes) -> None:
        """Send the answer of one submitted share, if the miner is still there."""


class SharePath:
    """One pool's. `hashers` is None for an algorithm fast enough for the event loop; `emits_hashes` puts the
    header's hash into every share, not only into block candidates."""

    def __init__(
        self,
        *,
        pool: str,
        replica: str,
        coin: Coin,
        hashers: Executor | None,
        emits_hashes: bool,
        publisher: SharePublisher,
        blocks: BlockPublisher,
        counters: PoolCounters,
    ) -> None:
        self._pool = pool
        self._replica = replica
        self._coin = coin
        self._hashers = hashers
        self._emits_hashes = emits_hashes
        self._publisher = publisher
        self._blocks = blocks
        self._counters = counters
        self._hashing: set[asyncio.Future[bytes]] = set()

    def take(self, miner: Miner, share: SubmittedShare) -> None:
        """Start checking a share; `miner.answer` is called once, now or later."""
        job = share.job
        header = check_shape(job.prepared, share.submission, now_seconds=time.time(), seen=share.seen)
        if isinstance(header, Rejected):
            self._refuse(miner, share, header.reason)
            return
        share.seen.add(header.key)
        if self._hashers is None:
            self._judge(miner, share, header, self._coin.pow_hash(header.header))
            return
        loop = asyncio.get_running_loop()
        hashing = loop.run_in_executor(self._hashers, self._coin.pow_hash, header.header)
        self._hashing.add(hashing)
        hashing.add_done_callback(partial(self._hashed, miner, share, header))

    async def drain(self) -> None:
        """Wait until no share is being hashed."""
        while self._hashing:
            await asyncio.wait(self._hashing)

    def count_refusal(self, miner: Miner, worker: Worker | None, reason: RejectReason) -> None:
        """Count a share refused for the miner's own doing; payouts hears of it when the worker is known."""
        miner.share_refused(reason)
        self._counters.rejected[reason] += 1
        if worker is not None:
            self._publisher.reject(worker.name, reason)

    def _refuse(self, miner: Miner, share: SubmittedShare, reason: RejectReason) -> None:
        self.count_refusal(miner, share.worker, reason)
        miner.answer(refusal_line(share.reply_id, reason))

    def _hashed(
        self, miner: Miner, share: SubmittedShare, header: ShareHeader, hashing: asyncio.Future[bytes]
    ) -> None:
        self._hashing.discard(hashing)
        self._judge(miner, share, header, hashing.result())

    def _judge(self, miner: Miner, share: SubmittedShare, header: ShareHeader, digest: bytes) -> None:
        verdict = judge(share.job.prepared, header, digest, target=share.target)
        if isinstance(verdict, Rejected):
            share.seen.discard(header.key)
            self._refuse(miner, share, verdict.reason)
            return
        miner.share_accepted(time.monotonic(), share.difficulty)
        settle: Settle = partial(self._settle, miner, share, header.key)
        time_ms = time.time_ns() // 1_000_000
        if isinstance(verdict, BlockFound):
            joint = JointAnswer(2, settle)  # in the share stream, and announced to jobmaker
            settle = joint.tell
            self._counters.blocks += 1
            self._blocks.announce(self._found(share, verdict, time_ms), joint.tell)
        hash_display = display(sha256d(header.header)) if self._emits_hashes else ""
        self._publisher.add(self._credited(miner, share, verdict, time_ms, hash_display), settle)

    def _settle(self, miner: Miner, share: SubmittedShare, key: bytes, settlement: Settlement) -> None:
        if settlement is Settlement.STORED:
            self._counters.accepted += 1
            self._counters.work += share.difficulty
            miner.answer(true_line(share.reply_id))
            return
        if settlement is Settlement.DROPPED:
            share.seen.discard(key)
        miner.share_refused(RejectReason.NOT_STORED)
        self._counters.rejected[RejectReason.NOT_STORED] += 1
        miner.answer(refusal_line(share.reply_id, RejectReason.NOT_STORED))

    def _credited(
        self,
        miner: Miner,
        share: SubmittedShare,
        verdict: Accepted | BlockFound,
        time_ms: int,
        hash_display: str,
    ) -> m.Share:
        job = share.job.prepared.job
        block = verdict if isinstance(verdict, BlockFound) else None
        return m.Share(
            worker=share.worker.name,
            address=share.worker.address,
            difficulty=share.difficulty,
            share_difficulty=verdict.share_difficulty,
            job_id=job.job_id,
            height=job.height,
            time_ms=time_ms,
            ip=miner.ip,
            port=miner.port,
            block_hash_display=block.block_hash_display if block else "",
            reward_sats=job.reward_sats,
            hash_display=hash_display,
            network_difficulty=share.job.prepared.network_difficulty,
        )

    def _found(self, share: SubmittedShare, verdict: BlockFound, time_ms: int) -> m.BlockFound:
        job = share.job.prepared.job
        return m.BlockFound(
            pool=self._pool,
            job_id=job.job_id,
            template_id=job.template_id,
            height=job.height,
            block_hash_display=verdict.block_hash_display,
            header_hex=verdict.header.hex(),
            coinbase_hex=verdict.coinbase.hex(),
            worker=share.worker.name,
            address=share.worker.address,
            difficulty=share.difficulty,
            reward_sats=job.reward_sats,
            time_ms=time_ms,
            replica=self._replica,
        )
