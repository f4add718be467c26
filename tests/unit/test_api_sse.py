"""The event hub and the stream of one listener, against an ASGI client written by hand."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from services.api.feeds.sse import EventHub, EventStream, sse_event
from services.api.serving.problem import ProblemError
from tests.counted import counted
from tests.servers import wait_until

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}}


class Listener:
    """Reads what the stream sends while `reads` is set; never disconnects by itself."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.left = asyncio.Event()

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.body":
            self.heard.append(message["body"])

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}


def dropped() -> float:
    return counted("nomp_api_listeners_dropped_total")


async def test_a_listener_hears_a_newline_at_once_and_then_every_event() -> None:
    hub, listener = EventHub(), Listener()
    async with asyncio.TaskGroup() as group:
        group.create_task(EventStream(hub)(SCOPE, listener.receive, listener.send))
        await wait_until(lambda: listener.heard == [b"\n"])
        hub.publish(sse_event(b'{"time":1}'))
        await wait_until(lambda: len(listener.heard) == 2)
        hub.publish(sse_event(b'{"time":2}'))
        await wait_until(lambda: len(listener.heard) == 3)
        hub.close()

    assert listener.heard == [b"\n", b'data: {"time":1}\n\n', b'data: {"time":2}\n\n', b""]


async def test_a_listener_that_leaves_frees_its_seat() -> None:
    hub, listener = EventHub(), Listener()
    async with asyncio.TaskGroup() as group:
        group.create_task(EventStream(hub)(SCOPE, listener.receive, listener.send))
        await wait_until(lambda: hub.listeners == 1)
        listener.left.set()

    assert hub.listeners == 0


async def test_a_listener_that_does_not_read_is_dropped_and_counted() -> None:
    hub, listener, before = EventHub(), Listener(), dropped()
    listener.reads.clear()

    await EventStream(hub, send_timeout_seconds=0.05)(SCOPE, listener.receive, listener.send)

    assert dropped() == before + 1
    assert hub.listeners == 0


async def test_a_listener_that_reads_slowly_gets_the_newest_event_and_not_a_backlog() -> None:
    hub, listener = EventHub(), Listener()
    async with asyncio.TaskGroup() as group:
        group.create_task(EventStream(hub)(SCOPE, listener.receive, listener.send))
        await wait_until(lambda: listener.heard == [b"\n"])
        listener.reads.clear()
        for number in range(100):
            hub.publish(b"%d" % number)
            await asyncio.sleep(0)
        listener.reads.set()
        await wait_until(lambda: listener.heard[-1] == b"99")
        hub.close()

    assert len(listener.heard) <= 4


async def test_listeners_beyond_the_limit_are_refused() -> None:
    hub = EventHub(limit=1)
    with hub.seat(), pytest.raises(ProblemError) as refused:
        EventStream(hub)

    assert refused.value.status == 503
