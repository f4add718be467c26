"""One pool as the services see it: checked, in the units of the code, with its coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nompcore.coin import Coin
from nompcore.coinbase import ORDINARY_EXTRANONCES, ExtranonceSizes
from nompcore.config.banning import BanningSection
from nompcore.config.daemons import DaemonConfig
from nompcore.config.limits import LimitsSection
from nompcore.config.mpos import MposConfig
from nompcore.config.payments import PaymentConfig
from nompcore.config.ports import PortConfig
from nompcore.config.tls import TlsSection
from nompcore.config.upstream import UPSTREAM_EXTRANONCES, UpstreamSection


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardRecipient:
    """Who gets a part of every block in the block itself; `ppm` in parts per million of the reward."""

    address: str
    script: bytes
    ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class P2pConfig:
    """A node of the coin's network that announces blocks.

    `protocol_version` is None where the daemon's is to be announced.
    """

    host: str
    port: int
    magic: bytes
    protocol_version: int | None = None
    disable_transactions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """One enabled pool. The name is the file's name and appears in subjects and URLs.

    `block_refresh_interval_seconds` and `job_rebroadcast_timeout_seconds`: 0 is never.
    `version_mask`: the header version bits miners may roll, 0 is none. `payments` is None where this pool
    does not pay, `mpos` where MPOS does not, `tls_options` where no port has TLS, `p2p` where no node is
    listened to, `upstream` where the work is the daemons'.
    """

    name: str
    coin: Coin
    network: str
    address: str
    ports: Mapping[int, PortConfig]
    daemons: tuple[DaemonConfig, ...]
    block_refresh_interval_seconds: float = 1
    tx_refresh_interval_seconds: float = 20
    job_rebroadcast_timeout_seconds: float = 55
    connection_timeout_seconds: float = 600
    share_variance_percent: float = 0
    tcp_proxy_protocol: bool = False
    tcp_proxy_networks: tuple[str, ...] = ()
    tcp_proxy_required: bool = True
    version_mask: int = 0
    emit_invalid_block_hashes: bool = False
    banning: BanningSection = field(default_factory=BanningSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    tls_options: TlsSection | None = None
    validate_worker_address: bool = True
    reward_recipients: tuple[RewardRecipient, ...] = ()
    pool_tag: str = "/nomp/"
    payments: PaymentConfig | None = None
    mpos: MposConfig | None = None
    p2p: P2pConfig | None = None
    upstream: UpstreamSection | None = None

    @property
    def extranonces(self) -> ExtranonceSizes:
        """The sizes that the pool's miners are given, whatever gives the work."""
        return ORDINARY_EXTRANONCES if self.upstream is None else UPSTREAM_EXTRANONCES
