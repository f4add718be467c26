"""Channels of alerts in `config.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nompcore.config.alert_events import DERIVED, EVENTS
from nompcore.config.alerts import QuietHoursConfig
from tests.unit.config_dir import PORTAL_FILE, ConfigDir, problems_of

CHANNEL: dict[str, Any] = {"name": "ops", "url": "discord://4174216298/T0KEN"}


def config_with(*channels: dict[str, Any]) -> ConfigDir:
    config = ConfigDir()
    config.put(PORTAL_FILE, "alerts", value=[{**CHANNEL, **channel} for channel in channels])
    return config


def test_a_channel_arrives_with_everything_it_says(tmp_path: Path) -> None:
    config = config_with(
        {
            "events": ["block.*", "daemon.down"],
            "pools": ["litecoin"],
            "severity": "warning",
            "quietHours": "22:00-7:05",
            "timezone": "Europe/Berlin",
            "rateLimit": {"messages": 5, "interval": 60},
            "templates": {"block.confirmed": "{pool}: {height}"},
        }
    )
    (channel,) = config.load(tmp_path).alerts

    assert channel.name == "ops"
    assert channel.url.get_secret_value() == CHANNEL["url"]
    assert channel.events == {"block.submitted", "block.confirmed", "block.orphaned", "daemon.down"}
    assert channel.pools == {"litecoin"}
    assert channel.severity == "warning"
    assert channel.quiet_hours == QuietHoursConfig(
        start_minute=22 * 60, end_minute=7 * 60 + 5, timezone="Europe/Berlin"
    )
    assert (channel.rate_messages, channel.rate_seconds) == (5, 60)
    assert channel.templates == {"block.confirmed": "{pool}: {height}"}


def test_a_channel_that_says_nothing_is_told_everything(tmp_path: Path) -> None:
    (channel,) = config_with({}).load(tmp_path).alerts

    assert channel.events == set(EVENTS) > set(DERIVED)
    assert (channel.pools, channel.quiet_hours, channel.rate_messages) == (frozenset(), None, None)


def test_a_channel_without_a_url_is_off(tmp_path: Path) -> None:
    assert config_with({"url": "${NO_CHANNEL:-}"}).load(tmp_path).alerts == ()


def test_the_url_is_not_in_the_repr(tmp_path: Path) -> None:
    assert "T0KEN" not in repr(config_with({}).load(tmp_path))


def mistakes(config: ConfigDir, directory: Path) -> list[str]:
    config.write(directory)
    return problems_of(directory, config.environ)


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a name with capitals": (
        {"name": "Ops"},
        'alerts[0].name: expected a name of a-z, 0-9 and -, found "Ops"',
    ),
    "a url without a scheme": (
        {"url": "discord/T0KEN"},
        "alerts[0].url: expected an Apprise URL, such as mailto://… or discord://…",
    ),
    "an event that does not exist": (
        {"events": ["block.*", "dameon.down"]},
        'alerts[0].events[1]: names no event; did you mean "daemon.down"?',
    ),
    "a pool that does not exist": (
        {"pools": ["dogecoin"]},
        "alerts[0].pools[0]: there is no such pool; there are: litecoin",
    ),
    "a severity that does not exist": (
        {"severity": "bad"},
        'alerts[0].severity: expected "info", "warning" or "critical", found "bad"',
    ),
    "hours that are none": (
        {"quietHours": "22-7"},
        'alerts[0].quietHours: expected hours, as "22:00-07:00", found "22-7"',
    ),
    "a zone that does not exist": (
        {"timezone": "Europe/Atlantis"},
        'alerts[0].timezone: expected the name of a time zone, such as "Europe/Berlin", '
        'found "Europe/Atlantis"',
    ),
    "a rate of nothing": (
        {"rateLimit": {"messages": 0, "interval": 60}},
        "alerts[0].rateLimit.messages: expected a whole number above 0, found 0",
    ),
    "a template of an event that does not exist": (
        {"templates": {"block.conformed": "x"}},
        'alerts[0].templates.block.conformed: no such event; did you mean "block.confirmed"?',
    ),
    "a template with a field that does not exist": (
        {"templates": {"payee.quarantined": "{pool} {miner}"}},
        'alerts[0].templates.payee.quarantined: unknown field "{miner}"; known here: '
        "address, coin, event, pool, reason, severity, text, time, time_ms",
    ),
    "a template that looks into a field": (
        {"templates": {"payee.quarantined": "{pool.__class__}"}},
        'alerts[0].templates.payee.quarantined: unknown field "{pool.__class__}"; known here: '
        "address, coin, event, pool, reason, severity, text, time, time_ms",
    ),
    "a template with an open brace": (
        {"templates": {"block.confirmed": "{pool"}},
        "alerts[0].templates.block.confirmed: a brace is not closed, or not opened; "
        "write {{ and }} for braces in the text",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_a_line(tmp_path: Path, mistake: str) -> None:
    channel, line = MISTAKES[mistake]

    assert mistakes(config_with(channel), tmp_path) == [f"config.json: {line}"]


def test_a_name_belongs_to_one_channel(tmp_path: Path) -> None:
    assert mistakes(config_with({}, {}), tmp_path) == [
        "config.json: alerts[1].name: is already the name of alerts[0]"
    ]
