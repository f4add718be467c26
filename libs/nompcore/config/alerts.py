"""Channels of alerts: chats, mail and everything else that Apprise reaches, as files have them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from nompcore.config.alert_events import EVENTS, matching_events, pattern_problem, template_problems
from nompcore.config.problems import Loc, nearest
from nompcore.config.section import Section, key
from nompcore.config.values import Count, Expected, Positive, Text

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
"""In rising order."""

_QUIET_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)")
_SCHEME = re.compile(r"[a-z0-9]+://.")


def _require_scheme(value: SecretStr) -> SecretStr:
    """An empty text is what `${VAR:-}` gives: the channel is off."""
    if value.get_secret_value() and not _SCHEME.match(value.get_secret_value()):
        raise PydanticCustomError("url", "expected an Apprise URL, such as mailto://… or discord://…")
    return value


def _require_zone(name: str) -> str:
    """Which zones there are, the machine knows."""
    try:
        ZoneInfo(name)
    except (LookupError, OSError) as error:  # "Europe" alone is a directory
        raise ValueError("no such zone") from error
    return name


AppriseUrl = Annotated[SecretStr, AfterValidator(_require_scheme), Expected("an Apprise URL")]
ChannelName = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$"), Expected("a name of a-z, 0-9 and -")]
QuietHours = Annotated[str, Field(pattern=f"^{_QUIET_HOURS.pattern}$"), Expected('hours, as "22:00-07:00"')]
ZoneName = Annotated[
    str, AfterValidator(_require_zone), Expected('the name of a time zone, such as "Europe/Berlin"')
]


class RateLimitSection(Section):
    """How much a channel is told in a time; what exceeds it becomes one message."""

    messages: Annotated[Count, key("messages", "so many messages", ours=True)]
    interval_seconds: Annotated[
        Positive, key("interval", "within so long at most", unit="seconds", ours=True)
    ]


class AlertSection(Section):
    """Somebody who is told."""

    name: Annotated[
        ChannelName, key("name", "what logs and metrics call it; renamed, it is a new channel", ours=True)
    ]
    url: Annotated[
        AppriseUrl, key("url", "where it is, as an Apprise URL; a secret, never logged", ours=True)
    ]
    events: Annotated[
        list[Text], key("events", "what it is told, as names and patterns (`block.*`)", ours=True)
    ] = Field(default_factory=lambda: ["*"])
    pools: Annotated[list[Text], key("pools", "of these pools; without any, of all", ours=True)] = Field(
        default_factory=list
    )
    severity: Annotated[Severity, key("severity", "at least so severe", ours=True)] = "info"
    quiet_hours: Annotated[
        QuietHours | None,
        key("quietHours", "only what is critical is told then, all else at their end", ours=True),
    ] = None
    timezone: Annotated[ZoneName, key("timezone", "of the quiet hours", ours=True)] = "UTC"
    rate_limit: Annotated[
        RateLimitSection | None, key("rateLimit", "how much it is told in a time", ours=True)
    ] = None
    templates: Annotated[
        dict[str, Text], key("templates", "event → text with {fields}, instead of the usual one", ours=True)
    ] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHoursConfig:
    """From one minute of the day to another, which may be on the next day; by the clocks of a zone."""

    start_minute: int
    end_minute: int
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChannelConfig:
    """A channel as the notifier gets it. `pools` is empty for all of them."""

    name: str
    url: SecretStr
    events: frozenset[str]
    pools: frozenset[str] = frozenset()
    severity: Severity = "info"
    quiet_hours: QuietHoursConfig | None = None
    rate_messages: int | None = None
    rate_seconds: float = 0
    templates: Mapping[str, str] = field(default_factory=dict)


def alert_channel(section: AlertSection) -> AlertChannelConfig:
    """What the notifier gets of a section that `alert_problems` has nothing against."""
    limit = section.rate_limit
    return AlertChannelConfig(
        name=section.name,
        url=section.url,
        events=matching_events(section.events),
        pools=frozenset(section.pools),
        severity=section.severity,
        quiet_hours=_quiet_hours(section.quiet_hours, section.timezone),
        rate_messages=limit.messages if limit else None,
        rate_seconds=limit.interval_seconds if limit else 0,
        templates=section.templates,
    )


def alert_problems(sections: list[AlertSection], pools: Collection[str]) -> Iterator[tuple[Loc, str]]:
    """The place of each fault below `alerts`, and what it is. `pools`: the names of those that exist."""
    first: dict[str, int] = {}
    for index, section in enumerate(sections):
        at: Loc = ("alerts", index)
        if first.setdefault(section.name, index) != index:
            yield (*at, "name"), f"is already the name of alerts[{first[section.name]}]"
        for number, pattern in enumerate(section.events):
            if text := pattern_problem(pattern):
                yield (*at, "events", number), text
        for number, pool in enumerate(section.pools):
            if pool not in pools:
                yield (
                    (*at, "pools", number),
                    f"there is no such pool; there are: {', '.join(sorted(pools))}",
                )
        for loc, text in _template_problems(section.templates):
            yield (*at, "templates", loc), text


def _template_problems(templates: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for event, template in templates.items():
        if event in EVENTS:
            yield from ((event, text) for text in template_problems(event, template))
        else:
            meant = nearest(event, EVENTS)
            yield event, f'no such event; did you mean "{meant}"?' if meant else "no such event"


def _quiet_hours(text: str | None, timezone: str) -> QuietHoursConfig | None:
    match = _QUIET_HOURS.fullmatch(text or "")
    if match is None:
        return None
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    return QuietHoursConfig(
        start_minute=start_hour * 60 + start_minute,
        end_minute=end_hour * 60 + end_minute,
        timezone=timezone,
    )
