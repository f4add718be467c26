"""One WebSocket listener, against an ASGI client written by hand."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket

from services.api.feeds.feed import Feed
from services.api.feeds.feed_news import News
from services.api.feeds.feed_states import FeedStates, Topic
from services.api.feeds.seats import Seats
from services.api.feeds.websocket_feed import serve_websocket
from services.api.serving.problem import ProblemError
from services.api.state.active_lists import ActiveLists
from services.api.state.live import LiveState
from services.api.views.pool_views import PoolViews
from tests.counted import counted
from tests.servers import wait_until
from tests.unit import api_samples as samples

SCOPE = {"type": "websocket", "path": "/", "headers": [], "extensions": {"websocket.http.response": {}}}


class Client:
    """Takes what is sent while `reads` is set; leaves when told."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.says: asyncio.Queue[Message] = asyncio.Queue()
        self.says.put_nowait({"type": "websocket.connect"})

    async def send(self, message: Message) -> None:
        if message["type"] != "websocket.accept":  # a real server waits before a close as well
            await self.reads.wait()
        self.heard.append(message)

    @property
    def kinds(self) -> list[str]:
        return [message["type"] for message in self.heard]


def feed() -> Feed:
    state = LiveState([samples.POOL], interval_seconds=15, retention_seconds=3600)
    views = PoolViews({samples.POOL: samples.pool_config()}, "pool.example", state)
    return Feed(FeedStates(views, ActiveLists(state), lambda: 0), lambda: 0)


async def serve(client: Client, live: Feed, seats: Seats, topic: Topic | None, seconds: float = 30) -> None:
    socket = WebSocket(SCOPE, client.says.get, client.send)
    await serve_websocket(socket, live, seats, topic, None, send_timeout_seconds=seconds)


async def test_a_listener_hears_events_until_the_service_stops() -> None:
    client, live, seats = Client(), feed(), Seats()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve(client, live, seats, Topic()))
        await wait_until(lambda: len(client.heard) == 2)
        assert seats.taken == 1
        live.publish(News("block", samples.POOL, "", b"{}"))
        await wait_until(lambda: len(client.heard) == 3)
        live.close()

    assert client.kinds == ["websocket.accept", "websocket.send", "websocket.send", "websocket.close"]
    assert seats.taken == 0


async def test_a_listener_that_leaves_frees_its_seat_and_what_it_says_means_nothing() -> None:
    client, seats = Client(), Seats()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve(client, feed(), seats, Topic()))
        client.says.put_nowait({"type": "websocket.receive", "text": "let me in"})
        await wait_until(lambda: seats.taken == 1)
        client.says.put_nowait({"type": "websocket.disconnect", "code": 1000})

    assert seats.taken == 0


async def test_a_listener_that_does_not_read_is_dropped_and_counted() -> None:
    client, seats, before = Client(), Seats(), counted("nomp_api_listeners_dropped_total")
    client.reads.clear()

    await serve(client, feed(), seats, Topic(), seconds=0.05)

    assert counted("nomp_api_listeners_dropped_total") == before + 1
    assert client.kinds == ["websocket.accept"]
    assert seats.taken == 0


async def test_listeners_beyond_the_limit_and_of_unknown_pools_are_refused_with_a_problem() -> None:
    full, stranger = Client(), Client()
    await serve(full, feed(), Seats(limit=0), Topic())
    await serve(stranger, feed(), Seats(), None)

    assert [full.heard[0]["status"], stranger.heard[0]["status"]] == [503, 404]
    assert b'"unknown pool"' in stranger.heard[1]["body"]


def test_one_sender_cannot_take_all_seats() -> None:
    seats = Seats(limit=3, limit_of_one_sender=1)

    with seats.seat("a"):
        with pytest.raises(ProblemError):
            seats.refuse_when_full("a")
        seats.refuse_when_full("b")
    seats.refuse_when_full("a")
