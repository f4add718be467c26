"""A file of `pool_configs/`: every key of the seed README and of later NOMP versions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nompcore.config.banning import BanningSection
from nompcore.config.daemons import DaemonConfig
from nompcore.config.limits import LimitsSection
from nompcore.config.payments import PaymentSection
from nompcore.config.ports import PortConfig
from nompcore.config.section import Section, key
from nompcore.config.stores import REDIS_BY_ENVIRONMENT, MposSection, RedisSection
from nompcore.config.tls import TlsSection
from nompcore.config.upstream import UpstreamSection
from nompcore.config.values import (
    ExactPercent,
    Expected,
    NetworkText,
    NotNegative,
    Percent,
    PoolTag,
    PortNumber,
    Positive,
    Switch,
    Text,
    VersionMask,
    WholeNumber,
)

Network = Literal["main", "test", "regtest"]

PRIVATE_NETWORKS = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Where a balancer usually stands: loopback and the private ranges (RFC 1918, RFC 4193)."""

MAX_PROTOCOL_VERSION = (1 << 31) - 1
"""It travels as a signed number of 32 bits."""


class ShareProcessingSection(Section):
    """What happens to shares, in the seed's spelling."""

    internal: Annotated[PaymentSection | None, key("internal", "this pool pays its miners")] = None
    mpos: Annotated[MposSection | None, key("mpos", "MPOS pays the miners (docs/mpos.md)")] = None


class P2pSection(Section):
    """News of blocks straight from the coin's network. `magic` and `protocolVersion` are the seed's."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    host: Annotated[Text, key("host", "node to connect to")] = "127.0.0.1"
    port: Annotated[PortNumber, key("port", "its p2p port")] = 19333
    magic: Annotated[
        str | None,
        Field(pattern="^[0-9a-fA-F]{8}$"),
        Expected("8 hex digits"),
        key("magic", "what messages begin with; without it the coin file's `peerMagic…` of the network"),
    ] = None
    protocol_version: Annotated[
        WholeNumber | None,
        Field(le=MAX_PROTOCOL_VERSION),
        Expected("a whole number from 0 to 2147483647"),
        key("protocolVersion", "protocol version to announce; without it the daemon's"),
    ] = None
    disable_transactions: Annotated[Switch, key("disableTransactions", "ask not to relay transactions")] = (
        True
    )


class PoolFile(Section):
    """One pool. Keys missing here are taken from `defaultPoolConfigs` of config.json."""

    enabled: Annotated[Switch, key("enabled", "false: the file is checked, but no pool is started")]
    coin: Annotated[Text, key("coin", "file name in the coins directory")]
    network: Annotated[Network, key("network", "which network of the coin the daemons are on", ours=True)] = (
        "main"
    )
    address: Annotated[Text, key("address", "where block rewards go; the payment wallet must own it")]
    pool_tag: Annotated[PoolTag, key("poolTag", "text in the coinbase of found blocks", ours=True)] = "/nomp/"
    reward_recipients: Annotated[
        dict[str, ExactPercent],
        key(
            "rewardRecipients",
            "address, or 40 hex digits of a public key's hash → percentage of each block, paid in the block",
        ),
    ] = Field(default_factory=dict)
    ports: Annotated[
        dict[PortNumber, PortConfig],
        Field(min_length=1),
        key("ports", "stratum ports, each with its difficulty"),
    ]
    daemons: Annotated[
        list[DaemonConfig], Field(min_length=1), key("daemons", "the coin's daemons, the preferred one first")
    ]
    share_processing: Annotated[
        ShareProcessingSection | None, key("shareProcessing", "who pays the miners (seed spelling)")
    ] = None
    payment_processing: Annotated[
        PaymentSection | None,
        key("paymentProcessing", "this pool pays (later spelling of `shareProcessing.internal`)"),
    ] = None
    mpos_mode: Annotated[
        MposSection | None, key("mposMode", "MPOS pays (later spelling of `shareProcessing.mpos`)")
    ] = None
    block_refresh_interval_ms: Annotated[
        NotNegative,
        key(
            "blockRefreshInterval",
            "how often daemons are asked for new blocks; 0: never",
            unit="milliseconds",
        ),
    ] = 1000
    tx_refresh_interval_ms: Annotated[
        Positive,
        key("txRefreshInterval", "age from which a job is renewed for new transactions", unit="milliseconds"),
    ] = 20000
    job_rebroadcast_timeout_seconds: Annotated[
        NotNegative,
        key("jobRebroadcastTimeout", "a job is sent again after this silence; 0: never", unit="seconds"),
    ] = 55
    connection_timeout_seconds: Annotated[
        Positive,
        key("connectionTimeout", "miners that submit nothing for so long are disconnected", unit="seconds"),
    ] = 600
    share_variance_percent: Annotated[
        Percent, key("shareVariancePercent", "how far below its difficulty a share still counts")
    ] = 0
    validate_worker_username: Annotated[
        Switch | None,
        key(
            "validateWorkerUsername",
            "later spelling of `validateWorkerAddress`; with `mposMode`: miners' logins are checked",
        ),
    ] = None
    tcp_proxy_protocol: Annotated[
        Switch, key("tcpProxyProtocol", "connections begin with a PROXY header of the load balancer")
    ] = False
    tcp_proxy_networks: Annotated[
        list[NetworkText],
        Field(min_length=1),
        key("tcpProxyNetworks", "where balancers are; from elsewhere a PROXY header is refused", ours=True),
    ] = Field(default_factory=lambda: list(PRIVATE_NETWORKS))
    tcp_proxy_required: Annotated[
        Switch,
        key(
            "tcpProxyRequired",
            "with `tcpProxyProtocol`: false also admits miners that come without a balancer",
            ours=True,
        ),
    ] = True
    emit_invalid_block_hashes: Annotated[
        Switch,
        key(
            "emitInvalidBlockHashes",
            "the share log holds the header hash of every share, not only of block candidates",
        ),
    ] = False
    banning: Annotated[BanningSection, key("banning", "ban addresses that send rubbish")] = BanningSection()
    limits: Annotated[
        LimitsSection, key("limits", "how much of a replica one pool or one address may take", ours=True)
    ] = LimitsSection()
    version_mask: Annotated[
        VersionMask | None,
        key(
            "versionMask",
            "header version bits that miners may roll (BIP 310); without it 1fffe000 for sha256, else none",
            ours=True,
        ),
    ] = None
    tls_options: Annotated[
        TlsSection | None, key("tlsOptions", "the certificate of the ports with `tls`", ours=True)
    ] = None
    p2p: Annotated[P2pSection | None, key("p2p", "block news from a node of the coin's network")] = None
    upstream: Annotated[
        UpstreamSection | None,
        key("upstream", "bigger pools that the work comes from, instead of the daemons", ours=True),
    ] = None
    redis: Annotated[
        RedisSection | None, key("redis", "where shares are tallied", inactive=REDIS_BY_ENVIRONMENT)
    ] = None
    instance_id: Annotated[
        WholeNumber | None,
        key("instanceId", "prefix of extranonce1", inactive="replicas lease disjoint extranonce1 prefixes"),
    ] = None
