"""Live feeds: the same events as server-sent events and over WebSockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, WebSocket

from services.api.feeds.feed_states import Topic
from services.api.feeds.feed_wire import SSE_HEAD, last_event_id, sse_text
from services.api.feeds.sse import EventStream
from services.api.feeds.websocket_feed import serve_websocket
from services.api.state.portal import Portal
from services.api.v1.parameters import Address, PoolName
from services.api.v1.responses import NOT_FOUND, UNAVAILABLE

# FastAPI would have it read from the class.
OK = 200

LastEventId = Annotated[str | None, Header(max_length=64, description="of the last event heard")]


def add_feed_routes(router: APIRouter, portal: Portal) -> None:
    """`…/events` and `…/ws` of the portal, a pool and a miner."""
    add_event_streams(router, portal)
    add_websockets(router, portal)


def add_event_streams(router: APIRouter, portal: Portal) -> None:
    """Server-sent events."""

    @router.get(
        "/events", summary="Live feed", response_class=EventStream, status_code=OK, responses=UNAVAILABLE
    )
    async def events(last_event_id: LastEventId = None) -> EventStream:
        """Figures of all pools after every update (`pools`), and every `block` and `payment` at once."""
        return stream(portal, Topic(), last_event_id)

    @router.get(
        "/pools/{pool}/events",
        summary="A pool's live feed",
        response_class=EventStream,
        status_code=OK,
        responses=NOT_FOUND | UNAVAILABLE,
    )
    async def pool_events(pool: PoolName, last_event_id: LastEventId = None) -> EventStream:
        """Figures of one pool after every update (`pool`), and its blocks and payments at once."""
        return stream(portal, Topic(portal.pool(pool).name), last_event_id)

    @router.get(
        "/pools/{pool}/miners/{address}/events",
        summary="A miner's live feed",
        response_class=EventStream,
        status_code=OK,
        responses=NOT_FOUND | UNAVAILABLE,
    )
    async def miner_events(
        pool: PoolName, address: Address, last_event_id: LastEventId = None
    ) -> EventStream:
        """Figures of one miner after every update (`miner`), its blocks, and the pool's payments."""
        return stream(portal, Topic(portal.pool(pool).name, address), last_event_id)


def stream(portal: Portal, topic: Topic, heard: str | None) -> EventStream:
    """The response that feeds one listener."""
    return EventStream(portal.hub, events=sse_events(portal, topic, heard))


async def sse_events(portal: Portal, topic: Topic, heard: str | None) -> AsyncIterator[bytes]:
    """A topic's events as they go over the wire."""
    yield SSE_HEAD
    async for event in portal.feed.events(topic, last_event_id(heard)):
        yield sse_text(event)


def add_websockets(router: APIRouter, portal: Portal) -> None:
    """WebSockets; `?last_event_id=` goes on where a connection ended."""

    @router.websocket("/ws")
    async def all_pools(socket: WebSocket, last_event_id: str | None = None) -> None:
        await serve_websocket(socket, portal.feed, portal.hub.seats, Topic(), last_event_id)

    @router.websocket("/pools/{pool}/ws")
    async def one_pool(socket: WebSocket, pool: PoolName, last_event_id: str | None = None) -> None:
        topic = Topic(pool) if pool in portal.config.pools else None
        await serve_websocket(socket, portal.feed, portal.hub.seats, topic, last_event_id)

    @router.websocket("/pools/{pool}/miners/{address}/ws")
    async def one_miner(
        socket: WebSocket, pool: PoolName, address: Address, last_event_id: str | None = None
    ) -> None:
        topic = Topic(pool, address) if pool in portal.config.pools else None
        await serve_websocket(socket, portal.feed, portal.hub.seats, topic, last_event_id)
