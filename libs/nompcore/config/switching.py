"""Ports that follow an algorithm instead of a coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from nompcore.config.ports import PortConfig, VarDiffConfig
from nompcore.config.section import Section, key
from nompcore.config.values import PortNumber, Positive, Switch, Text


class ProxySection(Section):
    """A switching port of one algorithm, in the seed's spelling."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    port: Annotated[PortNumber, key("port", "port to listen on")]
    diff: Annotated[Positive, key("diff", "difficulty of a new miner")] = 8
    var_diff: Annotated[VarDiffConfig | None, key("varDiff", "adjust the difficulty to each miner")] = None


class SwitchSection(Section):
    """Switching ports of one algorithm, in the later spelling."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    algorithm: Annotated[Text, key("algorithm", "algorithm of the coins to switch between")]
    ports: Annotated[
        dict[PortNumber, PortConfig], key("ports", "stratum ports, each with its difficulty")
    ] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchConfig:
    """Ports whose miners mine any one of some pools. `pools`: their names in order, the first one unless
    another is chosen; its file says what the ports do beside mining: bans, limits, PROXY headers, TLS.
    """

    name: str
    algorithm: str
    ports: Mapping[int, PortConfig]
    pools: tuple[str, ...]
