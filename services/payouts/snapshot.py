"""The pool as the api shows it: one message in the bucket `stats`, renewed at a configured pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from nompcore.bus import Bus
from nompcore.messages import (
    MAX_SNAPSHOT_WORKERS,
    PoolSnapshot,
    WorkerSnapshot,
)
from nompcore.requests import HistoryPoint
from nompcore.subjects import STATS, pool_key
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.figures import Figures, PoolFigures
from services.payouts.counting.history import History
from services.payouts.counting.trails import Trails
from services.payouts.ledger.block_rows import Status
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.ledger_reports import Counts


class Snapshots:
    """One pool's snapshots."""

    def __init__(
        self, bus: Bus, ledger: Ledger, figures: Figures, history: History, trails: Trails, *, pool: str,
        payments_state: Callable[[], str],
    ) -> None:  # fmt: skip
        self._bucket = bus.bucket(STATS)
        self._ledger = ledger
        self._figures = figures
        self._history = history
        self._trails = trails
        self._pool = pool
        self._payments_state = payments_state

    async def publish(self) -> None:
        """Take a snapshot, store it, and add a point to the history."""
        now_ms = int(time.time() * 1000)
        figures = await self._figures.pool(now_ms)
        counts = await asyncio.to_thread(self._ledger.reports.counts, self._pool)
        returned = await asyncio.to_thread(self._ledger.blocks.returnable_work, self._pool)
        round_work = figures.round_work + sum(returned.values())
        state = self._payments_state()
        snapshot = await asyncio.to_thread(
            _snapshot, self._pool, figures, counts, round_work, state, now_ms
        )  # it looks at every worker
        await self._bucket.store(pool_key(self._pool), snapshot)
        await self._history.add(_history_point(snapshot))
        await self._trails.take(now_ms)


def _snapshot(
    pool: str, figures: PoolFigures, counts: Counts, round_work: int, payments_state: str, now_ms: int
) -> PoolSnapshot:
    blocks = counts.blocks
    active = [worker for worker in figures.workers if worker.hashrate > 0]
    shown = sorted(figures.workers, key=lambda worker: (-worker.hashrate, worker.worker))[
        :MAX_SNAPSHOT_WORKERS
    ]
    return PoolSnapshot(
        pool=pool,
        hashrate=sum(worker.hashrate for worker in active),
        worker_count=len(active),
        miner_count=len({worker.address for worker in active}),
        valid_shares=figures.valid,
        invalid_shares=figures.invalid,
        valid_blocks=blocks[Status.PENDING] + blocks[Status.CONFIRMED] + blocks[Status.ORPHANED],
        invalid_blocks=blocks[Status.REJECTED],
        blocks_pending=blocks[Status.SUBMITTED] + blocks[Status.PENDING],
        blocks_confirmed=blocks[Status.CONFIRMED],
        blocks_orphaned=blocks[Status.ORPHANED],
        total_paid_sats=counts.paid_sats,
        round_difficulty=round_work / WORK_PER_DIFFICULTY,
        workers=[
            WorkerSnapshot(
                worker=worker.worker,
                hashrate=worker.hashrate,
                shares=worker.round_difficulty,
                valid=worker.valid,
                invalid=worker.invalid_total,
                last_share_ms=worker.last_share_ms,
            )
            for worker in shown
        ],
        payments_state=payments_state,
        time_ms=now_ms,
    )


def _history_point(snapshot: PoolSnapshot) -> HistoryPoint:
    return HistoryPoint(
        time_ms=snapshot.time_ms,
        hashrate=snapshot.hashrate,
        workers=snapshot.worker_count,
        blocks_pending=snapshot.blocks_pending,
        blocks_confirmed=snapshot.blocks_confirmed,
        blocks_orphaned=snapshot.blocks_orphaned,
    )
