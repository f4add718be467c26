"""One pool in this process: its jobs, its way for shares, its miners."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nompcore.bus import Bus
from nompcore.config import PoolConfig
from nompcore.config.mpos import LoginCheck
from services.stratum.authorization import MAX_MPOS_NAME, Authorizer
from services.stratum.block_publisher import BlockPublisher
from services.stratum.counters import PoolCounters
from services.stratum.difficulty import TargetRules
from services.stratum.extranonce import upstream_layout
from services.stratum.job_registry import JobRegistry
from services.stratum.mpos_logins import MposLogins
from services.stratum.prefixes import Prefixes
from services.stratum.publisher import SharePublisher
from services.stratum.session_store import SessionStore
from services.stratum.share_path import SharePath
from services.stratum.upstream_publisher import UpstreamPublisher
from services.stratum.visitors import Visitors

if TYPE_CHECKING:
    from services.stratum.connection import Connection
    from services.stratum.dialogue import Dialogue
    from services.stratum.session import Session


@dataclass(slots=True, eq=False)
class Pool:
    """What the connections of one pool share."""

    config: PoolConfig
    jobs: JobRegistry
    counters: PoolCounters
    publisher: SharePublisher
    blocks: BlockPublisher
    upstream: UpstreamPublisher
    shares: SharePath
    sessions: SessionStore
    authorizer: Authorizer
    targets: TargetRules
    visitors: Visitors
    logins: MposLogins | None = None  # where MPOS has to confirm them
    prefixes: Prefixes | None = None  # of its own, where its extranonce1 are shorter than others'
    connections: dict[Connection, None] = field(default_factory=dict)  # in the order of their coming
    job_arrived: asyncio.Event = field(default_factory=asyncio.Event)
    passing: int = 0  # how many of the connections came by a switching port
    draining: bool = False

    def miners(self) -> Iterator[Dialogue]:
        """Everybody admitted; connections may come and go meanwhile."""
        for connection in list(self.connections):
            if connection.dialogue is not None:
                yield connection.dialogue

    def give_back_extranonce1(self, session: Session) -> None:
        """Its connection has gone; where it had none, there is nothing to give back."""
        if self.prefixes is not None and session.subscribed:
            self.prefixes.give_back(session.extranonce1_hex, used=bool(session.work.seen))

    async def finish(self) -> None:
        """Wait until all shares taken so far are judged, stored and answered, and found blocks announced."""
        await self.shares.drain()
        await self.publisher.drain()
        await self.blocks.drain()
        await self.upstream.drain()

    def abandon(self) -> None:
        """There is no more time to wait: answer what is unanswered."""
        self.publisher.abandon()
        self.blocks.expire(math.inf)


def build_pool(
    config: PoolConfig, bus: Bus, tasks: asyncio.TaskGroup, hashers: Executor, replica: str
) -> Pool:
    """Wire one pool's parts; `hashers` runs the hashes that are too slow for the event loop."""
    counters = PoolCounters()
    publisher = SharePublisher(bus, config.name, replica, counters)
    blocks, upstream = BlockPublisher(bus, tasks), UpstreamPublisher(bus, tasks, counters)
    # The quick check keeps no header, and the hash that such a pool wants is not always the work's.
    quick = not config.emit_invalid_block_hashes
    jobs = JobRegistry(config.coin, quick=quick, extranonces=config.extranonces)
    return Pool(
        config=config,
        jobs=jobs,
        counters=counters,
        publisher=publisher,
        blocks=blocks,
        upstream=upstream,
        shares=SharePath(
            pool=config.name,
            replica=replica,
            coin=config.coin,
            hashers=hashers if config.coin.hashes_slowly else None,
            emits_hashes=config.emit_invalid_block_hashes,
            publisher=publisher,
            blocks=blocks,
            upstream=upstream,
            counters=counters,
        ),
        sessions=SessionStore(config.name, bus, tasks, counters),
        authorizer=_authorizer(config),
        targets=TargetRules(config.coin.multiplier, config.share_variance_percent),
        visitors=Visitors(config.limits.connections_per_minute, config.limits.logins_per_minute),
        logins=MposLogins(config.name, bus, tasks, counters) if _asks_mpos(config) else None,
        prefixes=_own_prefixes(config, bus, replica, jobs),
    )


def _authorizer(config: PoolConfig) -> Authorizer:
    if config.mpos is not None:
        return Authorizer(None, MAX_MPOS_NAME)
    return Authorizer(config.coin.networks[config.network] if config.validate_worker_address else None)


def _own_prefixes(config: PoolConfig, bus: Bus, replica: str, jobs: JobRegistry) -> Prefixes | None:
    if config.upstream is None:
        return None
    return Prefixes(bus, replica, layout=upstream_layout(config.name), jobs=jobs)


def _asks_mpos(config: PoolConfig) -> bool:
    return config.mpos is not None and config.mpos.login_check is not LoginCheck.NONE
