"""A pool's port over real sockets, in the test's own loop, and the miners that came to it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest
import uvloop

from nompcore.messages import Job
from powhash.sockets import AVAILABLE
from services.stratum.acceptor import Acceptor
from services.stratum.ban_list import BanList
from services.stratum.capacity import Capacity
from services.stratum.connection import Connection
from services.stratum.dialogue import Dialogue
from services.stratum.door import Door
from services.stratum.fanout import send_job
from services.stratum.listening import open_listeners
from services.stratum.miner_socket import MinerSocket
from services.stratum.offences import BanRules
from services.stratum.pool import Pool
from services.stratum.proxy_policy import Networks, ProxyPolicy
from services.stratum.sockets import Sockets
from services.stratum.visitors import Visitors
from services.stratum.warden import Warden
from tests.stratum_miner import WORKER, Miner
from tests.stratum_work import make_job

NEVER = BanRules(False, 1, 50, 500, 300, 10, 10)
SUBSCRIBE = b'{"id":1,"method":"mining.subscribe","params":[]}\n'
AUTHORIZE = json.dumps({"id": 2, "method": "mining.authorize", "params": [WORKER, "x"]}).encode() + b"\n"

Way = Literal["at once", "one by one"]
"""How sockets are read and written: by the native library, or each by a transport of asyncio's."""

Run = Callable[[Coroutine[Any, Any, None]], None]


def open_door(jobs: Miner, **of_pool: Any) -> Door:
    """One that bans nobody; the keywords are members of its pool."""
    pool = SimpleNamespace(
        config=SimpleNamespace(name="btc", connection_timeout_seconds=600),
        counters=jobs.counters,
        connections={},
        jobs=jobs.jobs,
        prefixes=None,
        visitors=Visitors(0, 0),
        sessions=SimpleNamespace(park=lambda parked: None),
        give_back_extranonce1=lambda session: None,
        logins=None,
    )
    pool.__dict__.update(of_pool)
    bans = cast("BanList", SimpleNamespace(is_banned=lambda group: False))
    warden = Warden("btc", NEVER, Networks(()), bans, jobs.counters)
    proxies = ProxyPolicy(Networks(()), required=False)
    return Door(cast("Pool", pool), 3333, jobs.terms, proxies, "off", None, Capacity(1000), warden, 0)


class Watched(Connection):
    """Counts what does not go out in the native call."""

    __slots__ = ("gone", "written")

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self.gone = asyncio.Event()
        self.written: list[bytes] = []

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()

    def write(self, data: bytes) -> None:
        if data:
            self.written.append(data)
        super().write(data)

    @property
    def descriptor(self) -> int:
        """Its socket's number."""
        if isinstance(self._transport, MinerSocket):
            return self._transport.descriptor
        number: int = self._transport.get_extra_info("socket").fileno()
        return number

    async def unsent(self) -> int:
        """Bytes that the kernel has not taken when it was offered all."""
        for _ in range(2):
            await asyncio.sleep(0)
        return self._transport.get_write_buffer_size()


@dataclass(slots=True)
class Peer:
    """A miner's end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def transport(self) -> asyncio.Transport:
        return cast("asyncio.Transport", self.writer.transport)

    async def line(self) -> bytes:
        return await asyncio.wait_for(self.reader.readline(), 30)

    def taken_from_the_kernel(self) -> bytes:
        """What has come, past the loop."""
        heard = b""
        descriptor = os.dup(self.writer.get_extra_info("socket").fileno())
        with socket.socket(fileno=descriptor) as peer, suppress(BlockingIOError):
            while True:
                heard += peer.recv(1 << 20)
        return heard

    async def rest(self) -> bytes:
        """What comes until the end, however it comes."""
        heard = b""
        with suppress(ConnectionError):
            while piece := await asyncio.wait_for(self.reader.read(1 << 20), 30):
                heard += piece
        return heard

    async def exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), 30)


@dataclass(slots=True)
class Port:
    """One pool's port and its miners, in the order of their coming."""

    door: Door
    jobs: Miner
    way: Way
    number: int = 0
    connections: list[Watched] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)

    def newcomer(self) -> Watched:
        self.connections.append(Watched(self.door))
        return self.connections[-1]

    @property
    def bytes_sent(self) -> int:
        """As the pool counts them."""
        return self.jobs.counters.bytes_sent

    async def mine(self) -> tuple[Watched, Peer]:
        """A newcomer and its end; all that a login brings has been read."""
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.number))
        self.peers.append(peer)
        peer.writer.write(SUBSCRIBE + AUTHORIZE)
        while json.loads(await peer.line()).get("method") != "client.get_version":
            pass
        connection = self.connections[-1]
        connection.written.clear()
        return connection, peer

    def tell(self, job: Job) -> bytes:
        """Send it to all; the line that they are to read."""
        live = self.jobs.jobs.add(job)
        assert live
        self.tell_again()
        return live.notify

    def tell_again(self) -> None:
        """Send what nobody lacks."""
        send_job(self.door.pool, self.dialogues(), time.monotonic())

    def dialogues(self) -> list[Dialogue]:
        return [one.dialogue for one in self.connections if one.dialogue is not None]


@asynccontextmanager
async def open_port(way: Way) -> AsyncIterator[Port]:
    """With nobody there yet."""
    jobs = Miner(make_job("1"))
    port = Port(open_door(jobs), jobs, way)
    (listener,) = open_listeners("127.0.0.1", 0)
    port.number = listener.getsockname()[1]
    sockets = Sockets() if way == "at once" else None
    server: Acceptor | asyncio.Server
    if sockets is not None:
        server = Acceptor(sockets, listener, port.newcomer)
    else:
        server = await asyncio.get_running_loop().create_server(port.newcomer, sock=listener)
    try:
        yield port
    finally:
        server.close()
        for peer in port.peers:
            peer.writer.transport.abort()
        await asyncio.gather(*(one.gone.wait() for one in port.connections))
        if sockets is not None:
            sockets.close()


def at_a_port(test: Callable[[Port], Coroutine[Any, Any, None]]) -> Callable[[Run, Way], None]:
    """Make a test of a port one of each loop that the service knows, and of each way."""
    at_once = pytest.param("at once", marks=pytest.mark.skipif(not AVAILABLE, reason="no hash library"))

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
    @pytest.mark.parametrize("way", [at_once, "one by one"])
    def on_loop(run: Run, way: Way) -> None:
        async def opened() -> None:
            async with open_port(way) as port:
                await test(port)

        run(opened())

    return on_loop
