"""Block news over ZMQ from a publisher like a daemon's; Debian's litecoind is built without ZMQ."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
import zmq
import zmq.asyncio

from nompcore.ending import end_tasks
from services.jobmaker.zmq_news import ZmqNews
from tests.counted import counted
from tests.servers import free_port
from tests.servers.process import ServerProcess, wait_until

SUBSCRIPTION, UNSUBSCRIPTION = b"\x01hashblock", b"\x00hashblock"
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}

PUBLISHING_PROCESS = """
import itertools, sys, time, zmq
publisher = zmq.Context().socket(zmq.PUB)
publisher.bind(sys.argv[1])
for number in itertools.count():
    publisher.send_multipart([b"hashblock", bytes(32), number.to_bytes(4, "little")])
    time.sleep(0.05)
"""


def tcp_url() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


class Ear:
    """A `ZmqNews` of a pool of its own, so that its metrics are its own, and what it heard."""

    def __init__(self, url: str, *, heartbeat_seconds: float = 10.0) -> None:
        self.labels = {"pool": url, "daemon": "127.0.0.1:9332"}
        self.blocks: list[str] = []
        self.missed = 0
        self._news = ZmqNews(
            url,
            "127.0.0.1:9332",
            url,
            self.blocks.append,
            on_missed=self._miss,
            heartbeat_seconds=heartbeat_seconds,
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Runs it for the length of the block; what it raises fails the test."""
        task = asyncio.create_task(self._news.run())
        try:
            yield
        finally:
            if task.done():
                task.result()
            await end_tasks([task])
        assert not self.connected

    @property
    def connected(self) -> bool:
        return counted("nomp_jobmaker_zmq_connected", **self.labels) == 1

    def count(self, what: str) -> float:
        return counted(f"nomp_jobmaker_zmq_{what}_total", **self.labels)

    def _miss(self) -> None:
        self.missed += 1


class Publisher:
    """A daemon's publisher; `sequence` is the number of its next message."""

    def __init__(self, socket: zmq.asyncio.Socket) -> None:
        self._socket = socket
        self.sequence = 0

    async def subscribed(self) -> None:
        """Returns when somebody subscribed: what is published from now on reaches them."""
        assert await self._socket.recv() == SUBSCRIPTION

    async def subscribed_again(self) -> None:
        """Returns when the subscriber went and came back."""
        assert await self._socket.recv() == UNSUBSCRIPTION
        await self.subscribed()

    async def publish(self, fill: str, *, topic: bytes = b"hashblock") -> str:
        """Publishes a block; returns its hash as people write it."""
        await self.send(topic, bytes.fromhex(fill * 32), self.sequence.to_bytes(4, "little"))
        self.sequence += 1
        return fill * 32

    async def send(self, *parts: bytes) -> None:
        """Publishes anything."""
        await self._socket.send_multipart(parts)


@asynccontextmanager
async def publishing(url: str) -> AsyncIterator[Publisher]:
    """A publisher for the length of the block, with nobody subscribed yet."""
    with zmq.asyncio.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.linger = 0
        socket.bind(url)
        yield Publisher(socket)


