"""Shares for the upstream pool to jobmaker: at once, ahead of the share batch, again until they are stored.

The miner's answer does not wait for them: what it is credited with is in the share log.
"""

from __future__ import annotations

import asyncio
import logging
import time

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.patience import Patience
from nompcore.subjects import UPSTREAM_SHARE
from nompcore.upstream import UpstreamShare
from services.stratum.counters import PoolCounters

log = logging.getLogger(__name__)

PUBLISH_TIMEOUT_SECONDS = 2.0
WORTHLESS_SECONDS = 120.0  # the upstream pool's job is stale by then
MAX_FORWARDING = 10_000  # shares on their way: minutes without NATS at any difficulty an upstream pool gives


class UpstreamPublisher:
    """Forwards one pool's shares of this process."""

    def __init__(self, bus: Bus, tasks: asyncio.TaskGroup, counters: PoolCounters) -> None:
        self._bus = bus
        self._tasks = tasks
        self._counters = counters
        self._forwarding: set[asyncio.Task[None]] = set()

    def forward(self, share: UpstreamShare) -> None:
        """Publish a share; counted when that is not possible in time."""
        if len(self._forwarding) >= MAX_FORWARDING:
            self._counters.forwards_lost += 1
            return
        task = self._tasks.create_task(self._publish(share), name=f"forward {share.block_hash_display}")
        self._forwarding.add(task)
        task.add_done_callback(self._forwarding.discard)

    async def drain(self) -> None:
        """Wait until every share is stored or given up."""
        while self._forwarding:
            await asyncio.wait(self._forwarding)

    async def _publish(self, share: UpstreamShare) -> None:
        give_up_at = time.monotonic() + WORTHLESS_SECONDS
        patience = Patience()
        while time.monotonic() < give_up_at:
            try:
                await self._store(share)
            except BusUnavailable as error:
                log.info("share for upstream is not stored yet", extra={"reason": str(error)})
                await patience.wait()
            else:
                self._counters.forwarded += 1
                return
        self._counters.forwards_lost += 1

    async def _store(self, share: UpstreamShare) -> None:
        await self._bus.publish(
            UPSTREAM_SHARE,
            share,
            pool=share.pool,
            msg_id=f"{share.pool}-{share.block_hash_display}",
            timeout_seconds=PUBLISH_TIMEOUT_SECONDS,
        )
