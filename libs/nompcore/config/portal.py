"""The whole configuration as the services see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from nompcore.config.alerts import AlertChannelConfig
from nompcore.config.listeners import ListenerConfig
from nompcore.config.miner_notices import MinerNoticesConfig
from nompcore.config.pool import PoolConfig
from nompcore.config.problems import ConfigProblem
from nompcore.config.profit import ProfitSwitchSection
from nompcore.config.switching import SwitchConfig
from nompcore.config.website import WebsiteConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalConfig:
    """Everything of `config.json` and `pool_configs/` that this version acts on.

    `pools` by name; `stratum_forks` is 0 for one process a core; `block_notify`, `coin_switch`, `cli_port`
    and `profit_switch` are None where they are off; `warnings` are lines for the operator.
    """

    pools: Mapping[str, PoolConfig]
    switches: Mapping[str, SwitchConfig] = field(default_factory=dict)
    log_level: str = "info"
    stratum_forks: int = 1
    website: WebsiteConfig = field(default_factory=WebsiteConfig)
    block_notify: ListenerConfig | None = None
    coin_switch: ListenerConfig | None = None
    cli_port: int | None = None
    profit_switch: ProfitSwitchSection | None = None
    miner_notices: MinerNoticesConfig = field(default_factory=MinerNoticesConfig)
    webhooks: tuple[SecretStr, ...] = ()
    alerts: tuple[AlertChannelConfig, ...] = ()
    warnings: tuple[ConfigProblem, ...] = ()