@pytest.mark.parametrize("loop_factory", LOOPS.values(), ids=LOOPS.keys())
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_blocks_are_heard_of_in_either_event_loop(
    tmp_path: Path, transport: str, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    url = tcp_url() if transport == "tcp" else f"ipc://{tmp_path}/blocks"

    async def main() -> Ear:
        ear = Ear(url)
        async with publishing(url) as publisher, ear.listening():
            await publisher.subscribed()
            sent = [await publisher.publish(f"{number:02x}") for number in range(20)]
            await wait_until(lambda: ear.blocks == sent)
            await wait_until(lambda: ear.connected)
        return ear

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        ear = runner.run(main())
    assert (ear.missed, ear.count("gaps"), ear.count("malformed"), ear.count("connects")) == (0, 0, 0, 1)


@pytest.mark.parametrize("loop_factory", LOOPS.values(), ids=LOOPS.keys())
def test_a_daemon_may_go_and_come_back(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    url = tcp_url()

    async def main() -> Ear:
        ear = Ear(url)
        async with ear.listening():
            for fill in ("aa", "bb"):
                await wait_until(lambda: not ear.connected)
                async with publishing(url) as publisher:
                    await publisher.subscribed()
                    block_hash = await publisher.publish(fill)
                    await wait_until(lambda block_hash=block_hash: ear.blocks[-1:] == [block_hash])
                    await wait_until(lambda: ear.connected)
        return ear

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        ear = runner.run(main())
    assert (len(ear.blocks), ear.count("connects"), ear.count("gaps")) == (2, 2, 0)
    assert ear.missed >= 1


async def test_a_daemon_that_is_not_there_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="services.jobmaker.zmq_news")
    url = tcp_url()
    ear = Ear(url)
    async with ear.listening():
        await wait_until(lambda: [record.message for record in caplog.records] == ["no block news over ZMQ"])
        async with publishing(url) as publisher:
            await publisher.subscribed()
            await publisher.publish("aa")
            await wait_until(lambda: len(ear.blocks) == 1 and ear.connected)

            assert [record.message for record in caplog.records] == [
                "no block news over ZMQ",
                "block news over ZMQ",
            ]


async def test_a_gap_in_the_sequence_is_counted_and_tells_that_blocks_were_missed() -> None:
    url = tcp_url()
    ear = Ear(url)
    async with publishing(url) as publisher, ear.listening():
        await publisher.subscribed()
        publisher.sequence = 7
        await publisher.publish("aa")
        publisher.sequence += 1
        last = await publisher.publish("bb")
        await wait_until(lambda: ear.blocks[-1:] == [last])

    assert (len(ear.blocks), ear.count("gaps"), ear.missed) == (2, 1, 1)


async def test_what_is_no_hashblock_is_counted_and_not_believed() -> None:
    url = tcp_url()
    ear = Ear(url)
    async with publishing(url) as publisher, ear.listening():
        await publisher.subscribed()
        await publisher.send(b"hashblock", b"too short", bytes(4))
        await publisher.send(b"hashblock")
        await publisher.publish("cc", topic=b"hashblocks")
        await publisher.publish("dd", topic=b"hashtx")  # nobody subscribed to it
        last = await publisher.publish("aa")
        await wait_until(lambda: ear.blocks != [])

    assert (ear.blocks, ear.count("malformed")) == ([last], 3)


async def test_a_publisher_of_monsters_is_hung_up_on_and_visited_again() -> None:
    url = tcp_url()
    ear = Ear(url)
    async with publishing(url) as publisher, ear.listening():
        await publisher.subscribed()
        await publisher.send(b"hashblock", bytes(1_000_000), bytes(4))
        await publisher.subscribed_again()
        last = await publisher.publish("aa")
        await wait_until(lambda: ear.blocks == [last] and ear.missed == 1)


async def test_a_port_where_nobody_publishes_is_tried_again_until_somebody_does() -> None:
    async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(100))
        await writer.drain()
        visits.append(await reader.read(1))
        writer.close()

    visits: list[bytes] = []
    url = tcp_url()
    ear = Ear(url)
    async with ear.listening():
        async with await asyncio.start_server(speak_http, "127.0.0.1", int(url.rpartition(":")[2])):
            await wait_until(lambda: len(visits) >= 2)
        async with publishing(url) as publisher:
            await publisher.subscribed()
            last = await publisher.publish("aa")
            await wait_until(lambda: ear.blocks == [last])


async def test_a_daemon_that_hangs_is_noticed_and_found_again(tmp_path: Path) -> None:
    url = tcp_url()
    process = ServerProcess([sys.executable, "-c", PUBLISHING_PROCESS, url], tmp_path / "publisher.log")
    ear = Ear(url, heartbeat_seconds=0.5)
    try:
        async with ear.listening():
            process.start()
            await wait_until(lambda: ear.connected and ear.blocks != [])
            process.freeze()
            await wait_until(lambda: not ear.connected, what="the connection is given up")
            process.thaw()
            heard = len(ear.blocks)
            await wait_until(lambda: ear.connected and len(ear.blocks) > heard)
    finally:
        await process.kill()

    assert ear.count("connects") >= 2
