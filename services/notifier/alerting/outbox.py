"""What waits for one channel, and what is sent next: one alert, or several as one message. No clock, no IO.

An alert alone is one message. Those that had to wait for the channel's rate are sent as one when it allows a
message again, and so are those that are older than a day by the time the channel can be reached. The worst
first, then the oldest. What was not taken is tried again after a pause that grows, and meanwhile the others
have their turn: neither a channel that is down nor one message that it never takes is tried all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifier.alerting.alert import Alert
from services.notifier.alerting.send_rate import SendRate

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1_000, 300_000

OLD_MS = 24 * 3600 * 1000
"""Nobody wants to be woken by it any more, but it is not forgotten either."""

GATHERING_MS = 2_000
"""Old alerts come in a bunch, after an outage: when no more have come for so long, they are told."""


@dataclass(slots=True)
class Waiting:
    """An alert in the outbox."""

    alert: Alert
    arrived_ms: int
    tries: int = 0
    not_before_ms: int = 0
    is_held: bool = False  # it waited for the channel's rate


@dataclass(frozen=True, slots=True)
class Send:
    """Now: one alert, or several as one message."""

    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before then, or before something is added; None: however long that takes."""

    until_ms: int | None


class Outbox:
    """Of one channel. Whoever asks for the next step does it, and says what came of it."""

    def __init__(self, rate: SendRate, first_pause_ms: int = FIRST_PAUSE_MS) -> None:
        self._rate = rate
        self._first_pause_ms = first_pause_ms
        self._waiting: dict[str, Waiting] = {}
        self._failures = 0  # in a row
        self._paused_until_ms = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, alert: Alert, now_ms: int) -> None:
        """One more waits, unless it does already."""
        self._waiting.setdefault(alert.id, Waiting(alert, now_ms))

    def next_step(self, now_ms: int) -> Send | Wait:
        """What to do now."""
        if not self._waiting:
            return Wait(None)
        if now_ms < self._paused_until_ms:
            return Wait(self._paused_until_ms)
        ready = [waiting for waiting in self._waiting.values() if waiting.not_before_ms <= now_ms]
        free_at_ms = self._rate.free_at(now_ms)
        if ready and free_at_ms > now_ms:
            for waiting in ready:
                waiting.is_held = True
            return Wait(free_at_ms)
        chosen = self._old(ready, now_ms) or self._fresh(ready, now_ms)
        return Send(tuple(waiting.alert for waiting in chosen)) if chosen else Wait(self._next_ms(now_ms))

    def taken(self, alerts: Sequence[Alert], now_ms: int) -> None:
        """The channel has them."""
        self._drop(alerts)
        self._failures = self._paused_until_ms = 0
        self._rate.sent(now_ms)

    def known(self, alerts: Sequence[Alert]) -> None:
        """The channel had them already."""
        self._drop(alerts)

    def failed(self, alerts: Sequence[Alert], now_ms: int) -> None:
        """The channel did not take them: they come again, the others before them."""
        self._failures += 1
        self._paused_until_ms = now_ms + self._pause_ms(self._failures)
        for alert in alerts:
            if waiting := self._waiting.get(alert.id):
                waiting.tries += 1
                waiting.not_before_ms = now_ms + 2 * self._pause_ms(waiting.tries)

    def _drop(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            del self._waiting[alert.id]

    def _old(self, ready: Sequence[Waiting], now_ms: int) -> list[Waiting]:
        """All that are old, once no more seem to come."""
        old = [waiting for waiting in ready if is_old(waiting.alert, now_ms)]
        last_ms = max((waiting.arrived_ms for waiting in old), default=0)
        return old if now_ms - last_ms >= GATHERING_MS else []

    def _fresh(self, ready: Sequence[Waiting], now_ms: int) -> list[Waiting]:
        """The first, and where several were held back all that wait: one message tells of them."""
        fresh = [waiting for waiting in ready if not is_old(waiting.alert, now_ms)]
        fresh.sort(key=lambda waiting: (-waiting.alert.rank, waiting.alert.time_ms, waiting.alert.id))
        return fresh if sum(waiting.is_held for waiting in fresh) > 1 else fresh[:1]

    def _next_ms(self, now_ms: int) -> int:
        gathered = [
            waiting.arrived_ms + GATHERING_MS
            for waiting in self._waiting.values()
            if waiting.not_before_ms <= now_ms
        ]
        pauses = [
            waiting.not_before_ms for waiting in self._waiting.values() if waiting.not_before_ms > now_ms
        ]
        return max(now_ms + 1, min([*gathered, *pauses], default=now_ms + GATHERING_MS))

    def _pause_ms(self, tries: int) -> int:
        return int(min(LONGEST_PAUSE_MS, self._first_pause_ms * 2 ** (min(tries, 20) - 1)))


def is_old(alert: Alert, now_ms: int) -> bool:
    """Whether it is told in a sum only."""
    return now_ms - alert.time_ms > OLD_MS
