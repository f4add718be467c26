"""Ports that follow an algorithm instead of a coin, and what chooses the coin: accepted, without effect."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nompcore.config.ports import PortConfig, VarDiffConfig
from nompcore.config.section import Section, key
from nompcore.config.values import Expected, NotNegative, PortNumber, Positive, Switch, Text

SWITCHING_INACTIVE = "miners stay on the pool of their port"


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


class ProfitSwitchSection(Section):
    """Choice of the most profitable coin by market prices."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    update_interval_seconds: Annotated[
        Positive, key("updateInterval", "how often prices are compared", unit="seconds")
    ] = 600
    depth: Annotated[
        NotNegative,
        Field(le=1),
        Expected("a number from 0 to 1"),
        key("depth", "part of the bids considered"),
    ] = 0.9
    use_poloniex: Annotated[Switch, key("usePoloniex", "ask Poloniex")] = False
    use_cryptsy: Annotated[Switch, key("useCryptsy", "ask Cryptsy")] = False
    use_mintpal: Annotated[Switch, key("useMintpal", "ask Mintpal")] = False
    use_bittrex: Annotated[Switch, key("useBittrex", "ask Bittrex")] = False
