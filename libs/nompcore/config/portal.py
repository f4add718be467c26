"""The whole configuration as the services see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from nompcore.config.listeners import BlockNotifyConfig
from nompcore.config.pool import PoolConfig
from nompcore.config.problems import ConfigProblem
from nompcore.config.website import WebsiteConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalConfig:
    """Everything of `config.json` and `pool_configs/` that this version acts on.

    `pools` by name; `stratum_forks` is 0 for one process a core; `block_notify` is None where the listener is
    off; `warnings` are lines for the operator.
    """

    pools: Mapping[str, PoolConfig]
    log_level: str = "info"
    stratum_forks: int = 1
    website: WebsiteConfig = field(default_factory=WebsiteConfig)
    block_notify: BlockNotifyConfig | None = None
    webhooks: tuple[SecretStr, ...] = ()
    warnings: tuple[ConfigProblem, ...] = ()
