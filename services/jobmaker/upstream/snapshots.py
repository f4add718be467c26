"""How a pool gets on with its upstream pools, in KV `stats`, for the api."""

from __future__ import annotations

import asyncio
import logging
import time

from nompcore.bus import Bus
from nompcore.errors import BusError
from nompcore.subjects import STATS, upstream_key
from nompcore.upstream import UpstreamSnapshot
from services.jobmaker.leadership import Leadership
from services.jobmaker.upstream.desk import UpstreamDesk
from services.jobmaker.upstream.metrics import SNAPSHOT_FAILURES

log = logging.getLogger(__name__)

SNAPSHOT_SECONDS = 5.0


class UpstreamSnapshots:
    """Writes one pool's snapshots while this replica leads."""

    def __init__(self, bus: Bus, pool: str, leadership: Leadership, desk: UpstreamDesk) -> None:
        self._bus = bus
        self._pool = pool
        self._leadership = leadership
        self._desk = desk

    async def run(self) -> None:
        """Write for ever."""
        bucket = self._bus.bucket(STATS)
        while True:
            await asyncio.sleep(SNAPSHOT_SECONDS)
            if not self._leadership.held:
                continue
            try:
                await bucket.store(upstream_key(self._pool), self._snapshot())
            except BusError as error:
                SNAPSHOT_FAILURES.labels(self._pool).inc()
                log.info("no upstream snapshot", extra={"detail": str(error)})

    def _snapshot(self) -> UpstreamSnapshot:
        desk, tally = self._desk, self._desk.tally
        return UpstreamSnapshot(
            pool=self._pool,
            source=desk.source_name,
            connected_since_ms=desk.since_ms,
            difficulty=desk.difficulty,
            accepted=tally.accepted,
            accepted_difficulty=tally.accepted_difficulty,
            rejected=tally.rejected,
            stale=tally.stale,
            unanswered=tally.unanswered,
            blocks=tally.blocks,
            trouble=desk.trouble,
            time_ms=time.time_ns() // 1_000_000,
        )
