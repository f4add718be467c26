"""The pool's configuration: NOMP's files, in both spellings, checked before anything starts."""

from nompcore.config.daemons import DaemonConfig
from nompcore.config.listeners import ListenerConfig
from nompcore.config.loading import load_config
from nompcore.config.miner_notices import MinerNoticesConfig
from nompcore.config.mpos import MposConfig
from nompcore.config.payments import PaymentConfig, SchemeConfig
from nompcore.config.pool import PoolConfig, RewardRecipient
from nompcore.config.portal import PortalConfig
from nompcore.config.ports import PortConfig, VarDiffConfig
from nompcore.config.problems import ConfigInvalid, ConfigProblem
from nompcore.config.switching import SwitchConfig
from nompcore.config.website import WebsiteConfig

__all__ = [
    "ConfigInvalid",
    "ConfigProblem",
    "DaemonConfig",
    "ListenerConfig",
    "MinerNoticesConfig",
    "MposConfig",
    "PaymentConfig",
    "PoolConfig",
    "PortConfig",
    "PortalConfig",
    "RewardRecipient",
    "SchemeConfig",
    "SwitchConfig",
    "VarDiffConfig",
    "WebsiteConfig",
    "load_config",
]
