"""The listeners and what concerns all their connections: broadcasts of jobs, time-outs, the end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from functools import partial

from services.stratum.connection import Connection
from services.stratum.door import Door
from services.stratum.pool import Pool
from services.stratum.prefix_lease import PrefixLease

log = logging.getLogger(__name__)

# After so many miners of a broadcast or sweep the loop gets a turn: shares wait 2 ms, not for 10,000 miners.
MINERS_PER_TURN = 256

SWEEP_SECONDS = 5.0  # how late a connection's time-out may be
EXPIRE_SECONDS = 0.5  # how late an answer that a share is not stored may be
STORE_SECONDS = 8.0  # how long the last shares may take to be stored
CLOSE_SECONDS = 2.0  # how long a miner may take to read its last answers
GONE_POLL_SECONDS = 0.02
BACKLOG = 4096  # a pool's miners all come back at once after a restart


class StratumServer:
    """All pools' ports in this process."""

    def __init__(self, pools: Mapping[str, Pool], prefix: PrefixLease, host: str) -> None:
        self._pools = pools
        self._prefix = prefix
        self._host = host
        self._listeners: list[asyncio.Server] = []

    async def listen(self) -> None:
        """Open every port. OSError when one is taken by another program."""
        loop = asyncio.get_running_loop()
        for pool in self._pools.values():
            for port, config in pool.config.ports.items():
                door = Door(pool, port, config, self._prefix)
                # Replicas on one host share a port: the kernel deals the connections out.
                listener = await loop.create_server(
                    partial(Connection, door), self._host, port, reuse_port=True, backlog=BACKLOG
                )
                self._listeners.append(listener)
                log.info(
                    "listening", extra={"pool": pool.config.name, "port": port, "difficulty": config.diff}
                )

    async def broadcast(self, pool: Pool) -> None:
        """Send each new job to the pool's miners, for ever."""
        while True:
            await pool.job_arrived.wait()
            pool.job_arrived.clear()
            for count, connection in enumerate(list(pool.connections), 1):
                connection.send_job(time.monotonic())
                if count % MINERS_PER_TURN == 0:
                    await asyncio.sleep(0)

    async def sweep(self) -> None:
        """Apply the connections' time-outs, for ever: one clock for all instead of a timer for each."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for pool in self._pools.values():
                for count, connection in enumerate(list(pool.connections), 1):
                    connection.sweep(time.monotonic())
                    if count % MINERS_PER_TURN == 0:
                        await asyncio.sleep(0)

    async def expire_answers(self) -> None:
        """Answer the miners whose shares could not be stored in time, for ever."""
        while True:
            await asyncio.sleep(EXPIRE_SECONDS)
            for pool in self._pools.values():
                pool.publisher.expire(time.monotonic())
                pool.blocks.expire(time.monotonic())

    def send_all_away(self, reason: str) -> None:
        """Close every connection; the miners come back, here or elsewhere."""
        for pool in self._pools.values():
            for connection in list(pool.connections):
                connection.hang_up(reason)

    async def stop(self) -> None:
        """Accept nothing more, store and answer what was accepted, then close every connection."""
        for listener in self._listeners:
            listener.close()
        for pool in self._pools.values():
            for connection in pool.connections:
                connection.stop_reading()
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await asyncio.gather(*(pool.finish() for pool in self._pools.values()))
        except TimeoutError:
            for pool in self._pools.values():
                pool.abandon()
        self.send_all_away("shutdown")
        await self._until_gone()

    async def _until_gone(self) -> None:
        """Wait until every answer has left for its miner; one that does not read is not waited for long."""
        leave_by = time.monotonic() + CLOSE_SECONDS
        while any(pool.connections for pool in self._pools.values()):
            if time.monotonic() > leave_by:
                for pool in self._pools.values():
                    for connection in pool.connections:
                        connection.abort()
            await asyncio.sleep(GONE_POLL_SECONDS)
