"""The pools in MPOS mode, together: found blocks' outcomes come in one queue for all of them."""

from __future__ import annotations

import asyncio
from types import TracebackType

from nompcore.bus import Bus
from nompcore.messages import BlockSubmitted
from nompcore.subjects import BLOCK_SUBMITTED
from services.payouts.mpos.mpos_pool import MposPool


class MposPools:
    """None, as a rule."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._pools: dict[str, MposPool] = {}

    def __enter__(self) -> MposPools:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            pool.close()

    def add(self, pool: MposPool | None) -> None:
        """A pool's MPOS mode, if it is in it."""
        if pool is not None:
            self._pools[pool.name] = pool

    async def record_outcomes(self, stop: asyncio.Event) -> None:
        """What became of blocks goes into their rows, until `stop` is set. Nothing to do without pools."""
        if self._pools:
            await self._bus.work(BLOCK_SUBMITTED, "mpos-outcomes", self._record, stop)

    async def _record(self, outcome: BlockSubmitted) -> None:
        pool = self._pools.get(outcome.pool)
        if pool is not None:
            await pool.record_outcome(outcome)
