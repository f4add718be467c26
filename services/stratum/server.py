"""The listeners and what concerns all their connections: broadcasts of jobs, time-outs, bans, the end."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice

from powhash.sockets import AVAILABLE
from services.stratum.acceptor import Acceptor
from services.stratum.connection import Connection
from services.stratum.door import Door
from services.stratum.drain import send_away
from services.stratum.fanout import send_job
from services.stratum.listening import BACKLOG, open_listeners
from services.stratum.pool import Pool
from services.stratum.sockets import Sockets
from services.stratum.switch import Switch

log = logging.getLogger(__name__)

# After so many miners of a broadcast or sweep the loop gets a turn: shares wait 6 ms, not for 10,000 miners.
MINERS_PER_TURN = 768

SWEEP_SECONDS = 5.0  # how late a connection's time-out may be
EXPIRE_SECONDS = 0.5  # how late an answer that a share is not stored may be
STORE_SECONDS = 8.0  # how long the last shares may take to be stored
CLOSE_SECONDS = 2.0  # how long a miner may take to read its last answers
GONE_POLL_SECONDS = 0.02


class StratumServer:
    """All pools' ports in this process."""

    def __init__(
        self,
        pools: Mapping[str, Pool],
        doors: Iterable[Door],
        hosts: str,
        switches: Mapping[str, Switch] | None = None,
    ) -> None:
        self._pools = pools
        self._switches = switches or {}
        self._doors = list(doors)
        self._hosts = hosts
        self._listeners: list[asyncio.Server | Acceptor] = []
        self._sockets: Sockets | None = None  # asyncio's own transports where there is no native library

    async def listen(self) -> None:
        """Open every port. OSError when one is taken by another program."""
        self._sockets = Sockets() if AVAILABLE else None
        for door in self._doors:
            for listener in open_listeners(self._hosts, door.port):
                self._listeners.append(await self._accept(listener, partial(Connection, door)))
            facts = {"pool": door.pool_now.config.name, "port": door.port, "tls": door.tls_mode}
            if door.switch is not None:
                facts["switch"] = door.switch.name
            log.info("listening", extra={**facts, "difficulty": door.terms.policy.start})

    async def _accept(
        self, listener: socket.socket, protocol: Callable[[], Connection]
    ) -> asyncio.Server | Acceptor:
        if self._sockets is not None:
            return Acceptor(self._sockets, listener, protocol)
        return await asyncio.get_running_loop().create_server(protocol, sock=listener, backlog=BACKLOG)

    async def broadcast(self, pool: Pool) -> None:
        """Send each new job to the pool's miners, for ever."""
        while True:
            await pool.job_arrived.wait()
            pool.job_arrived.clear()
            for switch in self._switches.values():
                switch.job_arrived(pool)
            miners = pool.miners()
            while turn := list(islice(miners, MINERS_PER_TURN)):
                send_job(pool, turn, time.monotonic())
                await asyncio.sleep(0)

    async def sweep(self) -> None:
        """Apply the connections' time-outs, for ever: one clock for all instead of a timer for each."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for certificate in {door.certificate for door in self._doors if door.certificate}:
                certificate.reload_if_changed()
            for door in self._doors:
                door.warden.forget_old(time.monotonic())
            for pool in self._pools.values():
                pool.visitors.forget_idle(time.monotonic())
                await _sweep(pool)

    async def expire_answers(self) -> None:
        """Answer the miners whose shares could not be stored in time, for ever."""
        while True:
            await asyncio.sleep(EXPIRE_SECONDS)
            for pool in self._pools.values():
                pool.publisher.expire(time.monotonic())
                pool.blocks.expire(time.monotonic())

    def throw_out(self, group: str) -> None:
        """Close every connection from a banned address."""
        for pool in self._pools.values():
            for connection in pool.visitors.connections_of(group):
                connection.hang_up("banned")

    def change_extranonces(self, prefix_hex: str) -> None:
        """A prefix belongs to somebody else: its miners get another extranonce1 or must reconnect."""
        for pool in self._pools.values():
            if pool.prefixes is None:
                change_extranonces(pool, prefix_hex)

    async def stop(self, drain_seconds: float) -> None:
        """Accept nothing more, send the miners away, store and answer what was accepted, then close."""
        for listener in self._listeners:
            listener.close()
        for pool in self._pools.values():
            pool.draining = True
        await send_away([miner for pool in self._pools.values() for miner in pool.miners()], drain_seconds)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await asyncio.gather(*(pool.finish() for pool in self._pools.values()))
        except TimeoutError:
            for pool in self._pools.values():
                pool.abandon()
        for pool in self._pools.values():
            for connection in list(pool.connections):
                connection.hang_up("drained")
        await self._until_gone()
        if self._sockets is not None:
            self._sockets.close()
        await asyncio.gather(*(pool.sessions.drain() for pool in self._pools.values()))

    async def _until_gone(self) -> None:
        """Wait until every answer has left for its miner; one that does not read is not waited for long."""
        leave_by = time.monotonic() + CLOSE_SECONDS
        while any(pool.connections for pool in self._pools.values()):
            if time.monotonic() > leave_by:
                for pool in self._pools.values():
                    for connection in list(pool.connections):
                        connection.abort()
            await asyncio.sleep(GONE_POLL_SECONDS)


def change_extranonces(pool: Pool, prefix_hex: str) -> None:
    """Of the miners of one pool."""
    for miner in pool.miners():
        if miner.session.extranonce1_hex.startswith(prefix_hex):
            miner.change_extranonce1(time.monotonic())


async def _sweep(pool: Pool) -> None:
    for count, connection in enumerate(list(pool.connections), 1):
        connection.sweep(time.monotonic())
        if count % MINERS_PER_TURN == 0:
            await asyncio.sleep(0)
