"""How long a channel's quiet still lasts. Wall clocks decide: on the days on which they are changed too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from nompcore.config.alerts import QuietHoursConfig

DAY_MINUTES = 24 * 60


def quiet_seconds(hours: QuietHoursConfig | None, now_ms: int) -> float:
    """Seconds until the quiet ends, 0 where it is not quiet. From 7:00 to 7:00 is never quiet."""
    if hours is None:
        return 0
    zone = ZoneInfo(hours.timezone)
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    if not _is_quiet(hours, now.hour * 60 + now.minute):
        return 0
    ends = _next(hours.end_minute, now)
    return max(0.0, (ends.astimezone(UTC) - now.astimezone(UTC)).total_seconds())


def _is_quiet(hours: QuietHoursConfig, minute: int) -> bool:
    length = (hours.end_minute - hours.start_minute) % DAY_MINUTES
    return (minute - hours.start_minute) % DAY_MINUTES < length


def _next(minute: int, now: datetime) -> datetime:
    """When clocks show the minute of the day next; an hour that they leave out counts as the one after it."""
    today = now.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)  # same hour twice
    if today.replace(tzinfo=None) > now.replace(tzinfo=None):
        return today
    return today.replace(fold=0) + timedelta(days=1)  # of the wall clock, as zoned times are added up
