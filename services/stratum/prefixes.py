"""The extranonce1 prefixes of this process: leased in KV one after another, renewed, regained.

Prefixes are taken in turn from a counter in KV, so one is not taken again before all others have been, which
are 65,536: miners that carried an extranonce1 to another replica are long gone by then. That is also why a
prefix whose lease lapsed while NATS was away is still ours when NATS is back, and no miner notices. A pool
with an upstream pool has 256 of its own, and its miners carry nothing to another replica.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.lease import Lease
from nompcore.patience import Patience
from nompcore.subject_kinds import Bucket
from nompcore.subjects import EXTRANONCE, REPLICAS
from services.stratum.extranonce import (
    ORDINARY,
    ExtranonceAllocator,
    ExtranonceLayout,
    JobAges,
    ReturningAllocator,
)

log = logging.getLogger(__name__)

REPLACEMENT_SECONDS = 2.0  # how long miners may work on a prefix that somebody else holds

_COUNTER = "next-prefix"


@dataclass(frozen=True, slots=True)
class _Held:
    lease: Lease
    allocator: ExtranonceAllocator


class Prefixes:
    """Gives out extranonce1 while a prefix is surely ours."""

    def __init__(
        self,
        bus: Bus,
        replica: str,
        leases: Bucket = EXTRANONCE,
        *,
        layout: ExtranonceLayout = ORDINARY,
        jobs: JobAges | None = None,
    ) -> None:
        """With `jobs`, an extranonce1 that is given back is given again when those of its time are stale."""
        self._bus = bus
        self._leases = leases
        self._replica = replica
        self._layout = layout
        self._jobs = jobs
        self._counter = f"{_COUNTER}.{layout.scope}" if layout.scope else _COUNTER
        self._held: list[_Held] = []
        self._allocators: dict[str, ExtranonceAllocator] = {}  # by prefix; also while a lease has lapsed
        self._wanted = asyncio.Event()
        self._arrived = asyncio.Event()  # one more is held

    @property
    def held(self) -> bool:
        """Whether newcomers can be served."""
        return any(held.lease.held and held.allocator.left for held in self._held)

    def take(self) -> str | None:
        """An extranonce1 that is nobody else's, as hex; None while there is none."""
        for held in self._held:
            extranonce1_hex = held.allocator.take() if held.lease.held else None
            if extranonce1_hex is not None:
                if sum(one.allocator.left for one in self._held) < self._layout.scarce:
                    self._wanted.set()
                return extranonce1_hex
        return None

    def give_back(self, extranonce1_hex: str, *, used: bool = True) -> None:
        """The connection that had it has gone; `used` unless it brought no share for a live job."""
        allocator = self._allocators.get(extranonce1_hex[: 2 * self._layout.prefix_bytes])
        if allocator is not None:
            allocator.give_back(extranonce1_hex, used=used)

    async def run(
        self, on_held: Callable[[], None], on_lapsed: Callable[[], None], on_lost: Callable[[str], None]
    ) -> None:
        """Hold prefixes until cancelled; then they are given back.

        `on_lapsed` when a lease could not be renewed in time, `on_lost` with the prefix's digits when
        somebody else has it: its miners must get another extranonce1.
        """

        async def keep(lease: Lease) -> None:
            await self._keep(lease, on_held, on_lapsed)
            self._wanted.set()
            await self._replacement()
            on_lost(_prefix_of(lease))

        async with asyncio.TaskGroup() as tasks:
            while True:
                lease = await self._acquire()
                tasks.create_task(keep(lease), name=f"prefix {lease.key}")
                self._wanted.clear()
                await self._wanted.wait()

    async def _keep(self, lease: Lease, on_held: Callable[[], None], on_lapsed: Callable[[], None]) -> None:
        """Hold one prefix, also after lapses; returns when it is lost to somebody else."""
        allocator = self._allocator(int(_prefix_of(lease), 16))
        self._allocators[allocator.prefix_hex] = allocator
        log.info("extranonce prefix leased", extra={"prefix": lease.key})
        current: Lease | None = lease
        while current is not None:
            async with current:
                held = _Held(current, allocator)
                self._held.append(held)
                self._arrived.set()
                on_held()
                try:
                    await current.lost.wait()
                finally:
                    self._held.remove(held)
            on_lapsed()
            current = await self._regain(current)
        del self._allocators[allocator.prefix_hex]
        log.warning("extranonce prefix lost to somebody else", extra={"prefix": lease.key})

    def _allocator(self, prefix: int) -> ExtranonceAllocator:
        if self._jobs is None:
            return ExtranonceAllocator(prefix, self._layout)
        return ReturningAllocator(prefix, self._layout, self._jobs)

    async def _replacement(self) -> None:
        """Wait a little for another prefix, so that the miners of a lost one can be given something."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REPLACEMENT_SECONDS):
                while not self.held:
                    self._arrived.clear()
                    await self._arrived.wait()

    async def _regain(self, lease: Lease) -> Lease | None:
        patience = Patience()
        while True:
            try:
                return await lease.regain()
            except BusUnavailable as error:
                log.info("cannot renew an extranonce prefix", extra={"reason": str(error)})
            await patience.wait()

    async def _acquire(self) -> Lease:
        patience = Patience()
        refused = 0
        while True:
            try:
                prefix = await self._next_prefix()
                if prefix is not None:
                    key = self._layout.key(prefix)
                    lease = await Lease.acquire(self._bus, self._leases, key, self._replica)
                    if lease is not None:
                        return lease
                    refused += 1
                    if refused >= self._layout.prefixes:  # all are leased: some end in a while
                        await patience.wait()
            except BusUnavailable as error:
                log.info("cannot lease an extranonce prefix", extra={"reason": str(error)})
                await patience.wait()

    async def _next_prefix(self) -> int | None:
        """The counter's value, moved on; None when another replica was faster."""
        bucket = self._bus.bucket(REPLICAS)
        entry = await bucket.get(self._counter)
        if entry is None:  # the first replica ever, or NATS lost its data: miners may still hold any prefix
            prefix = SystemRandom().randrange(self._layout.prefixes)
            moved = await bucket.create(self._counter, self._text(prefix + 1))
        else:
            prefix = int(entry.value)
            moved = await bucket.update(self._counter, self._text(prefix + 1), entry.revision)
        return None if moved is None else prefix

    def _text(self, number: int) -> bytes:
        return str(number % self._layout.prefixes).encode()


def _prefix_of(lease: Lease) -> str:
    return lease.key.rpartition(".")[2]
