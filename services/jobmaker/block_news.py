"""The connections over which nodes tell of new blocks: to the coin's network, and to daemons' publishers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nompcore.coin import Coin
from nompcore.config.pool import P2pConfig, PoolConfig
from services.jobmaker.capabilities import DEFAULT_PROTOCOL_VERSION
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.peer import PeerNews
from services.jobmaker.zmq_news import ZmqNews

P2P = "p2p"
"""The one source that anybody can be: a node of the coin's network."""

Hear = Callable[[str, str], None]
"""Called with a block's id as people write it, empty where it is not known, and the source."""


def block_news(
    pool: PoolConfig, daemons: Sequence[WatchedDaemon], hear: Hear
) -> Iterator[PeerNews | ZmqNews]:
    """Those that the pool is configured for."""
    if pool.p2p is not None:
        yield _peer_news(pool.name, pool.coin, pool.p2p, daemons, hear)
    for config, daemon in zip(pool.daemons, daemons, strict=True):
        if config.zmq is not None:
            yield ZmqNews(
                pool.name,
                daemon.name,
                config.zmq,
                lambda block_hash_display: hear(block_hash_display, "zmq"),
                on_missed=lambda: hear("", "zmq"),
            )


def _peer_news(
    pool: str, coin: Coin, p2p: P2pConfig, daemons: Sequence[WatchedDaemon], hear: Hear
) -> PeerNews:
    async def protocol_version() -> int:
        return p2p.protocol_version or _version_of(daemons)

    return PeerNews(
        pool,
        p2p.host,
        p2p.port,
        p2p.magic,
        protocol_version,
        not p2p.disable_transactions,
        lambda header: coin.block_id(header, coin.pow_hash(header) if coin.block_id_is_pow else b""),
        lambda block_hash_display: hear(block_hash_display, P2P),
        on_missed=lambda: hear("", P2P),
    )


def _version_of(daemons: Sequence[WatchedDaemon]) -> int:
    """What the pool's daemons speak: a node of the same network will hardly want a newer one."""
    known = (daemon.capabilities.protocol_version for daemon in daemons if daemon.capabilities is not None)
    return next(known, DEFAULT_PROTOCOL_VERSION)
