"""One event as a channel is told it: what, how bad, in which words, and by which id repetitions are known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from nompcore.alarms import OperatorAlert
from nompcore.config import PoolConfig
from nompcore.config.alerts import SEVERITIES, AlertChannelConfig, Severity
from nompcore.messages import Message
from nompcore.wire import encode
from services.notifier.alerting.wording import worded
from services.notifier.rules import News, news_of

ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Alert:
    """`text` is worded for the channel; `time_ms` is when it happened."""

    id: str
    event: str
    pool: str
    severity: Severity
    text: str
    time_ms: int

    @property
    def rank(self) -> int:
        """How bad, as a number that rises."""
        return SEVERITIES.index(self.severity)

    @property
    def is_critical(self) -> bool:
        """Whether it breaks the quiet."""
        return self.severity == "critical"


def alert_of(message: Message, config: AlertChannelConfig, pools: Mapping[str, PoolConfig]) -> Alert | None:
    """What the channel is told of a message, None where it is not interested."""
    news = news_of(message, pools)
    if not is_wanted(news, config):
        return None
    template = config.templates.get(news.event)
    text = news.text if template is None else worded(template, news, message, pools)
    return Alert(alert_id(message), news.event, news.pool, news.severity, text, news.time_ms)


def is_wanted(news: News, config: AlertChannelConfig) -> bool:
    """Whether the channel asked for news of this event, pool and severity."""
    return (
        news.event in config.events
        and (not config.pools or news.pool in config.pools)
        and SEVERITIES.index(news.severity) >= SEVERITIES.index(config.severity)
    )


def alert_id(message: Message) -> str:
    """The same for the same event, however often and from whichever replica it comes; 32 hex digits."""
    if isinstance(message, OperatorAlert):
        return message.alert_id
    content = type(message).__name__.encode() + encode(message)
    return hashlib.blake2b(content, digest_size=ID_BYTES).hexdigest()
