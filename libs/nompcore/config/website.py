"""The web site and its statistics: the section as files have it, and what the services get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import SecretStr

from nompcore.config.section import Section, key
from nompcore.config.stores import REDIS_BY_ENVIRONMENT, RedisSection
from nompcore.config.values import PortNumber, Positive, Secret, Switch, Text

MinerIps = Literal["masked", "full", "hidden"]


class StatsSection(Section):
    """How statistics are gathered and kept."""

    update_interval_seconds: Annotated[
        Positive, key("updateInterval", "how often figures are gathered and pushed to pages", unit="seconds")
    ] = 60
    historical_retention_seconds: Annotated[
        Positive, key("historicalRetention", "how long past figures are kept", unit="seconds")
    ] = 43200
    hashrate_window_seconds: Annotated[
        Positive, key("hashrateWindow", "span of shares a hashrate is computed from", unit="seconds")
    ] = 300
    redis: Annotated[
        RedisSection | None, key("redis", "where history is kept", inactive=REDIS_BY_ENVIRONMENT)
    ] = None


class AdminCenterSection(Section):
    """The operator's page."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    password: Annotated[Secret, key("password", "its password")] = SecretStr("")


class WebsiteSection(Section):
    """The web site."""

    enabled: Annotated[Switch, key("enabled", "serve pages; the HTTP interface is served in any case")] = True
    host: Annotated[
        Text | None,
        key(
            "host",
            "address to listen on",
            inactive="API_HOST of the environment decides",
            environment="API_HOST",
        ),
    ] = None
    port: Annotated[
        PortNumber | None,
        key(
            "port",
            "port to listen on",
            inactive="API_PORT of the environment decides",
            environment="API_PORT",
        ),
    ] = None
    stratum_host: Annotated[Text, key("stratumHost", "the host name pages tell miners to connect to")] = (
        "localhost"
    )
    miner_ips: Annotated[
        MinerIps, key("minerIps", "how much of miners' IP addresses is published", ours=True)
    ] = "masked"
    stats: Annotated[StatsSection, key("stats", "statistics")] = StatsSection()
    admin_center: Annotated[
        AdminCenterSection | None,
        key("adminCenter", "the operator's page", inactive="ADMIN_USERS of the environment decides"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebsiteConfig:
    """What pages show and how statistics are gathered."""

    enabled: bool = True
    stratum_host: str = "localhost"
    miner_ips: MinerIps = "masked"
    update_interval_seconds: float = 60
    historical_retention_seconds: float = 43200
    hashrate_window_seconds: float = 300


def website_config(section: WebsiteSection) -> WebsiteConfig:
    """What services get of the section."""
    return WebsiteConfig(
        enabled=section.enabled,
        stratum_host=section.stratum_host,
        miner_ips=section.miner_ips,
        update_interval_seconds=section.stats.update_interval_seconds,
        historical_retention_seconds=section.stats.historical_retention_seconds,
        hashrate_window_seconds=section.stats.hashrate_window_seconds,
    )
