"""Several alerts as one message: the worst in their own words, the others counted. Nothing is left unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from services.notifier.alerting.alert import Alert
from services.notifier.alerting.outbox import is_old

SHOWN_POOLS = 3
MAX_LINES = 15
MAX_CHARACTERS = 1500
"""Chats take 2000; mail would take more, but nobody reads it."""


def digest_title(alerts: Sequence[Alert]) -> str:
    """What it is about, in one line."""
    pools = sorted({alert.pool for alert in alerts})
    others = " and others" if len(pools) > SHOWN_POOLS else ""
    return f"{len(alerts)} alert{'s' if len(alerts) > 1 else ''} of {', '.join(pools[:SHOWN_POOLS])}{others}"


def digest_text(alerts: Sequence[Alert], now_ms: int) -> str:
    """All of them. Those that are older than a day are only counted, in one line."""
    old = [alert for alert in alerts if is_old(alert, now_ms)]
    fresh = [alert for alert in alerts if not is_old(alert, now_ms)]
    lines, rest = _told(fresh)
    if rest:
        lines.append(f"and {len(rest)} more: {_counted(rest)}")
    if old:
        lines.append(f"not delivered in time, from {_day(old[0])} on: {_counted(old)}")
    return "\n".join(lines)


def _told(alerts: Sequence[Alert]) -> tuple[list[str], list[Alert]]:
    """The lines that fit, and what they do not tell."""
    lines: list[str] = []
    left = MAX_CHARACTERS
    for number, alert in enumerate(alerts):
        line = f"{_minute(alert)} {alert.text}"
        if number >= MAX_LINES or len(line) > left:
            return lines, list(alerts[number:])
        lines.append(line)
        left -= len(line) + 1
    return lines, []


def _counted(alerts: Sequence[Alert]) -> str:
    counts = Counter((alert.pool, alert.event) for alert in alerts)
    return ", ".join(f"{count} {event} of {pool}" for (pool, event), count in sorted(counts.items()))


def _minute(alert: Alert) -> str:
    return datetime.fromtimestamp(alert.time_ms / 1000, UTC).strftime("%H:%M UTC")


def _day(alert: Alert) -> str:
    return datetime.fromtimestamp(alert.time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
