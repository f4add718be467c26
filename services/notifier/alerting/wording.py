"""Templates of operators filled in: `{field}`, and nothing that could reach further."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from nompcore.config import PoolConfig
from nompcore.config.alert_events import AMOUNT
from nompcore.messages import Message
from services.notifier.rules import News, Units, shown_name


def worded(template: str, news: News, message: Message, pools: Mapping[str, PoolConfig]) -> str:
    """The template with the values of the event; its names were checked when the configuration was read."""
    return template.format_map(values_of(news, message, pools))


def values_of(news: News, message: Message, pools: Mapping[str, PoolConfig]) -> dict[str, str]:
    """What each field of a template stands for. Words of strangers are fit for a chat."""
    units = Units(pools)
    coin = pools[news.pool].coin.symbol.upper() if news.pool in pools else ""
    values = {
        "event": news.event,
        "severity": news.severity,
        "text": news.text,
        "time": datetime.fromtimestamp(news.time_ms / 1000, UTC).isoformat(timespec="seconds"),
        "coin": coin,
    }
    for name, value in msgspec.structs.asdict(message).items():
        if name not in values:
            values[name] = _shown(value)
        if name.endswith(AMOUNT):
            values[name.removesuffix(AMOUNT)] = units.amount(news.pool, value)
    return values


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{shown_name(str(key))}: {shown_name(str(item))}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(shown_name(str(item)) for item in value)
    return shown_name(str(value))
