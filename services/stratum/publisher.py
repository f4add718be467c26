"""Group commit: one pool's shares into the stream, batch after batch, and the answers once they are there.

One batch is on its way at a time, so the stream's order is the order of acceptance; while it travels the next
one fills. A batch without an acknowledgement is sent again with the same id, which the stream stores once.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable, RejectReason
from nompcore.messages import Share
from nompcore.patience import Patience
from nompcore.subjects import SHARE_BATCH, SHARES
from services.stratum.counters import PoolCounters
from services.stratum.share_batch import (
    MAX_BATCH_SHARES,
    PendingBatch,
    Settle,
    Settlement,
    ShareQueue,
    gather_seconds,
)
from services.stratum.timed_event import TimedEvent

log = logging.getLogger(__name__)

REJECTS_SECONDS = 1.0  # how long reject counts wait for shares to travel with
PUBLISH_TIMEOUT_SECONDS = 2.0
# Within the stream's duplicate window a repeated batch cannot be stored twice; the margin covers the last
# attempt.
GIVE_UP_SECONDS = SHARES.duplicate_window_seconds - 20


class SharePublisher:
    """Collects what one pool's miners did and gets it stored."""

    def __init__(self, bus: Bus, pool: str, replica: str, counters: PoolCounters) -> None:
        self._bus = bus
        self._pool = pool
        self._replica = replica
        self._counters = counters
        self._queue = ShareQueue()
        self._travelling: PendingBatch | None = None
        self._work = TimedEvent()
        self._full = TimedEvent()
        self._draining = False
        self._drained = asyncio.Event()
        self._abandoned = False
        self._gather_seconds = gather_seconds(0)
        # Two processes, or one after a restart, must never use the same id: random start, then a counter.
        self._id_prefix = f"{replica}-{pool}-{secrets.token_hex(8)}"
        self._batches = 0

    def add(self, share: Share, settle: Settle, now: float) -> None:
        """Take an accepted share at `now`; `settle` is called once, with what became of it."""
        waiting = self._queue.add(share, settle, now)
        if waiting == 1:
            self._work.set()
        elif waiting == MAX_BATCH_SHARES:
            self._full.set()
        elif waiting == 0:
            settle(Settlement.DROPPED)

    def reject(self, worker: str, reason: RejectReason) -> None:
        """Count a refused share of an authorized worker."""
        if not self._queue.reject(worker, reason):
            self._counters.reject_counts_lost += 1
        elif self._queue.rejects == 1:
            self._work.set()

    def expire(self, now: float) -> None:
        """Answer the miners that have waited `ANSWER_SECONDS`; called every second or so."""
        self._queue.expire(now)
        if self._travelling is not None:
            self._travelling.expire(now)

    async def run(self) -> None:
        """Store batches until drained."""
        while await self._batch_is_due() and await self._until_connected():
            batch = self._take()
            if batch.is_empty:  # its shares were dropped while there was no connection
                continue
            self._travelling = batch
            await self._store(batch)
            self._travelling = None
        self._drained.set()

    async def drain(self) -> None:
        """No more shares will come: wait until everything is stored. Ends `run`."""
        self._finish_soon()
        await self._drained.wait()

    def abandon(self) -> None:
        """The process ends before everything is stored: say so, to the miners and in the log. Ends `run`."""
        self._abandoned = True
        self._finish_soon()
        lost = [self._travelling] if self._travelling else []
        while len(self._queue):
            lost.append(self._take())
        for batch in lost:
            self._give_up(batch)

    def _finish_soon(self) -> None:
        self._draining = True
        self._work.set()
        self._full.set()

    def _take(self) -> PendingBatch:
        self._batches += 1
        self._full.clear()
        batch = self._queue.take(self._pool, f"{self._id_prefix}-{self._batches}", self._replica)
        self._gather_seconds = gather_seconds(len(batch.shares))
        return batch

    async def _batch_is_due(self) -> bool:
        """Wait for shares and for others to join them; False when draining and empty."""
        while not len(self._queue):
            if self._draining:
                return self._queue.rejects > 0
            self._work.clear()
            if not await self._work.within(REJECTS_SECONDS if self._queue.rejects else None):
                return True
        if len(self._queue) < MAX_BATCH_SHARES and not self._draining:
            left_seconds = self._gather_seconds - self._queue.waited_seconds(time.monotonic())
            if left_seconds > 0:
                await self._full.within(left_seconds)
        return True

    async def _until_connected(self) -> bool:
        """Wait with the shares still in the queue, where the old ones are dropped; False when abandoned."""
        patience = Patience()
        while not self._bus.connected and not self._abandoned:
            await patience.wait()
        return not self._abandoned

    async def _store(self, batch: PendingBatch) -> None:
        """Publish until acknowledged, or until a repetition could be stored a second time."""
        first_try = time.monotonic()
        patience = Patience()
        while not await self._publish(batch) and not self._abandoned:
            if time.monotonic() - first_try > GIVE_UP_SECONDS:
                self._give_up(batch)
                return
            await patience.wait()

    async def _publish(self, batch: PendingBatch) -> bool:
        try:
            await self._bus.publish(
                SHARE_BATCH,
                batch.message,
                pool=self._pool,
                msg_id=batch.message.batch_id,
                timeout_seconds=PUBLISH_TIMEOUT_SECONDS,
            )
        except BusUnavailable as error:
            self._counters.publish_failures += 1
            log.warning("share batch is not stored yet", extra={**_facts(batch), "error": str(error)})
            return False
        self._counters.batches += 1
        self._counters.batch_shares += len(batch.shares)
        batch.tell(Settlement.STORED)
        return True

    def _give_up(self, batch: PendingBatch) -> None:
        self._counters.batches_lost += 1
        self._counters.shares_lost += len(batch.shares)
        log.error("share batch given up, it may or may not be stored", extra=_facts(batch))
        batch.tell(Settlement.UNCERTAIN)


def _facts(batch: PendingBatch) -> dict[str, object]:
    return {
        "pool": batch.message.pool,
        "batch_id": batch.message.batch_id,
        "shares": len(batch.shares),
        "candidates": batch.candidates,
    }
