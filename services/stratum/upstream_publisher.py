"""Shares for the upstream pool to jobmaker: at once, ahead of the share batch, again until they are stored.

The miner's answer does not wait for them: what it is credited with is in the share log. But for a block: its
finder hears `true` when it is stored here as well, and there is always room for it.
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
from services.stratum.share_batch import ANSWER_SECONDS, Settle, Settlement

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
        self._forwarding: set[asyncio.Task[bool]] = set()

    def forward(self, share: UpstreamShare, settle: Settle | None = None) -> None:
        """Publish a share; counted when that is not possible in time. `settle` is told of a block's fate, at
        the latest after `ANSWER_SECONDS`; it is published on."""
        if len(self._forwarding) >= MAX_FORWARDING and not share.is_block:
            self._counters.forwards_lost += 1
            return
        work = self._publish(share) if settle is None else self._publish_and_tell(share, settle)
        task = self._tasks.create_task(work, name=f"forward {share.block_hash_display}")
        self._forwarding.add(task)
        task.add_done_callback(self._forwarding.discard)

    async def drain(self) -> None:
        """Wait until every share is stored or given up."""
        while self._forwarding:
            await asyncio.wait(self._forwarding)

    async def _publish_and_tell(self, share: UpstreamShare, settle: Settle) -> bool:
        loop = asyncio.get_running_loop()
        too_late = loop.call_later(ANSWER_SECONDS, settle, Settlement.UNCERTAIN)
        stored = await self._publish(share)
        too_late.cancel()
        settle(Settlement.STORED if stored else Settlement.UNCERTAIN)
        return stored

    async def _publish(self, share: UpstreamShare) -> bool:
        """Whether it was stored."""
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
                return True
        self._counters.forwards_lost += 1
        return False

    async def _store(self, share: UpstreamShare) -> None:
        await self._bus.publish(
            UPSTREAM_SHARE,
            share,
            pool=share.pool,
            msg_id=f"{share.pool}-{share.block_hash_display}",
            timeout_seconds=PUBLISH_TIMEOUT_SECONDS,
        )
