"""The pool's configuration: NOMP's files, in both spellings, checked before anything starts."""

from nompcore.config.daemons import DaemonConfig
from nompcore.config.listeners import BlockNotifyConfig
from nompcore.config.loading import load_config
from nompcore.config.mpos import MposConfig
from nompcore.config.payments import PaymentConfig, SchemeConfig
from nompcore.config.pool import PoolConfig, RewardRecipient
from nompcore.config.portal import PortalConfig
from nompcore.config.ports import PortConfig, VarDiffConfig
from nompcore.config.problems import ConfigInvalid, ConfigProblem
from nompcore.config.website import WebsiteConfig

__all__ = [
    "BlockNotifyConfig",
    "ConfigInvalid",
    "ConfigProblem",
    "DaemonConfig",
    "MposConfig",
    "PaymentConfig",
    "PoolConfig",
    "PortConfig",
    "PortalConfig",
    "RewardRecipient",
    "SchemeConfig",
    "VarDiffConfig",
    "WebsiteConfig",
    "load_config",
]
