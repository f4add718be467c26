"""Blocks, payments and alarms as they come: the newest of them kept for a page, and a live stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nompcore.alarms import AuditFailed, OperatorAlert, PayeeQuarantined
from nompcore.bus import Bus
from nompcore.messages import (
    BlockConfirmed,
    BlockOrphaned,
    BlockSubmitted,
    Message,
    PaymentFailed,
    PaymentSent,
)
from nompcore.subjects import ALERT
from nompcore.wire import encode
from services.api.feeds.feed_wire import SSE_HEAD, SSE_HEARTBEAT
from services.api.state.gatherer import EVENTS

KEPT = 100
HEARTBEAT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class News:
    """One event; alarms want somebody to act."""

    number: int
    kind: str
    is_alarm: bool
    pool: str
    time: datetime
    text: str
    data: bytes  # the message as JSON, one line


class NewsDesk:
    """Of this replica, since it started."""

    def __init__(self) -> None:
        self._kept: deque[News] = deque(maxlen=KEPT)
        self._count = 0
        self._closed = False
        self._changed = asyncio.Event()

    async def subscribe(self, bus: Bus) -> None:
        """Hear everything from now on."""
        for subject in EVENTS:
            await bus.subscribe(subject, self.hear)
        await bus.subscribe(ALERT, self.hear)

    async def hear(self, message: Any) -> None:
        """One more."""
        kind, is_alarm, text = told(message)
        time = datetime.fromtimestamp(message.time_ms / 1000, UTC)
        self._count += 1
        self._kept.append(News(self._count, kind, is_alarm, message.pool, time, text, encode(message)))
        self._wake()

    def newest(self) -> list[News]:
        """The newest first."""
        return list(reversed(self._kept))

    def close(self) -> None:
        """Let every listener go."""
        self._closed = True
        self._wake()

    async def stream(self, for_seconds: float) -> AsyncIterator[bytes]:
        """Server-sent events of what comes from now on, until the listener's session ends."""
        loop = asyncio.get_running_loop()
        position, ends = self._count, loop.time() + for_seconds
        yield SSE_HEAD
        while not self._closed and loop.time() < ends:
            changed = self._changed
            for news in [news for news in self._kept if news.number > position]:
                position = news.number
                yield b"event: %s\ndata: %s\n\n" % (news.kind.encode(), news.data)
            try:
                async with asyncio.timeout(min(HEARTBEAT_SECONDS, max(0.0, ends - loop.time()))):
                    await changed.wait()
            except TimeoutError:
                yield SSE_HEARTBEAT

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def told(message: Message) -> tuple[str, bool, str]:
    """An event's kind, whether it is an alarm, and what it says in words."""
    match message:
        case BlockSubmitted():
            told = "block-submitted", message.status == "rejected", f"block {message.height} {message.status}"
        case BlockConfirmed():
            told = "block-confirmed", False, f"block {message.height} is confirmed"
        case BlockOrphaned():
            told = "block-orphaned", False, f"block {message.height} is orphaned"
        case PaymentSent():
            told = "payment-sent", False, f"payment {message.payment_id} to {message.payees} payees"
        case PaymentFailed():
            told = "payment-failed", True, f"payment {message.payment_id}: {message.reason}"
        case PayeeQuarantined():
            told = "payee-quarantined", True, f"{message.address}: {message.reason}"
        case AuditFailed():
            told = "audit-failed", True, "; ".join(message.problems)
        case OperatorAlert():
            told = message.kind.replace(".", "-"), message.severity == "critical", message.text
        case _:
            raise TypeError(f"{type(message).__name__} is no event")
    return told
