"""This process's pulse: every few seconds, for each pool, who is connected and what happened so far."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.messages import ReplicaStats
from nompcore.subjects import REPLICA_STATS
from services.stratum.pool import Pool

log = logging.getLogger(__name__)

PULSE_SECONDS = 3.0


async def send_presence(bus: Bus, pools: Mapping[str, Pool], replica: str) -> None:
    """Send every pool's figures, for ever. A lost pulse is made good by the next."""
    while True:
        for pool in pools.values():
            try:
                await bus.send(
                    REPLICA_STATS, replica_stats(pool, replica), pool=pool.config.name, replica=replica
                )
            except BusUnavailable as error:
                log.info("pulse not sent", extra={"pool": pool.config.name, "reason": str(error)})
        await asyncio.sleep(PULSE_SECONDS)


def replica_stats(pool: Pool, replica: str) -> ReplicaStats:
    """One pool's figures now."""
    counters = pool.counters
    names = {worker.name for miner in pool.miners() for worker in miner.session.workers.values()}
    return ReplicaStats(
        pool=pool.config.name,
        replica=replica,
        connections=len(pool.connections),
        workers=len(names),
        accepted=counters.accepted,
        rejected={reason.code: count for reason, count in counters.rejected.items() if count},
        blocks=counters.blocks,
        time_ms=time.time_ns() // 1_000_000,
        work=counters.work,
        draining=pool.draining,
    )
