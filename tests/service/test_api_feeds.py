"""Live feeds over real NATS, HTTP and WebSockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from nompcore.subjects import BLOCK_CONFIRMED, PAYMENT_SENT
from services.api.feeds.seats import MAX_OF_ONE_SENDER
from services.api.serving.head_deadline import HeadDeadlineProtocol
from services.api.serving.rate_limit import Gate
from tests.servers import wait_until
from tests.service.api_service import RunningApi, running_api, store_snapshots, writer
from tests.unit import api_samples as samples
from tests.unit import notifier_samples as messages

POOL_PATH = f"/api/v1/pools/{samples.POOL}"


class Stream:
    """The events of one stream of server-sent events."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def event(self) -> dict[str, str]:
        """The next one with a name, its data still as text."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                return fields
        raise EOFError


@asynccontextmanager
async def listening(api: RunningApi, path: str, **headers: str) -> AsyncIterator[Stream]:
    async with api.client.stream("GET", path, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response.aiter_lines())


@asynccontextmanager
async def connected(api: RunningApi, path: str) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{api.port}{path}") as socket:
        yield socket


async def heard(socket: ClientConnection) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(await socket.recv())
    return event


async def publish_news(nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await bus.publish(BLOCK_CONFIRMED, messages.block_confirmed(), pool=samples.POOL)
        await bus.publish(PAYMENT_SENT, messages.payment_sent(), pool=samples.POOL)


async def test_a_pools_feed_has_its_figures_and_its_news(api: RunningApi, nats_url: str) -> None:
    async with listening(api, f"{POOL_PATH}/events") as stream:
        present = await stream.event()
        await publish_news(nats_url)
        block, payment = await stream.event(), await stream.event()
        api.portal.feed.updated()
        update = await stream.event()

    assert [event["event"] for event in (present, block, payment, update)] == [
        "pool",
        "block",
        "payment",
        "pool",
    ]
    assert json.loads(present["data"])["hashrate"] == 2_500_000.0
    assert json.loads(block["data"])["status"] == "confirmed"
    assert int(present["id"]) < int(block["id"]) < int(payment["id"]) == int(update["id"])


async def test_who_reconnects_hears_what_it_missed(api: RunningApi, nats_url: str) -> None:
    async with listening(api, "/api/v1/events") as stream:
        await stream.event()
        await publish_news(nats_url)
        block = await stream.event()
        await stream.event()
    async with listening(api, "/api/v1/events", **{"Last-Event-ID": block["id"]}) as stream:
        missed, present = await stream.event(), await stream.event()
    async with listening(api, "/api/v1/events", **{"Last-Event-ID": "rubbish"}) as stream:
        first = await stream.event()

    assert [missed["event"], present["event"], first["event"]] == ["payment", "pools", "pools"]


async def test_a_miners_feed_goes_without_payouts(nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        async with listening(api, f"{POOL_PATH}/miners/{samples.ADDRESS}/events") as stream:
            event = await stream.event()

    assert (event["event"], json.loads(event["data"])["hashrate"]) == ("miner", 1_500_000.0)


async def test_a_websocket_hears_the_same(api: RunningApi, nats_url: str) -> None:
    async with connected(api, f"{POOL_PATH}/ws") as socket:
        present = await heard(socket)
        await publish_news(nats_url)
        block, payment = await heard(socket), await heard(socket)
    async with connected(api, f"/api/v1/ws?last_event_id={block['id']}") as socket:
        missed = await heard(socket)
    async with connected(api, f"{POOL_PATH}/miners/{samples.ADDRESS}/ws") as socket:
        miner = await heard(socket)

    assert [present["event"], block["event"], payment["event"]] == ["pool", "block", "payment"]
    assert missed == payment
    assert (miner["event"], miner["data"]["address"]) == ("miner", samples.ADDRESS)


async def test_websockets_are_counted_and_end_when_the_service_stops(api: RunningApi) -> None:
    async with connected(api, "/api/v1/ws") as socket:
        await heard(socket)
        assert (await api.client.get("/health")).json()["listeners"] == 1
        api.portal.close_streams()
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    await wait_until(lambda: api.portal.hub.listeners == 0, what="its seat is free")

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_a_websocket_that_says_too_much_is_closed(api: RunningApi) -> None:
    async with connected(api, "/api/v1/ws") as socket:
        await heard(socket)
        await socket.send("x" * 5000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/pools/nopool/ws", 404), ("/api/v1/nothing", 403), ("/api/v1/pools", 403)]
)
async def test_a_websocket_to_nowhere_is_refused(api: RunningApi, path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{api.port}{path}")

    assert refused.value.response.status_code == status


async def test_who_connects_too_often_is_refused(nats_url: str) -> None:
    async with running_api(nats_url, gate=Gate(1, 1, clock=lambda: 0.0)) as api:
        async with connected(api, "/api/v1/ws") as socket:
            await heard(socket)
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{api.port}/api/v1/ws")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"


async def test_listeners_from_one_place_are_few_enough_for_others_to_listen(api: RunningApi) -> None:
    seats = api.portal.hub.seats
    with ExitStack() as taken:
        for _ in range(MAX_OF_ONE_SENDER):
            taken.enter_context(seats.seat("127.0.0.1"))
        refused = await api.client.get("/api/v1/events")
        with pytest.raises(InvalidStatus) as refused_too:
            await connect(f"ws://127.0.0.1:{api.port}/api/v1/ws")

    assert (refused.status_code, refused.json()["title"]) == (503, "too many listeners")
    assert refused_too.value.response.status_code == 503


async def test_a_feed_ends_when_the_service_stops(api: RunningApi) -> None:
    async with listening(api, "/api/v1/events") as stream:
        await stream.event()
        api.portal.close_streams()
        async with asyncio.timeout(30):
            with pytest.raises(EOFError):
                await stream.event()


class HastyProtocol(HeadDeadlineProtocol):
    """Waits less long for a request's head than the real one."""

    head_seconds = 0.2


async def test_a_websocket_outlives_the_time_limit_for_request_heads(nats_url: str) -> None:
    async with running_api(nats_url, protocol=HastyProtocol) as api, connected(api, "/api/v1/ws") as socket:
        for _ in range(6):
            await heard(socket)
            await asyncio.sleep(0.1)
            api.portal.feed.updated()
