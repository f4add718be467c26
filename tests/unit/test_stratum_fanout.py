"""A job to a turn of miners over real sockets: whoever they are, each reads what it would have read alone."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import uvloop

from nompcore.messages import Job
from powhash.fanout import leave_all, send_to_all
from services.stratum import fanout
from services.stratum.ban_list import BanList
from services.stratum.capacity import Capacity
from services.stratum.connection import MAX_UNSENT_BYTES, Connection
from services.stratum.dialogue import Dialogue
from services.stratum.door import Door
from services.stratum.fanout import send_job
from services.stratum.offences import BanRules
from services.stratum.pool import Pool
from services.stratum.proxy_policy import Networks, ProxyPolicy
from services.stratum.visitors import Visitors
from services.stratum.warden import Warden
from tests.stratum_miner import WORKER, Miner
from tests.stratum_work import make_job

MINERS = 40
NEVER = BanRules(False, 1, 50, 500, 300, 10, 10)
SUBSCRIBE = b'{"id":1,"method":"mining.subscribe","params":[]}\n'
AUTHORIZE = json.dumps({"id": 2, "method": "mining.authorize", "params": [WORKER, "x"]}).encode() + b"\n"

Way = Callable[[list[int], bytes], list[tuple[int, int]]]
Run = Callable[[Coroutine[Any, Any, None]], None]


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
    def unsent(self) -> int:
        """Bytes that the kernel has not taken."""
        return self._transport.get_write_buffer_size()


@dataclass(slots=True)
class Scene:
    """One pool's port and its miners, in the order of their coming."""

    pool: Pool
    jobs: Miner
    port: int = 0
    connections: list[Watched] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)

    async def mine(self) -> tuple[Watched, Peer]:
        """A newcomer and its end; all that a login brings has been read."""
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self.port))
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
        send_job(self.pool, self.dialogues(), time.monotonic())

    def dialogues(self) -> list[Dialogue]:
        return [one.dialogue for one in self.connections if one.dialogue is not None]


