"""The daemons of a pool: all are watched, the healthiest leads, of equals the first in the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from random import SystemRandom

from nompcore.backoff import delays
from nompcore.messages import DaemonState
from services.jobmaker import standing
from services.jobmaker.daemon_watch import WatchedDaemon

FIRST_RETRY_SECONDS = 0.5
RETRY_CAP_SECONDS = 10.0
"""A broken daemon is asked this often at least: it may be the only one, and asking costs next to nothing."""

UNPOLLED_LOOK_SECONDS = 60.0
"""How often a healthy daemon is looked at where polling is turned off: its death should be seen some time."""


class PoolDaemons:
    """All daemons of one pool, in the order of the configuration."""

    def __init__(self, daemons: Sequence[WatchedDaemon], poll_seconds: float) -> None:
        self.daemons = tuple(daemons)
        self._poll_seconds = poll_seconds or UNPOLLED_LOOK_SECONDS

    def leading(self) -> WatchedDaemon | None:
        """The daemon that work comes from now, if any can give some: one that lags has lost its turn."""
        return standing.best(self.daemons)

    @property
    def own_chain(self) -> list[WatchedDaemon]:
        """All but those known to be on another network, whose answers mean nothing for the pool's blocks."""
        return [daemon for daemon in self.daemons if not daemon.is_foreign]

    def states(self) -> list[DaemonState]:
        """How each daemon looks."""
        return [daemon.state for daemon in self.daemons]

    def look_now(self) -> None:
        """Look at every daemon at once instead of when its time comes."""
        for daemon in self.daemons:
            daemon.wakeup.ring()

    async def watch(self, daemon: WatchedDaemon) -> None:
        """Look at one of the daemons for ever. Each has its own task, so none waits for another."""
        random = SystemRandom()
        retries = delays(FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS, random)
        while True:
            await daemon.look()
            if daemon.is_able:
                await standing.place(self.daemons)
                retries = delays(FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS, random)
                await daemon.wakeup.sleep(self._poll_seconds)
            else:
                await daemon.wakeup.sleep(next(retries))
