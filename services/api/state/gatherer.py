"""Keeps the live state current: snapshots from KV, rows from payouts, pulses from the replicas.

One gathering every update interval, and one soon after a block or payment. What cannot be fetched keeps its
last value, whose age then tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from nompcore.errors import BusError
from nompcore.messages import (
    Message,
    NetworkSnapshot,
    PoolSnapshot,
    ReplicaStats,
)
from nompcore.requests import PageRequest
from nompcore.subject_kinds import Subject
from nompcore.subjects import (
    AUDIT_FAILED,
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    BLOCK_SUBMITTED,
    PAYEE_QUARANTINED,
    PAYMENT_FAILED,
    PAYMENT_SENT,
    REPLICA_STATS,
    STATS,
    network_key,
    pool_key,
    upstream_key,
)
from nompcore.upstream import UpstreamSnapshot
from services.api.feeds.feed_news import news_of
from services.api.feeds.sse import sse_event
from services.api.nomp.nomp_api import NompAnswers
from services.api.state.metrics import GATHER_FAILURES, PULSES_IGNORED
from services.api.state.portal import Portal
from services.api.views.luck import LUCK_BLOCKS

log = logging.getLogger(__name__)

# What the page shows of each list; the API pages through the rest.
RECENT_ROWS = 10
RECENT = PageRequest(limit=RECENT_ROWS)

# Luck is told over as many.
KNOWN_BLOCKS = PageRequest(limit=LUCK_BLOCKS[-1])

# payouts and jobmaker need a moment to write down what an event told; a burst of events is one gathering.
EARLY_PAUSE_SECONDS = 1.0

EVENTS: Sequence[Subject[Message]] = (
    BLOCK_SUBMITTED,
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    PAYMENT_SENT,
    PAYMENT_FAILED,
    PAYEE_QUARANTINED,
    AUDIT_FAILED,
)  # type: ignore[assignment]  # differently parametrised subjects, only read


class Gatherer:
    """Feeds a portal's live state and publishes each gathering to the listeners."""

    def __init__(self, portal: Portal, answers: NompAnswers) -> None:
        self._portal = portal
        self._answers = answers
        self._interval_seconds = portal.config.website.update_interval_seconds
        self._early = asyncio.Event()

    async def subscribe(self) -> None:
        """Start hearing pulses and events."""
        bus = self._portal.bus
        await bus.subscribe(REPLICA_STATS, self._hear)
        for subject in EVENTS:
            await bus.subscribe(subject, self._come_early)

    async def run(self, stop: asyncio.Event) -> None:
        """Gather and publish until `stop`."""
        while not stop.is_set():
            await self.gather()
            self._portal.hub.publish(sse_event(self._answers.stats()))
            self._portal.feed.updated()
            await self._pause(stop)

    async def gather(self) -> None:
        """One gathering over all pools."""
        for pool in self._portal.state.pools:
            await self._gather_snapshots(pool)
            await self._gather_rows(pool)
        await self._gather_switches()
        self._portal.state.gathered(self._portal.now_ms())

    async def _gather_snapshots(self, pool: str) -> None:
        live, bucket = self._portal.state.pools[pool], self._portal.bus.bucket(STATS)
        try:
            live.network = await bucket.load(network_key(pool), NetworkSnapshot) or live.network
            live.pool = await bucket.load(pool_key(pool), PoolSnapshot) or live.pool
            if self._portal.config.pools[pool].upstream is not None:
                live.upstream = await bucket.load(upstream_key(pool), UpstreamSnapshot) or live.upstream
        except BusError as error:
            GATHER_FAILURES.labels("snapshots").inc()
            log.warning("snapshots not fetched", extra={"pool": pool, "reason": str(error)})

    async def _gather_rows(self, pool: str) -> None:
        state, details = self._portal.state, self._portal.details
        live = state.pools[pool]
        try:
            live.blocks = (await details.blocks(pool, KNOWN_BLOCKS)).blocks
            live.recent_blocks = live.blocks[:RECENT_ROWS]
            live.recent_payments = (await details.payments(pool, RECENT)).payments
            history = await details.history(pool, state.last_history_ms(pool))
            state.add_history(pool, history.points, self._portal.now_ms())
            live.payouts_answers = True
        except BusError as error:
            GATHER_FAILURES.labels("rows").inc()
            if live.payouts_answers or state.revision == 0:
                log.warning("payouts does not answer", extra={"pool": pool, "reason": str(error)})
            live.payouts_answers = False

    async def _gather_switches(self) -> None:
        try:
            await self._portal.switches.gather(self._portal.bus)
        except BusError as error:
            GATHER_FAILURES.labels("switches").inc()
            log.warning("switches not fetched", extra={"reason": str(error)})

    async def _pause(self, stop: asyncio.Event) -> None:
        """Wait for the next interval, or shortly after an event."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._interval_seconds):
                await first_of(stop, self._early)
                if not stop.is_set():
                    await asyncio.sleep(min(EARLY_PAUSE_SECONDS, self._interval_seconds))
        self._early.clear()

    async def _hear(self, stats: ReplicaStats) -> None:
        if not self._portal.state.hear(stats, self._portal.now_ms()):
            PULSES_IGNORED.inc()

    async def _come_early(self, message: Message) -> None:
        self._early.set()
        news = news_of(message)
        if news is not None and news.pool in self._portal.state.pools:
            self._portal.feed.publish(news)


async def first_of(*events: asyncio.Event) -> None:
    """Return when the first of the events is set."""
    async with asyncio.TaskGroup() as group:
        waits = [group.create_task(event.wait()) for event in events]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
