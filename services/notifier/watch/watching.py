"""All pools watched: pulses and bans as they come, and a look at each pool every few seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable

from nompcore.bucket_watch import Present
from nompcore.bus import Bus
from nompcore.ending import end_tasks
from nompcore.errors import BusError
from nompcore.messages import Ban, ReplicaStats
from nompcore.subjects import BANS, REPLICA_STATS
from nompcore.wire import decode
from services.notifier.metrics import BANS_UNREADABLE, WATCH_FAILURES
from services.notifier.watch.pool_watch import PoolWatch

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


class Watching:
    """Of one process."""

    def __init__(self, bus: Bus, pools: Iterable[str], now_ms: Callable[[], int]) -> None:
        self.pools = {pool: PoolWatch(bus, pool, now_ms) for pool in pools}
        self.knows_bans = asyncio.Event()  # all that are not new
        self._bus = bus
        self._banned: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop`."""
        self._bus.on_reconnect(self._listen_anew)
        await self._bus.subscribe(REPLICA_STATS, self._hear)
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow_bans(), name="follow bans")
            while not stop.is_set():
                await self._look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await stop.wait()
            await end_tasks([following])

    async def _look(self) -> None:
        for name, pool in self.pools.items():
            try:
                await pool.look()
            except BusError as error:
                WATCH_FAILURES.labels(name).inc()
                log.info("pool not looked at", extra={"pool": name, "reason": str(error)})

    async def _listen_anew(self) -> None:
        for pool in self.pools.values():
            pool.listen_anew()

    async def _hear(self, stats: ReplicaStats) -> None:
        if pool := self.pools.get(stats.pool):
            pool.hear(stats)

    async def _follow_bans(self) -> None:
        """What is present at first was banned before."""
        async for news in self._bus.bucket(BANS).watch():
            if isinstance(news, Present):
                self._banned = set(news.entries)
                self.knows_bans.set()
            elif news.value is None:
                self._banned.discard(news.key)
            elif news.key not in self._banned:
                self._banned.add(news.key)
                self._count(news.value)

    def _count(self, value: bytes) -> None:
        """One that people typed may be of no pool."""
        try:
            ban = decode(Ban, value)
        except BusError:
            BANS_UNREADABLE.inc()
            return
        if pool := self.pools.get(ban.pool):
            pool.banned()
