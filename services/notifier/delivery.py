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
from nompcore.subject_kinds import Subject
from nompcore.subjects import (
    ALERT,
    AUDIT_FAILED,
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    BLOCK_SUBMITTED,
    PAYEE_QUARANTINED,
    PAYMENT_FAILED,
    PAYMENT_SENT,
)
from services.notifier.alerting.channel import AlertChannel
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
    ALERT,
)  # type: ignore[assignment]  # differently parametrised subjects, only read

# A new channel's queue starts with everything the stream holds, which is months; nobody wants those as news.
MAX_AGE_SECONDS = 24 * 3600

# Of each queue of an alert channel: what waits for it is gathered, and told as one message where it must be.
ALERTS_IN_HAND, ALERTS_UNSETTLED = 50, 20_000

# An alert whose notifier died is late by so much.
ALERT_ACK_WAIT_SECONDS = 5.0


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

    async def run(
        self, channels: Sequence[Channel], stop: asyncio.Event, alerts: Sequence[AlertChannel] = ()
    ) -> None:
        """Deliver until `stop`."""
        async with asyncio.TaskGroup() as group:
            for channel in channels:
                for subject in EVENTS:
                    group.create_task(self._run_queue(channel, subject, stop))
            for alert_channel in alerts:
                group.create_task(alert_channel.run(stop), name=alert_channel.name)
                for subject in EVENTS:
                    group.create_task(self._run_alerts(alert_channel, subject, stop))

    async def _run_queue(self, channel: Channel, subject: Subject[Message], stop: asyncio.Event) -> None:
        async def deliver(message: Message) -> None:
            news = news_of(message, self._pools)
            if is_old(news, self._now_ms(), MAX_AGE_SECONDS):
                EXPIRED.labels(channel.name).inc()
                return
            await channel.deliver(news, message)

        await self._bus.work(subject, durable_name(channel.name, subject), deliver, stop)

    async def _run_alerts(
        self, channel: AlertChannel, subject: Subject[Message], stop: asyncio.Event
    ) -> None:
        await self._bus.work(
            subject,
            durable_name(channel.name, subject),
            channel.deliver,
            stop,
            ack_wait_seconds=ALERT_ACK_WAIT_SECONDS,
            handlers=ALERTS_IN_HAND,
            max_unsettled=ALERTS_UNSETTLED,
        )


def durable_name(channel: str, subject: Subject[Message]) -> str:
    """Of the queue of one channel and kind of event."""
    return f"{channel}-{subject.message.__name__.lower()}"
