"""Events from NATS to every channel: one durable queue per channel and kind of event, so that a channel which
is down delays and repeats only its own news."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from nompcore.bus import Bus
from nompcore.config import PoolConfig
from nompcore.messages import Message
from nompcore.subjects import (
    AUDIT_FAILED,
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    BLOCK_SUBMITTED,
    PAYEE_QUARANTINED,
    PAYMENT_FAILED,
    PAYMENT_SENT,
    Subject,
)
from services.notifier.metrics import DELIVERED, EXPIRED
from services.notifier.rules import News, is_old, news_of

log = logging.getLogger(__name__)

EVENTS: Sequence[Subject[Message]] = (
    BLOCK_SUBMITTED,
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    PAYMENT_SENT,
    PAYMENT_FAILED,
    PAYEE_QUARANTINED,
    AUDIT_FAILED,
)  # type: ignore[assignment]  # differently parametrised subjects, only read

# A new channel's queue starts with everything the stream holds, which is months; nobody wants those as news.
MAX_AGE_SECONDS = 24 * 3600


class Channel(Protocol):
    """Where news go. `name` becomes part of a durable's name."""

    @property
    def name(self) -> str: ...

    async def deliver(self, news: News, message: Message) -> None: ...


class LogChannel:
    """News as log lines."""

    name = "log"

    async def deliver(self, news: News, message: Message) -> None:
        """Write one line; alarms as errors."""
        facts = {"event": news.event, "pool": news.pool, "text": news.text}
        log.log(logging.ERROR if news.is_alarm else logging.INFO, "news", extra=facts)
        DELIVERED.labels(self.name).inc()


class Delivery:
    """Runs the queues."""

    def __init__(self, bus: Bus, pools: Mapping[str, PoolConfig], now_ms: Callable[[], int]) -> None:
        self._bus = bus
        self._pools = pools
        self._now_ms = now_ms

    async def run(self, channels: Sequence[Channel], stop: asyncio.Event) -> None:
        """Deliver until `stop`."""
        async with asyncio.TaskGroup() as group:
            for channel in channels:
                for subject in EVENTS:
                    group.create_task(self._run_queue(channel, subject, stop))

    async def _run_queue(self, channel: Channel, subject: Subject[Message], stop: asyncio.Event) -> None:
        async def deliver(message: Message) -> None:
            news = news_of(message, self._pools)
            if is_old(news, self._now_ms(), MAX_AGE_SECONDS):
                EXPIRED.labels(channel.name).inc()
                return
            await channel.deliver(news, message)

        durable = f"{channel.name}-{subject.message.__name__.lower()}"
        await self._bus.work(subject, durable, deliver, stop)
