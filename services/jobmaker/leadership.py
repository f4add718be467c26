"""Which replica publishes a pool's jobs: the one that holds the pool's lease. The others stand by, warm."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from nompcore.bus import Bus
from nompcore.lease import Lease
from nompcore.subjects import JOBMAKER, LEADERS, lease_key
from services.jobmaker.metrics import LEADING

log = logging.getLogger(__name__)


class Turn(Protocol):
    """Whether jobs from daemons are to be published here now."""

    term: int

    @property
    def held(self) -> bool:
        """Whether they are."""


class Leadership:
    """One pool's lease, taken whenever it is free. `on_change` is called when it was taken or lost."""

    def __init__(self, bus: Bus, replica: str, pool: str, on_change: Callable[[], None]) -> None:
        self.term = 0  # counts how often this replica took the lease
        self._bus = bus
        self._replica = replica
        self._pool = pool
        self._on_change = on_change
        self._lease: Lease | None = None

    @property
    def held(self) -> bool:
        """Whether this replica leads now. False before anybody else can lead."""
        return self._lease is not None and self._lease.held

    async def run(self) -> None:
        """Wait for the lease, keep it until it is lost, wait again, for ever. Cancelled, it gives it up."""
        while True:
            lease = await Lease.wait(self._bus, LEADERS, lease_key(JOBMAKER, self._pool), self._replica)
            try:
                async with lease:
                    self._begin(lease)
                    await lease.lost.wait()
            finally:
                self._end()

    def _begin(self, lease: Lease) -> None:
        self._lease = lease
        self.term += 1
        LEADING.labels(self._pool).set(1)
        log.info("leading")
        self._on_change()

    def _end(self) -> None:
        self._lease = None
        LEADING.labels(self._pool).set(0)
        log.info("no longer leading")
        self._on_change()


class DaemonTurn:
    """Of a pool with upstream pools: the daemons' jobs are wanted while none of those gives work."""

    def __init__(self, leadership: Leadership, on_change: Callable[[], None]) -> None:
        self.term = 0  # counts how often the turn came
        self._leadership = leadership
        self._on_change = on_change
        self._is_on = False

    @property
    def held(self) -> bool:
        """Whether it is the daemons' turn, and this replica leads."""
        return self._is_on and self._leadership.held

    def begin(self) -> None:
        """No upstream pool gives work."""
        self._is_on = True
        self.term += 1
        self._on_change()

    def end(self) -> None:
        """One does."""
        self._is_on = False
