"""Ports through which daemons and scripts tell the pool something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import SecretStr

from nompcore.config.section import Section, key
from nompcore.config.values import PortNumber, Secret, Switch, Text


class BlockNotifySection(Section):
    """Where `blocknotify` of a daemon reports a new block."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    port: Annotated[PortNumber, key("port", "port to listen on")] = 8117
    password: Annotated[Secret, key("password", "what the sender must know")] = SecretStr("")


class CoinSwitchSection(Section):
    """Where a script says which coin to switch to."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    port: Annotated[PortNumber, key("port", "port to listen on")] = 8118
    password: Annotated[Secret, key("password", "what the sender must know")] = SecretStr("")


class RedisBlockNotifySection(Section):
    """Block news from a Redis channel."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    redis_host: Annotated[Text, key("redisHost", "Redis host")] = "127.0.0.1"
    redis_port: Annotated[PortNumber, key("redisPort", "Redis port")] = 6379
    channels: Annotated[Text, key("psubscribeKey", "channels to listen to")] = "newblocks:*"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockNotifyConfig:
    """The blocknotify listener."""

    port: int
    password: SecretStr