@dataclass(slots=True)
class Peer:
    """A miner's end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

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
        try:
            while piece := await asyncio.wait_for(self.reader.read(1 << 20), 30):
                heard += piece
        except ConnectionError:
            pass
        return heard

    async def exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), 30)


def long_job(number: int) -> Job:
    """One whose line is nearly as long as what may wait for a peer."""
    job = make_job(str(number))
    return msgspec.structs.replace(job, coinb2_hex=job.coinb2_hex + "00" * (MAX_UNSENT_BYTES // 3))


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    jobs = Miner(make_job("1"))
    pool = cast(
        "Pool",
        SimpleNamespace(
            config=SimpleNamespace(name="btc"),
            counters=jobs.counters,
            connections={},
            jobs=jobs.jobs,
            prefixes=None,
            visitors=Visitors(0, 0),
            sessions=SimpleNamespace(park=lambda parked: None),
            give_back_extranonce1=lambda session: None,
            logins=None,
        ),
    )
    bans = cast("BanList", SimpleNamespace(is_banned=lambda group: False))
    warden = Warden("btc", NEVER, Networks(()), bans, jobs.counters)
    proxies = ProxyPolicy(Networks(()), required=False)
    door = Door(pool, 3333, jobs.terms, proxies, "off", None, Capacity(1000), warden, 0)
    stage = Scene(pool, jobs)

    def accept() -> Watched:
        stage.connections.append(Watched(door))
        return stage.connections[-1]

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    stage.port = server.sockets[0].getsockname()[1]
    try:
        yield stage
    finally:
        server.close()
        for peer in stage.peers:
            peer.writer.transport.abort()
        await asyncio.gather(*(one.gone.wait() for one in stage.connections))


@pytest.fixture(autouse=True, params=[send_to_all, leave_all], ids=["at once", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Way:
    """How a job leaves: what is read is the same."""
    chosen: Way = request.param
    monkeypatch.setattr(fanout, "send_to_all", chosen)
    return chosen


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """The loops that the service knows."""
    chosen: Run = request.param
    return chosen


def test_everybody_reads_the_job_once_and_it_counts_as_sent(run: Run, way: Way) -> None:
    async def told() -> None:
        async with scene() as stage:
            peers = [(await stage.mine())[1] for _ in range(MINERS)]
            before = stage.pool.counters.bytes_sent

            job = stage.tell(make_job("2"))
            stage.tell_again()
            later = stage.tell(make_job("3"))

            assert [await peer.exactly(len(job + later)) for peer in peers] == [job + later] * MINERS
            assert stage.pool.counters.bytes_sent - before == len(job + later) * MINERS
            expected = [job, later] if way is leave_all else []
            assert [one.written for one in stage.connections] == [expected] * MINERS

    run(told())


def test_what_waits_for_a_miner_that_does_not_read_leaves_before_the_job(run: Run) -> None:
    async def told() -> None:
        async with scene() as stage:
            slow, slow_peer = await stage.mine()
            _, other_peer = await stage.mine()
            slow_peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
            while slow.unsent == 0:
                slow.write(b"." * (MAX_UNSENT_BYTES // 4))
            filled = len(slow.written) * MAX_UNSENT_BYTES // 4

            heard = slow_peer.taken_from_the_kernel()  # so that there is room before the loop knows
            jobs = [stage.tell(make_job(name)) for name in "23"]

            assert [await other_peer.line() for _ in jobs] == jobs
            assert slow.written[-2:] == jobs
            slow_peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
            expected = b"." * filled + b"".join(jobs)
            assert heard + await slow_peer.exactly(len(expected) - len(heard)) == expected

    run(told())


def test_a_socket_that_has_room_for_a_part_of_a_job_gets_the_rest_later(run: Run) -> None:
    async def told() -> None:
        async with scene() as stage:
            slow, slow_peer = await stage.mine()
            _, other_peer = await stage.mine()
            slow_peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
            before, told = stage.pool.counters.bytes_sent, b""
            for number in range(2, 2000):
                told += stage.tell(long_job(number))
                await other_peer.line()
                if slow.unsent:
                    break

            assert 0 < slow.unsent < len(told)
            slow_peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert await slow_peer.exactly(len(told)) == told
            assert stage.pool.counters.bytes_sent - before == 2 * len(told)

    run(told())


def test_a_job_waits_for_answers_that_are_held(run: Run) -> None:
    async def told() -> None:
        async with scene() as stage:
            connection, peer = await stage.mine()
            connection.hold()
            connection.write(b"answer\n")

            job = stage.tell(make_job("2"))
            connection.release()

            assert await peer.exactly(7 + len(job)) == b"answer\n" + job

    run(told())


def test_nobody_else_hears_what_a_closed_connection_would_have(run: Run) -> None:
    async def told() -> None:
        async with scene() as stage:
            (gone, peer), (_, other_peer) = await stage.mine(), await stage.mine()
            dialogue, descriptor = gone.dialogue, gone.idle_descriptor()
            assert dialogue
            gone.hang_up("drained")
            assert gone.idle_descriptor() == -1
            assert await peer.rest() == b""
            await gone.gone.wait()
            with opened_as(descriptor) as heir:
                stage.jobs.jobs.add(make_job("2"))
                send_job(stage.pool, [dialogue, *stage.dialogues()], time.monotonic())

                assert await other_peer.line()
                with pytest.raises(BlockingIOError):
                    heir.recv(1)

    run(told())


@contextmanager
def opened_as(descriptor: int) -> Iterator[socket.socket]:
    """The other end of a socket that has this number now."""
    ours, heir = socket.socketpair()
    with ours, heir:
        heir.setblocking(False)
        if ours.fileno() != descriptor:
            os.dup2(ours.fileno(), descriptor)
        try:
            yield heir
        finally:
            if ours.fileno() != descriptor:
                os.close(descriptor)
