"""How long a channel's quiet lasts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.config.alerts import QuietHoursConfig
from services.notifier.alerting.quiet_hours import DAY_MINUTES, quiet_seconds

MINUTES = st.integers(0, DAY_MINUTES - 1)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
TIMES_MS = st.integers(1_600_000_000_000, 1_900_000_000_000)


def hours(text: str, timezone: str = "Europe/Berlin") -> QuietHoursConfig:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return QuietHoursConfig(start_minute=start, end_minute=end, timezone=timezone)


def at(text: str, timezone: str = "Europe/Berlin", fold: int = 0) -> int:
    """Unix milliseconds of a wall clock."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold)
    return round(local.timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-26 21:59:59", 0),
        ("2026-11-26 22:00:00", 9 * 3600),
        ("2026-11-26 23:30:00", 7.5 * 3600),
        ("2026-11-27 00:00:00", 7 * 3600),
        ("2026-11-27 06:59:30", 30),
        ("2026-11-27 07:00:00", 0),
        ("2026-11-27 12:00:00", 0),
    ],
)
def test_quiet_hours_over_midnight(now: str, seconds: float) -> None:
    assert quiet_seconds(hours("22:00-07:00"), at(now)) == seconds


def test_quiet_hours_within_a_day() -> None:
    noon = hours("12:00-13:00")

    assert quiet_seconds(noon, at("2026-11-26 12:15:00")) == 45 * 60
    assert quiet_seconds(noon, at("2026-11-26 13:00:00")) == 0


def test_the_night_in_which_clocks_go_forward_is_an_hour_shorter() -> None:
    assert quiet_seconds(hours("22:00-07:00"), at("2026-03-28 22:00:00")) == 8 * 3600


def test_the_night_in_which_clocks_go_back_is_an_hour_longer() -> None:
    assert quiet_seconds(hours("22:00-07:00"), at("2026-10-24 22:00:00")) == 10 * 3600
    assert quiet_seconds(hours("22:00-02:30"), at("2026-10-25 02:10:00", fold=1)) == 20 * 60


def test_the_zone_is_that_of_the_channel() -> None:
    noon_utc = at("2026-11-26 13:00:00")

    assert quiet_seconds(hours("12:00-13:00", "UTC"), noon_utc) == 3600
    assert quiet_seconds(hours("12:00-13:00", "Europe/Berlin"), noon_utc) == 0


def test_without_hours_it_is_never_quiet() -> None:
    assert quiet_seconds(None, at("2026-11-26 23:00:00")) == 0


@given(start=MINUTES, end=MINUTES, zone=ZONES, now_ms=TIMES_MS)
def test_quiet_ends_when_it_says(start: int, end: int, zone: str, now_ms: int) -> None:
    config = QuietHoursConfig(start_minute=start, end_minute=end, timezone=zone)
    seconds = quiet_seconds(config, now_ms)
    local = datetime.fromtimestamp(now_ms / 1000 + seconds, ZoneInfo(zone))

    assert 0 <= seconds <= 25 * 3600
    if seconds:
        length = (end - start) % DAY_MINUTES
        past_the_end = (local.hour * 60 + local.minute - end) % DAY_MINUTES
        # half an hour or an hour that clocks leave out, and no more
        assert past_the_end <= 60 or length > DAY_MINUTES - 60
