"""Which of its pools a switch mines in this process, and its miners' way from one pool to the next.

Newcomers begin in the pool chosen last; those that are here are moved in turns, so that shares are answered
meanwhile. A pool that has no job yet is not gone to before it has one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nompcore.config import SwitchConfig
from services.stratum.job_registry import LiveJob
from services.stratum.pool import Pool
from services.stratum.share_path import SharePath

if TYPE_CHECKING:
    from services.stratum.connection import Connection

log = logging.getLogger(__name__)

# After so many moves the loop gets a turn; a move is dearer than a job, as it makes the job's line anew.
MINERS_PER_TURN = 64


@dataclass(slots=True)
class SwitchCounters:
    """What happened at a switch since the process started."""

    moves: int = 0  # of the switch
    miners_moved: int = 0
    waits: int = 0  # orders for a pool that had no job
    unknown_pools: int = 0  # orders for a pool that is none of the switch's, or that nobody can read


@dataclass(slots=True, eq=False)
class Switch:
    """A switch with its pools by name, the default first; `connections` in the order of their coming."""

    name: str
    pools: Mapping[str, Pool]
    counters: SwitchCounters = field(default_factory=SwitchCounters)
    connections: dict[Connection, None] = field(default_factory=dict)
    current: Pool = field(init=False)
    _asked: str | None = None  # the last choice: it is told again whenever the bucket is read again
    _wanted: Pool = field(init=False)
    _has_moved: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.current = self._wanted = self.default

    @property
    def default(self) -> Pool:
        """What is mined when nobody has chosen; its file also says how the switch's ports behave."""
        return next(iter(self.pools.values()))

    def choose(self, pool: str | None) -> None:
        """Mine this pool from now on, or from its first job on; None is the default."""
        if pool == self._asked:
            return
        self._asked = pool
        chosen = self.default if pool is None else self.pools.get(pool)
        if chosen is None:
            self.counters.unknown_pools += 1
            facts = {"switch": self.name, "pool": pool, "default": self.default.config.name}
            log.warning("a switch is to mine a pool that is none of its own", extra=facts)
            chosen = self.default
        self._wanted = chosen
        if chosen.jobs.current is None and chosen is not self.current:
            self.counters.waits += 1
            facts = {"switch": self.name, "pool": chosen.config.name, "stays": self.current.config.name}
            log.warning("a switch waits for the first job of a pool", extra=facts)
        self._follow()

    def shares_of(self, job: LiveJob) -> SharePath:
        """The way of a share on this job: its pool's, whatever is mined by now."""
        return self.pools[job.prepared.job.pool].shares

    def job_arrived(self, pool: Pool) -> None:
        """A pool of this process has a job."""
        if pool is self._wanted:
            self._follow()

    async def run(self) -> None:
        """Move the miners whenever another pool is mined, for ever."""
        while True:
            await self._has_moved.wait()
            self._has_moved.clear()
            await self._move_all()

    def _follow(self) -> None:
        if self._wanted is self.current or self._wanted.jobs.current is None:
            return
        facts = {"switch": self.name, "from": self.current.config.name, "to": self._wanted.config.name}
        log.info("switched", extra={**facts, "miners": len(self.connections)})
        self.current = self._wanted
        self.counters.moves += 1
        self._has_moved.set()

    async def _move_all(self) -> None:
        now, began = time.monotonic(), time.monotonic()
        for count, connection in enumerate(list(self.connections), 1):
            if connection in self.connections and connection.pool is not self.current:
                connection.move(self.current, now)
                self.counters.miners_moved += 1
            if count % MINERS_PER_TURN == 0:
                await asyncio.sleep(0)
                now = time.monotonic()
        seconds = round(time.monotonic() - began, 3)
        log.info("miners moved", extra={"switch": self.name, "seconds": seconds})


def build_switches(configs: Iterable[SwitchConfig], pools: Mapping[str, Pool]) -> dict[str, Switch]:
    """The switches of the configuration, by name; each mines its default pool."""
    return {
        config.name: Switch(config.name, {name: pools[name] for name in config.pools}) for config in configs
    }
