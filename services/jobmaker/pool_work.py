"""Everything jobmaker does for one pool, wired: its daemons, the lease, the watcher, the snapshots."""

from __future__ import annotations

import asyncio

from nompcore.address import script_for
from nompcore.bus import Bus
from nompcore.config.pool import PoolConfig
from nompcore.daemon import Daemon
from nompcore.ending import end_tasks
from nompcore.logs import bound
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.daemons import PoolDaemons
from services.jobmaker.leadership import Leadership
from services.jobmaker.network_snapshot import NetworkSnapshots
from services.jobmaker.publication import Publication
from services.jobmaker.submitter import SubmittingPool
from services.jobmaker.template_store import TemplateStore
from services.jobmaker.watcher import Watcher


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
            bus,
            replica,
            pool,
            script,
            templates,
            leads=lambda: self._leadership.held,
            on_published=self._published,
        )
        self._snapshots = NetworkSnapshots(bus, pool, self.daemons, self._leadership, publication)
        self._watcher = Watcher(pool, self.daemons, self._leadership, publication)

    @property
    def submitting(self) -> SubmittingPool:
        """What the submitter needs of this pool."""
        return SubmittingPool(self.pool.coin, self.daemons, self.look_now)

    def look_now(self) -> None:
        """Ask the daemons for new work at once."""
        self._watcher.look_now()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        self._bus.on_reconnect(self._watcher.repeat_job)
        with bound(pool=self.pool.name):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.daemons.watch(each)) for each in self.daemons.daemons]
                tasks += [
                    group.create_task(self._leadership.run()),
                    group.create_task(self._watcher.run()),
                    group.create_task(self._snapshots.run()),
                ]
                try:
                    await stop.wait()
                finally:
                    await end_tasks(tasks)

    async def close(self) -> None:
        """Close the connections to the daemons."""
        for client in self._clients:
            await client.close()

    def _published(self) -> None:
        self._snapshots.wakeup.ring()

    def _changed(self) -> None:
        self._watcher.wakeup.ring()
        self._snapshots.wakeup.ring()
