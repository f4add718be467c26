"""Requests to payouts: the blocks, payments, history and balances that the api does not hold itself."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.messages import Message
from nompcore.requests import (
    BlocksReply,
    HistoryReply,
    HistoryRequest,
    MinerHistoryReply,
    MinerHistoryRequest,
    MinerReply,
    MinerRequest,
    PageRequest,
    PaymentsReply,
)
from nompcore.subject_kinds import Endpoint
from nompcore.subjects import BLOCK_LIST, HISTORY, MINER, MINER_HISTORY, PAYMENT_LIST
from services.api.state.metrics import PAYOUTS_UNAVAILABLE

# A page slower than this reads as broken; payouts answers from memory and indexes within milliseconds.
TIMEOUT_SECONDS = 2.0

# However many strangers ask, payouts gets so many of their questions at a time: it has money to look after.
MAX_QUESTIONS = 32

# A limit of 0: as many as payouts shows.
WHAT_IS_SHOWN = PageRequest(limit=0)

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)


class Details:
    """Asks payouts. Every method raises BusUnavailable when it does not answer in time (counted)."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._slots = asyncio.Semaphore(MAX_QUESTIONS)

    async def blocks(self, pool: str, page: PageRequest) -> BlocksReply:
        """A page of blocks, newest first."""
        return await self._ask(BLOCK_LIST, page, pool)

    async def payments(self, pool: str, page: PageRequest) -> PaymentsReply:
        """A page of payments, newest first."""
        return await self._ask(PAYMENT_LIST, page, pool)

    async def miner(self, pool: str, address: str, page: PageRequest = WHAT_IS_SHOWN) -> MinerReply:
        """Everything about one payout address, and a page of its payments."""
        request = MinerRequest(address=address, payments_offset=page.offset, payments_limit=page.limit)
        return await self._ask(MINER, request, pool)

    async def history(self, pool: str, since_ms: int) -> HistoryReply:
        """The pool's history from `since_ms` on, oldest first."""
        return await self._ask(HISTORY, HistoryRequest(since_ms=since_ms), pool)

    async def miner_history(self, pool: str, address: str) -> MinerHistoryReply:
        """The past hashrates of one payout address."""
        return await self._ask(MINER_HISTORY, MinerHistoryRequest(address=address), pool)

    async def _ask(self, endpoint: Endpoint[Q, R], question: Q, pool: str) -> R:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._slots:
                return await self._bus.request(endpoint, question, pool=pool, timeout_seconds=TIMEOUT_SECONDS)
        except (BusError, TimeoutError) as error:
            PAYOUTS_UNAVAILABLE.labels(endpoint.pattern.rsplit(".", 1)[-1]).inc()
            raise BusUnavailable(f"payouts does not answer: {error}") from error
