"""Answers the api's requests about one pool. Any replica can: all of them read the same stores."""

from __future__ import annotations

import asyncio
import time

from nompcore.bus import Bus
from nompcore.requests import (
    BlocksReply,
    HistoryReply,
    HistoryRequest,
    MinerHistoryReply,
    MinerHistoryRequest,
    MinerReply,
    MinerRequest,
    MinerWorker,
    PageRequest,
    PaymentsReply,
    WorkerHistory,
)
from nompcore.subjects import BLOCK_LIST, HISTORY, MINER, MINER_HISTORY, PAYMENT_LIST
from services.payouts.counting.figures import Figures, WorkerFigures
from services.payouts.counting.history import History
from services.payouts.counting.trails import STEP_SECONDS, Trails
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.ledger_reports import MINER_PAYMENTS


class Queries:
    """One pool's answers."""

    def __init__(
        self, ledger: Ledger, figures: Figures, history: History, trails: Trails, *, pool: str, fee_ppm: int
    ) -> None:
        self._ledger = ledger
        self._figures = figures
        self._history = history
        self._trails = trails
        self._pool = pool
        self._fee_ppm = fee_ppm

    async def serve(self, bus: Bus) -> None:
        """Register the endpoints."""
        await bus.serve(MINER, self._miner, self._pool)
        await bus.serve(BLOCK_LIST, self._blocks, self._pool)
        await bus.serve(PAYMENT_LIST, self._payments, self._pool)
        await bus.serve(HISTORY, self._history_since, self._pool)
        await bus.serve(MINER_HISTORY, self._miner_history, self._pool)

    async def _miner(self, request: MinerRequest) -> MinerReply:
        money = await asyncio.to_thread(
            self._ledger.reports.miner, self._pool, request.address, self._fee_ppm,
            offset=request.payments_offset, limit=request.payments_limit or MINER_PAYMENTS,
        )  # fmt: skip
        workers = await self._figures.miner(request.address, int(time.time() * 1000))
        return MinerReply(
            address=request.address,
            known=money.is_known or bool(workers),
            balance_sats=money.balance_sats,
            immature_sats=money.immature_sats,
            paid_sats=money.paid_sats,
            workers=[_worker(figures) for figures in workers],
            payments=money.payments,
            minimum_sats=money.minimum_sats,
            held_back=money.held_back,
            payments_total=money.payments_total,
        )

    async def _blocks(self, request: PageRequest) -> BlocksReply:
        return await asyncio.to_thread(
            self._ledger.reports.block_page, self._pool, request.offset, request.limit
        )

    async def _payments(self, request: PageRequest) -> PaymentsReply:
        return await asyncio.to_thread(
            self._ledger.reports.payment_page, self._pool, request.offset, request.limit
        )

    async def _history_since(self, request: HistoryRequest) -> HistoryReply:
        return HistoryReply(points=await self._history.since(request.since_ms))

    async def _miner_history(self, request: MinerHistoryRequest) -> MinerHistoryReply:
        trail = await self._trails.of(request.address, int(time.time() * 1000))
        return MinerHistoryReply(
            step_seconds=STEP_SECONDS,
            first_ms=trail.first_ms,
            hashrates=trail.hashrates,
            workers=[WorkerHistory(worker=name, hashrates=curve) for name, curve in trail.workers.items()],
        )


def _worker(figures: WorkerFigures) -> MinerWorker:
    return MinerWorker(
        worker=figures.worker,
        hashrate=figures.hashrate,
        shares=figures.round_difficulty,
        valid=figures.valid,
        invalid=figures.invalid,
        best_share_difficulty=figures.best_share_difficulty,
        last_share_ms=figures.last_share_ms,
        ip=figures.ip,
    )
