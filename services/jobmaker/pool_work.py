"""Everything jobmaker does for one pool, wired: its daemons, the lease, the watcher, the snapshots."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from typing import Any

from nompcore.address import script_for
from nompcore.bus import Bus
from nompcore.config.pool import PoolConfig
from nompcore.daemon import Daemon
from nompcore.ending import end_tasks
from nompcore.logs import bound
from services.jobmaker.block_news import P2P, block_news
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.daemons import PoolDaemons
from services.jobmaker.leadership import DaemonTurn, Leadership, Turn
from services.jobmaker.long_poll import LongPoll
from services.jobmaker.metrics import TIPS
from services.jobmaker.network_snapshot import NetworkSnapshots
from services.jobmaker.publication import Publication
from services.jobmaker.submitter import SubmittingPool
from services.jobmaker.template_check import TemplateCheck
from services.jobmaker.template_store import TemplateStore
from services.jobmaker.upstream.desk import UpstreamDesk
from services.jobmaker.upstream.snapshots import UpstreamSnapshots
from services.jobmaker.watcher import Watcher

log = logging.getLogger(__name__)


class PoolWork:
    """One pool; pools share nothing but the bus and the template store, so none delays another."""

    def __init__(self, bus: Bus, replica: str, pool: PoolConfig, templates: TemplateStore) -> None:
        """Raises AddressError for a pool address of another network."""
        self.pool = pool
        self._bus = bus
        script = script_for(pool.address, pool.coin.networks[pool.network])
        self._clients = [Daemon(config) for config in pool.daemons]
        watched = [WatchedDaemon(client, pool, script, self._changed) for client in self._clients]
        self.daemons = PoolDaemons(watched, pool.block_refresh_interval_seconds)
        self._leadership = Leadership(bus, replica, pool.name, self._changed)
        publication = Publication(
            bus, replica, pool, templates, leads=self._leads, on_published=self._published
        )
        check = TemplateCheck(pool.name, pool.coin)
        self._snapshots = NetworkSnapshots(bus, pool, self.daemons, self._leadership, publication, check)
        self._upstream: UpstreamDesk | None = None
        turn = self._daemons_turn(publication)
        self._watcher = Watcher(pool, self.daemons, turn, publication, check)
        self._news = list(block_news(pool, watched, self.hear))
        self._long_polls = [
            LongPoll(daemon, pool.name, lambda: turn.held, self._watcher.bring) for daemon in watched
        ]

    @property
    def submitting(self) -> SubmittingPool:
        """What the submitter needs of this pool."""
        return SubmittingPool(self.pool.coin, self.daemons, self._look_now)

    def hear(self, block_hash_display: str, source: str) -> None:
        """Somebody says that there is a new block; an empty hash says only that something is new."""
        TIPS.labels(self.pool.name, source).inc()
        log.debug("a new block is announced", extra={"block_hash": block_hash_display, "source": source})
        self._watcher.hear(block_hash_display, source, trusted=source != P2P)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        self._bus.on_reconnect(self._watcher.repeat_job)
        if self._upstream is not None:
            self._bus.on_reconnect(self._upstream.repeat_job)
        with bound(pool=self.pool.name):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work) for work in self._endless()]
                try:
                    await stop.wait()
                finally:
                    await end_tasks(tasks)

    async def close(self) -> None:
        """Close the connections to the daemons."""
        for client in self._clients:
            await client.close()

    def _endless(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What runs for as long as the pool does."""
        yield from (self.daemons.watch(each) for each in self.daemons.daemons)
        yield from (poll.run() for poll in self._long_polls)
        yield from (news.run() for news in self._news)
        yield self._leadership.run()
        yield self._watcher.run()
        yield self._snapshots.run()
        if self._upstream is not None:
            yield self._upstream.run()
            snapshots = UpstreamSnapshots(self._bus, self.pool.name, self._leadership, self._upstream)
            yield snapshots.run()

    def _daemons_turn(self, publication: Publication) -> Turn:
        """When this replica publishes the daemons' jobs; where there are upstream pools, makes their desk."""
        if self.pool.upstream is None:
            return self._leadership
        turn = DaemonTurn(self._leadership, self._changed)
        self._upstream = UpstreamDesk(
            self._bus, self.pool, self.pool.upstream, self._leadership, turn, publication
        )
        return turn

    def _look_now(self) -> None:
        self._watcher.hear("", "block-submitted")

    def _leads(self) -> bool:
        return self._leadership.held

    def _published(self) -> None:
        self._snapshots.wakeup.ring()

    def _changed(self) -> None:
        self._watcher.wakeup.ring()
        self._snapshots.wakeup.ring()
        for poll in self._long_polls:
            poll.wakeup.ring()
        if self._upstream is not None:
            self._upstream.wakeup.ring()
