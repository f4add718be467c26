"""One channel: alerts wait in its outbox, are sent one after another, and are let go when they are taken.

An alert is acknowledged after the channel has taken it and that is written down. A crash between these two
sends it once more; nothing else does, and nothing loses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence

from nompcore.config import PoolConfig
from nompcore.config.alerts import AlertChannelConfig
from nompcore.ending import first_of
from nompcore.errors import BusUnavailable, ComeAgain
from nompcore.messages import Message
from nompcore.patience import Patience
from services.notifier.alerting.alert import Alert, alert_of
from services.notifier.alerting.digest import digest_text, digest_title
from services.notifier.alerting.outbox import FIRST_PAUSE_MS, OLD_MS, Outbox, Send, is_old
from services.notifier.alerting.quiet_hours import quiet_seconds
from services.notifier.alerting.send_rate import SendRate
from services.notifier.alerting.sender import Outgoing, Sender
from services.notifier.alerting.taken import Taken
from services.notifier.metrics import (
    BEFORE_CHANNEL,
    DELIVERED,
    DELIVERY_FAILURES,
    DIGESTED,
    REPETITIONS,
    WAITING,
)

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 600.0
"""An alert that waits for the end of the quiet is looked at again so often: the hours may be changed."""


class AlertChannel:
    """Takes alerts from many queues at a time; sends one message at a time."""

    def __init__(
        self,
        config: AlertChannelConfig,
        sender: Sender,
        taken: Taken,
        pools: Mapping[str, PoolConfig],
        now_ms: Callable[[], int],
        *,
        first_pause_ms: int = FIRST_PAUSE_MS,
    ) -> None:
        self.name = f"alert-{config.name}"
        self._config = config
        self._sender = sender
        self._taken = taken
        self._pools = pools
        self._now_ms = now_ms
        rate = SendRate(config.rate_messages, round(config.rate_seconds * 1000))
        self._outbox = Outbox(rate, first_pause_ms)
        self._since_ms = 0
        self._settled: dict[str, asyncio.Future[bool]] = {}  # by alert: whether it was taken
        self._added = asyncio.Event()
        self._begun = asyncio.Event()
        self._ended = False

    async def deliver(self, message: Message) -> None:
        """Return when the channel has taken the alert, or is not interested. Raises ComeAgain."""
        alert = alert_of(message, self._config, self._pools)
        if alert is None:
            return
        await self._begun.wait()
        if alert.time_ms < self._since_ms - OLD_MS:
            BEFORE_CHANNEL.labels(self.name).inc()
            return
        self._heed_quiet(alert)
        if self._ended or not await self._sent(alert):
            raise ComeAgain(0, "the service stops")

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; what is being sent then is brought to its end."""
        await self._begin(stop)
        self._begun.set()
        while not stop.is_set():
            WAITING.labels(self.name).set(len(self._outbox))
            step = self._outbox.next_step(self._now_ms())
            if isinstance(step, Send):
                await self._send(step.alerts, stop)
            else:
                await self._wait(step.until_ms, stop)
        self._ended = True
        for settled in self._settled.values():
            settled.set_result(False)
        self._settled.clear()

    async def _sent(self, alert: Alert) -> bool:
        """Whether the channel has taken it; False when the service stops before."""
        settled = self._settled.setdefault(alert.id, asyncio.get_running_loop().create_future())
        self._outbox.add(alert, self._now_ms())
        self._added.set()
        return await asyncio.shield(settled)

    def _heed_quiet(self, alert: Alert) -> None:
        seconds = 0 if alert.is_critical else quiet_seconds(self._config.quiet_hours, self._now_ms())
        if seconds > 0:
            raise ComeAgain(min(seconds, LOOK_AGAIN_SECONDS), "the channel is quiet")

    async def _begin(self, stop: asyncio.Event) -> None:
        """Learn since when the channel is one: months of older events are in the streams."""
        patience = Patience()
        while not stop.is_set():
            try:
                self._since_ms = await self._taken.since_ms(self._now_ms())
            except BusUnavailable:
                await patience.wait()
            else:
                return

    async def _wait(self, until_ms: int | None, stop: asyncio.Event) -> None:
        seconds = None if until_ms is None else max(0, until_ms - self._now_ms()) / 1000
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await first_of(self._added, stop)
        self._added.clear()

    async def _send(self, chosen: Sequence[Alert], stop: asyncio.Event) -> None:
        try:
            alerts = [alert for alert in chosen if not await self._had(alert)]
        except BusUnavailable:
            self._outbox.failed(chosen, self._now_ms())
            return
        if not alerts:
            return
        fault = await self._sender.send(self._outgoing(alerts))
        if fault:
            DELIVERY_FAILURES.labels(self.name).inc()
            log.warning("alert not taken", extra={"channel": self.name, "reason": fault})
            self._outbox.failed(alerts, self._now_ms())
            return
        await self._write_down(alerts, stop)
        self._outbox.taken(alerts, self._now_ms())
        self._let_go(alerts)
        DELIVERED.labels(self.name).inc(len(alerts))

    async def _had(self, alert: Alert) -> bool:
        """Whether the channel has it from before a crash; then it is let go."""
        if not await self._taken.has(alert.id):
            return False
        REPETITIONS.labels(self.name).inc()
        self._outbox.known([alert])
        self._let_go([alert])
        return True

    def _outgoing(self, alerts: Sequence[Alert]) -> Outgoing:
        ids = tuple(alert.id for alert in alerts)
        severity = max(alerts, key=lambda alert: alert.rank).severity
        first, now_ms = alerts[0], self._now_ms()
        if len(alerts) == 1 and not is_old(first, now_ms):
            return Outgoing(f"{first.pool}: {first.event}", first.text, severity, ids)
        DIGESTED.labels(self.name).inc(len(alerts))
        return Outgoing(digest_title(alerts), digest_text(alerts, now_ms), severity, ids)

    async def _write_down(self, alerts: Sequence[Alert], stop: asyncio.Event) -> None:
        """The shorter this takes, the less a crash can repeat. Without NATS nothing can be let go either."""
        patience = Patience()
        while True:
            try:
                await asyncio.gather(*(self._taken.mark(alert.id, self._now_ms()) for alert in alerts))
            except BusUnavailable as error:
                if stop.is_set():
                    log.warning("an alert may be sent twice", extra={"reason": str(error)})
                    return
                await patience.wait()
            else:
                return

    def _let_go(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self._settled.pop(alert.id).set_result(True)
