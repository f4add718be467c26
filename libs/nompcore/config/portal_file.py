"""`config.json`: every key of the seed README and of later NOMP versions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from nompcore.config.alerts import AlertSection
from nompcore.config.listeners import BlockNotifySection, CoinSwitchSection, RedisBlockNotifySection
from nompcore.config.miner_notices import MinerNoticesSection
from nompcore.config.profit import ProfitSwitchSection
from nompcore.config.section import Section, key
from nompcore.config.stores import REDIS_BY_ENVIRONMENT, RedisSection
from nompcore.config.switching import ProxySection, SwitchSection
from nompcore.config.values import Expected, Forks, PortNumber, SecretUrl, Switch
from nompcore.config.website import WebsiteSection

LogLevel = Literal["debug", "info", "warning", "error"]


class ClusteringSection(Section):
    """How many processes `python -m services.stratum` starts."""

    enabled: Annotated[Switch, key("enabled", "start several processes")] = False
    forks: Annotated[Forks, key("forks", "number of processes; `auto`: one for each core")] = 1


class PortalFile(Section):
    """What all pools share."""

    log_level: Annotated[LogLevel, key("logLevel", "lines at this level and above it are logged")] = "info"
    log_colors: Annotated[Switch, key("logColors", "coloured log lines", inactive="log lines are JSON")] = (
        False
    )
    cli_port: Annotated[
        PortNumber | None,
        key("cliPort", "port of NOMP's command line tool, on 127.0.0.1 only: it asks for no password"),
    ] = None
    clustering: Annotated[
        ClusteringSection | None,
        key("clustering", "stratum processes on this machine; containers are scaled instead"),
    ] = None
    default_pool_configs: Annotated[
        dict[str, Any],
        Expected("an object"),
        key("defaultPoolConfigs", "keys of a pool file, used by every pool that does not set them"),
    ] = Field(default_factory=dict)
    website: Annotated[WebsiteSection, key("website", "the web site")] = WebsiteSection()
    redis: Annotated[
        RedisSection | None, key("redis", "where statistics are kept", inactive=REDIS_BY_ENVIRONMENT)
    ] = None
    block_notify_listener: Annotated[
        BlockNotifySection, key("blockNotifyListener", "daemons report new blocks here")
    ] = BlockNotifySection()
    coin_switch_listener: Annotated[
        CoinSwitchSection | None,
        key("coinSwitchListener", "scripts order a change of coin here"),
    ] = None
    redis_block_notify_listener: Annotated[
        RedisBlockNotifySection | None,
        key("redisBlockNotifyListener", "new blocks by Redis", inactive="use blockNotifyListener"),
    ] = None
    proxy: Annotated[
        dict[str, ProxySection],
        key("proxy", "algorithm → port that switches coins (seed spelling); docs/switching.md"),
    ] = Field(default_factory=dict)
    switching: Annotated[
        dict[str, SwitchSection],
        key("switching", "name → ports that switch coins (later spelling of `proxy`)"),
    ] = Field(default_factory=dict)
    profit_switch: Annotated[
        ProfitSwitchSection | None, key("profitSwitch", "change to the most profitable coin")
    ] = None
    alerts: Annotated[
        list[AlertSection],
        key("alerts", "who is told what by mail, chat and the like (docs/alerts.md)", ours=True),
    ] = Field(default_factory=list)
    miner_notices: Annotated[
        MinerNoticesSection,
        key(
            "minerNotices", "miners are told of their workers and payments (docs/notifications.md)", ours=True
        ),
    ] = MinerNoticesSection()
    webhooks: Annotated[
        list[SecretUrl],
        key(
            "webhooks",
            "URLs that get a POST for each block and payment; not logged, they may hold a token",
            ours=True,
        ),
    ] = Field(default_factory=list)
