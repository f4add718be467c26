"""Which replica leads which pools: each about as many as the others, whoever came first.

Every replica holds a seat, a lease of its own; the seats that are taken tell how many replicas there are. One
that leads fewer pools than its fair share takes those that are free. One that leads more gives one up at a
time, for others to take. A pool that nobody takes for some seconds is taken all the same: better all pools at
one replica than one at none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from nompcore.bus import Bus
from nompcore.ending import end_tasks
from nompcore.errors import BusUnavailable
from nompcore.lease import Lease
from nompcore.subjects import LEASES, PAYOUTS, lease_key

log = logging.getLogger(__name__)

SEATS: Final = 16
"""More replicas than these share the work as if they were so many."""

LOOK_SECONDS: Final = 2.0
"""Between two looks at the seats, and between two pools given up."""

LEFT_SECONDS: Final = 5.0
"""A pool that was free for so long is left: others take theirs each second."""

TRY_SECONDS: Final = 1.0


class PoolShares:
    """What one replica leads, of so many pools."""

    def __init__(self, bus: Bus, replica: str, pools: int) -> None:
        self._bus = bus
        self._replica = replica
        self._pools = pools
        self._fair = 0
        self._has_looked = asyncio.Event()  # before that it is not known what is fair
        self._led: dict[str, asyncio.Event] = {}  # pool → set: give it up
        self._free_since: dict[str, float] = {}
        self._given_up: set[str] = set()  # and taken again, as nobody else wanted it: kept then

    # ---- seats ----

    async def look_for_ever(self, stop: asyncio.Event) -> None:
        """Hold a seat, and look at the others', until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._hold_seats())
            await stop.wait()
            await end_tasks([looking])

    async def _hold_seats(self) -> None:
        while True:
            seat = await self._take_seat()
            if seat is None:
                await self._look()
                await asyncio.sleep(LOOK_SECONDS)
                continue
            async with seat:
                while not seat.lost.is_set():
                    await self._look()
                    await asyncio.sleep(LOOK_SECONDS)

    async def _take_seat(self) -> Lease | None:
        for number in range(SEATS):
            try:
                if lease := await Lease.acquire(self._bus, LEASES, _seat(number), self._replica):
                    return lease
            except BusUnavailable:
                return None
        return None

    async def _look(self) -> None:
        bucket = self._bus.bucket(LEASES)
        try:
            seats = [await bucket.get(_seat(number)) for number in range(SEATS)]
        except BusUnavailable:
            return
        replicas = max(1, sum(seat is not None for seat in seats))
        self._fair = -(-self._pools // replicas)
        self._has_looked.set()
        self._give_up_one()

    def _give_up_one(self) -> None:
        if len(self._led) <= self._fair:
            return
        wanted = [pool for pool in self._led if pool not in self._given_up]
        if wanted and not any(event.is_set() for event in self._led.values()):
            log.info("another replica may lead a pool", extra={"pool": wanted[-1], "fair": self._fair})
            self._given_up.add(wanted[-1])
            self._led[wanted[-1]].set()

    # ---- pools ----

    async def take(self, pool: str) -> Lease:
        """The lease of a pool, once it is free and this replica's turn."""
        key = lease_key(PAYOUTS, pool)
        await self._has_looked.wait()
        while True:
            try:
                if lease := await self._try(pool, key):
                    return lease
            except BusUnavailable as error:
                log.debug("cannot ask for a lease", extra={"key": key, "reason": str(error)})
            await asyncio.sleep(TRY_SECONDS)

    @contextmanager
    def leading(self, pool: str) -> Iterator[asyncio.Event]:
        """While this replica leads a pool. The event is set when it should give it up."""
        try:
            yield self._led[pool]
        finally:
            self._led.pop(pool, None)
            self._free_since[pool] = time.monotonic()

    async def _try(self, pool: str, key: str) -> Lease | None:
        if len(self._led) >= self._fair and not await self._is_left(pool, key):
            return None
        self._led[pool] = asyncio.Event()  # before it is asked for, so that no two tries count as one
        lease = None
        try:
            lease = await Lease.acquire(self._bus, LEASES, key, self._replica)
        finally:
            if lease is None:
                self._led.pop(pool, None)
        return lease

    async def _is_left(self, pool: str, key: str) -> bool:
        """Whether a pool has been free for long."""
        if await self._bus.bucket(LEASES).get(key) is not None:
            self._free_since.pop(pool, None)
            return False
        since = self._free_since.setdefault(pool, time.monotonic())
        return time.monotonic() - since > LEFT_SECONDS


def _seat(number: int) -> str:
    return lease_key("payouts-seats", str(number))
