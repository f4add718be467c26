"""One WebSocket listener of the live feed."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.websockets import WebSocket, WebSocketDisconnect

from services.api.feeds.feed import Feed
from services.api.feeds.feed_states import Topic
from services.api.feeds.feed_wire import last_event_id, websocket_text
from services.api.feeds.seats import Seats
from services.api.feeds.sse import SEND_TIMEOUT_SECONDS
from services.api.serving.problem import ProblemError, problem_response, unknown_pool
from services.api.serving.rate_limit import SENDER
from services.api.state.metrics import LISTENERS_DROPPED

CLOSE_SECONDS = 0.1

GOING_AWAY, TRY_AGAIN_LATER = 1001, 1013


async def serve_websocket(
    socket: WebSocket,
    feed: Feed,
    seats: Seats,
    topic: Topic | None,
    heard: str | None,
    send_timeout_seconds: float = SEND_TIMEOUT_SECONDS,
) -> None:
    """Feed a listener until either side leaves or it is too slow. No topic: the pool is not ours."""
    if topic is None:
        await socket.send_denial_response(problem_response(unknown_pool()))
        return
    sender = socket.scope.get(SENDER, "")
    try:
        seats.refuse_when_full(sender)
    except ProblemError as problem:
        await socket.send_denial_response(problem_response(problem))
        return
    await socket.accept()
    with seats.seat(sender):
        leaving = asyncio.create_task(_left(socket))
        feeding = asyncio.create_task(_feed(socket, feed, topic, heard, send_timeout_seconds))
        try:
            await asyncio.wait((leaving, feeding), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            feeding.cancel()
            await asyncio.gather(leaving, feeding, return_exceptions=True)
    if not feeding.cancelled():
        feeding.result()


async def _feed(
    socket: WebSocket, feed: Feed, topic: Topic, heard: str | None, send_timeout_seconds: float
) -> None:
    """Send events. A send blocks while the socket's buffer is full, which ends in the time-out."""
    with contextlib.suppress(WebSocketDisconnect):
        try:
            async for event in feed.events(topic, last_event_id(heard)):
                if event.kind:  # the protocol has pings of its own
                    async with asyncio.timeout(send_timeout_seconds):
                        await socket.send_text(websocket_text(event))
            await socket.close(GOING_AWAY)
        except TimeoutError:
            LISTENERS_DROPPED.inc()
            with contextlib.suppress(TimeoutError):  # this too waits for who does not read
                async with asyncio.timeout(CLOSE_SECONDS):
                    await socket.close(TRY_AGAIN_LATER)


async def _left(socket: WebSocket) -> None:
    """Return when the listener leaves. What it says is read and means nothing."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
