"""Ports through which daemons and scripts tell the pool something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, SecretStr

from nompcore.config.section import Section, key
from nompcore.config.values import NetworkText, PortNumber, Secret, Switch, Text


class BlockNotifySection(Section):
    """Where `blocknotify` of a daemon reports a new block."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    port: Annotated[PortNumber, key("port", "port to listen on")] = 8117
    password: Annotated[Secret, key("password", "what the sender must know")] = SecretStr("")
    networks: Annotated[
        list[NetworkText],
        key("networks", "from where senders may come, besides this machine itself", ours=True),
    ] = Field(default_factory=list)


class CoinSwitchSection(Section):
    """Where a script says which coin to switch to."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    port: Annotated[PortNumber, key("port", "port to listen on")] = 8118
    password: Annotated[Secret, key("password", "what the sender must know")] = SecretStr("")
    networks: Annotated[
        list[NetworkText],
        key("networks", "from where senders may come, besides this machine itself", ours=True),
    ] = Field(default_factory=list)


class RedisBlockNotifySection(Section):
    """Block news from a Redis channel."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    redis_host: Annotated[Text, key("redisHost", "Redis host")] = "127.0.0.1"
    redis_port: Annotated[PortNumber, key("redisPort", "Redis port")] = 6379
    channels: Annotated[Text, key("psubscribeKey", "channels to listen to")] = "newblocks:*"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerConfig:
    """A listener whose senders know a password. Loopback may always send, `networks` as well."""

    port: int
    password: SecretStr
    networks: tuple[str, ...] = ()


def listener_config(section: BlockNotifySection | CoinSwitchSection | None) -> ListenerConfig | None:
    """What the notifier gets of a section; None where it is off."""
    if section is None or not section.enabled:
        return None
    return ListenerConfig(port=section.port, password=section.password, networks=tuple(section.networks))
