"""The extranonce1 prefix of this process, leased in KV, and replaced when the lease is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import SystemRandom

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.lease import Lease
from nompcore.patience import Patience
from nompcore.subjects import EXTRANONCE
from services.stratum.extranonce import PREFIXES, ExtranonceAllocator, prefix_key

log = logging.getLogger(__name__)

# Keys to ask for in one round. With a thousand replicas each has a chance of 1.5 % to be taken.
TRIES = 16


class PrefixLease:
    """`allocator` hands out extranonce1 while a prefix is surely ours, and is None otherwise."""

    def __init__(self, bus: Bus, replica: str) -> None:
        self._bus = bus
        self._replica = replica
        self._random = SystemRandom()
        self._lease: Lease | None = None
        self._allocator: ExtranonceAllocator | None = None

    @property
    def allocator(self) -> ExtranonceAllocator | None:
        """Where a new connection gets its extranonce1; None while no prefix is held."""
        return self._allocator if self._lease is not None and self._lease.held else None

    async def run(self, on_held: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Hold a prefix, and another one when it is lost, until cancelled: then it is given back."""
        while True:
            async with await self._acquire() as lease:
                self._lease, self._allocator = lease, ExtranonceAllocator(int(lease.key, 16))
                log.info("extranonce prefix leased", extra={"prefix": lease.key})
                on_held()
                await lease.lost.wait()
            self._lease = self._allocator = None
            log.warning("extranonce prefix lost, all miners are sent away", extra={"prefix": lease.key})
            on_lost()

    async def _acquire(self) -> Lease:
        patience = Patience()
        while True:
            keys = map(prefix_key, self._random.sample(range(PREFIXES), TRIES))
            try:
                if lease := await Lease.acquire_one_of(self._bus, EXTRANONCE, keys, self._replica):
                    return lease
                log.warning("no free extranonce prefix found, trying others")
            except BusUnavailable as error:
                log.info("cannot lease an extranonce prefix", extra={"reason": str(error)})
            await patience.wait()
