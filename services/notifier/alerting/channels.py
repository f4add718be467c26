"""The alert channels of `config.json`, made ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nompcore.bus import Bus
from nompcore.config import PoolConfig
from nompcore.config.alerts import AlertChannelConfig
from nompcore.settings import SettingsInvalid
from services.notifier.alerting.channel import AlertChannel
from services.notifier.alerting.library_logs import silence
from services.notifier.alerting.sender import Sender
from services.notifier.alerting.taken import Taken


def alert_channels(
    configs: Sequence[AlertChannelConfig],
    bus: Bus,
    pools: Mapping[str, PoolConfig],
    now_ms: Callable[[], int],
) -> list[AlertChannel]:
    """All of them. Raises SettingsInvalid with a line for each URL that Apprise does not know."""
    senders = _senders(configs) if configs else {}
    return [
        AlertChannel(config, senders[config.name], Taken(bus, config.name), pools, now_ms)
        for config in configs
    ]


def _senders(configs: Sequence[AlertChannelConfig]) -> dict[str, Sender]:
    silence()
    # a third of a second and 20 MB, for those who use it
    from services.notifier.alerting.apprise_sender import AppriseSender, UrlUnknown  # noqa: PLC0415

    senders: dict[str, Sender] = {}
    problems: list[str] = []
    for config in configs:
        try:
            senders[config.name] = AppriseSender(config.name, config.url)
        except UrlUnknown:
            problems.append(f"config.json: alerts: Apprise cannot use the url of {config.name}")
    if problems:
        raise SettingsInvalid(problems)
    return senders
