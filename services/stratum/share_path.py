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
from nompcore.share import BlockFound, ForUpstream, Rejected, ShareHeader, check_shape, judge
from nompcore.upstream import UpstreamShare
from services.stratum.authorization import Worker
from services.stratum.block_publisher import BlockPublisher
from services.stratum.counters import PoolCounters
from services.stratum.outcome import GoodShare, SubmittedShare
from services.stratum.publisher import SharePublisher
from services.stratum.replies import refusal_line, true_line
from services.stratum.share_batch import JointAnswer, Settle, Settlement
from services.stratum.upstream_publisher import UpstreamPublisher


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
        upstream: UpstreamPublisher,
        counters: PoolCounters,
    ) -> None:
        self._pool = pool
        self._replica = replica
        self._coin = coin
        self._hashers = hashers
        self._emits_hashes = emits_hashes
        self._publisher = publisher
        self._blocks = blocks
        self._upstream = upstream
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
        good = GoodShare(
            share.reply_id,
            share.worker,
            share.job,
            header.key,
            verdict.share_difficulty,
            share.difficulty,
            share.seen,
        )
        time_ms = time.time_ns() // 1_000_000
        upstream = None
        if isinstance(verdict, ForUpstream):
            upstream = self._for_upstream(share, header, verdict, time_ms)
        block = verdict if isinstance(verdict, BlockFound) else None
        hash_display = display(sha256d(header.header)) if self._emits_hashes else ""
        self.accept(miner, good, time_ms, block, hash_display, upstream)

    def _for_upstream(
        self, share: SubmittedShare, header: ShareHeader, verdict: ForUpstream, time_ms: int
    ) -> UpstreamShare:
        sent, mask = share.submission, share.job.prepared.version_mask
        # All bits that may roll there, also those that the miner could not: there they count as sent.
        bits = int.from_bytes(header.header[:4], "little") & mask
        return UpstreamShare(
            pool=self._pool,
            replica=self._replica,
            worker=share.worker.name,
            job_id=share.job.prepared.job.job_id,
            extranonce1_hex=sent.extranonce1.hex(),
            extranonce2_hex=sent.extranonce2_hex,
            ntime_hex=sent.ntime_hex,
            nonce_hex=sent.nonce_hex,
            block_hash_display=verdict.block_hash_display,
            share_difficulty=verdict.share_difficulty,
            time_ms=time_ms,
            version_bits_hex=f"{bits:08x}" if mask else "",
            is_block=verdict.is_block,
        )

    def accept(
        self,
        miner: Miner,
        good: GoodShare,
        time_ms: int,
        block: BlockFound | None = None,
        hash_display: str = "",
        upstream: UpstreamShare | None = None,
    ) -> None:
        """Store a share that was checked, as a block too where it is one, and answer it then."""
        now = time.monotonic()
        miner.share_accepted(now, good.difficulty)
        settle: Settle = partial(self._settle, miner, good)
        if block is not None:
            settle = self._announce(good, block, time_ms, settle)
        if upstream is not None:
            settle = self._forward(upstream, settle)
        self._publisher.add(_credited(miner, good, time_ms, block, hash_display), settle, now)

    def _announce(self, good: GoodShare, block: BlockFound, time_ms: int, settle: Settle) -> Settle:
        """Tell jobmaker; the miner is answered when the share is stored as well."""
        joint = JointAnswer(2, settle)
        self._counters.blocks += 1
        self._blocks.announce(self._found(good, block, time_ms), joint.tell)
        return joint.tell

    def _forward(self, share: UpstreamShare, settle: Settle) -> Settle:
        """Send it upstream; who found a block there is answered when it is stored for that as well."""
        if not share.is_block:
            self._upstream.forward(share)
            return settle
        joint = JointAnswer(2, settle)
        self._upstream.forward(share, joint.tell)
        return joint.tell

    def _settle(self, miner: Miner, good: GoodShare, settlement: Settlement) -> None:
        if settlement is Settlement.STORED:
            self._counters.accepted += 1
            self._counters.work += good.difficulty
            miner.answer(true_line(good.reply_id))
            return
        if settlement is Settlement.DROPPED:
            good.seen.discard(good.key)
        miner.share_refused(RejectReason.NOT_STORED)
        self._counters.rejected[RejectReason.NOT_STORED] += 1
        miner.answer(refusal_line(good.reply_id, RejectReason.NOT_STORED))

    def _found(self, good: GoodShare, block: BlockFound, time_ms: int) -> m.BlockFound:
        job = good.job.prepared.job
        return m.BlockFound(
            pool=self._pool,
            job_id=job.job_id,
            template_id=job.template_id,
            height=job.height,
            block_hash_display=block.block_hash_display,
            header_hex=block.header.hex(),
            coinbase_hex=block.coinbase.hex(),
            worker=good.worker.name,
            address=good.worker.address,
            difficulty=good.difficulty,
            reward_sats=job.reward_sats,
            time_ms=time_ms,
            replica=self._replica,
        )


def _credited(
    miner: Miner, good: GoodShare, time_ms: int, block: BlockFound | None, hash_display: str
) -> m.Share:
    prepared = good.job.prepared
    job = prepared.job
    return m.Share(
        worker=good.worker.name,
        address=good.worker.address,
        difficulty=good.difficulty,
        share_difficulty=good.share_difficulty,
        job_id=job.job_id,
        height=job.height,
        time_ms=time_ms,
        ip=miner.ip,
        port=miner.port,
        block_hash_display="" if block is None else block.block_hash_display,
        reward_sats=job.reward_sats,
        hash_display=hash_display,
        network_difficulty=prepared.network_difficulty,
    )
