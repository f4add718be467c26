"""Fetching from a JetStream pull consumer, one request outstanding at a time, noticing when nobody serves it.

A request asks for a number of messages and ends when they are sent or its time is over; meanwhile the server
sends heartbeats. Silence, or any status that is not a plain end of the request, breaks the pull: the caller
makes the consumer anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

import msgspec
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from nompcore.errors import BusUnavailable
from nompcore.link import Link, bus_errors

EXPIRES_SECONDS, HEARTBEAT_SECONDS = 30, 2
SILENCE_SECONDS = 3 * HEARTBEAT_SECONDS

REQUEST_BYTES = 32 * 1024 * 1024
"""Bounds what waits in memory; four messages of the largest size the shipped server takes."""

_NANOSECONDS = 1_000_000_000
_WAITING = {
    "expires": EXPIRES_SECONDS * _NANOSECONDS,
    "idle_heartbeat": HEARTBEAT_SECONDS * _NANOSECONDS,
}
_HEARTBEAT, _NOT_FOUND, _REQUEST_TIMEOUT, _CONFLICT = "100", "404", "408", "409"
_PLAIN_ENDS = ("Batch Completed", "Message Size Exceeds MaxBytes")


class PullBroken(BusUnavailable):
    """The consumer must be made anew: it is gone, silent, or the connection was lost."""


class Pull:
    """The fetching end of one consumer."""

    def __init__(self, link: Link, stream: str, consumer: str, batch: int) -> None:
        self._link = link
        self._batch = batch
        self._ask = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = link.nc.new_inbox()
        self._requests = 0  # each has a subject of its own: an earlier one's end is not taken for its own
        self._subscription: Subscription | None = None
        # The server sends at most one batch and a status ahead of a new request.
        self._arrived: asyncio.Queue[Msg | None] = asyncio.Queue(maxsize=batch + 16)
        self._expected = 0  # messages still to come on the outstanding request
        self._broken = ""

    async def __aenter__(self) -> Pull:
        with bus_errors("open a pull"):
            self._subscription = await self._link.nc.subscribe(f"{self._inbox}.*", cb=self._arrived.put)
        self._link.on_lost.add(self._interrupt)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._link.on_lost.discard(self._interrupt)
        # the connection may be closed already, and with it the subscription
        with contextlib.suppress(BusUnavailable), bus_errors("close a pull"):
            if self._subscription is not None:
                await self._subscription.unsubscribe()

    async def next_batch(self) -> list[Msg]:
        """Waits for a message; returns it and those that came with it, in order. Raises PullBroken."""
        messages: list[Msg] = []
        while not messages or not (self._arrived.empty() or len(messages) >= self._batch):
            message = await self._next(self._batch)
            if self._is_data(message):
                messages.append(message)
        return messages

    async def next_reading(self) -> list[Msg]:
        """What the server has now, in order; where that is nothing, the next message. Raises PullBroken.

        For who rests between readings: nothing is on its way meanwhile, and what has come by then costs the
        server and this process one delivery, not one each.
        """
        messages = await self.next_present()
        while not messages:
            message = await self._next(1)
            if self._is_data(message):
                messages.append(message)
        return messages

    async def next_present(self) -> list[Msg]:
        """What the server has now, up to a batch, in order; empty when it has nothing. Raises PullBroken."""
        messages: list[Msg] = []
        await self._request({"no_wait": True}, self._batch)
        while self._expected > 0:
            message = await self._next(self._batch)
            if self._is_data(message):
                messages.append(message)
        return messages

    async def _next(self, most: int) -> Msg:
        if self._expected <= 0 and self._arrived.empty():
            await self._request(_WAITING, most)
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                message = await self._arrived.get() if not self._broken else None
        except TimeoutError:
            raise PullBroken("no heartbeat from the consumer") from None
        if message is None:
            raise PullBroken(self._broken)
        return message

    async def _request(self, until: Mapping[str, int | bool], most: int) -> None:
        self._requests += 1
        request = {"batch": most, "max_bytes": REQUEST_BYTES, **until}
        async with self._link.exchange("pull"):
            await self._link.nc.publish(self._ask, msgspec.json.encode(request), reply=self._answers_to)
        self._expected = most

    @property
    def _answers_to(self) -> str:
        """Where the server says how the outstanding request ends."""
        return f"{self._inbox}.{self._requests}"

    def _is_data(self, message: Msg) -> bool:
        """Whether it is a message of the stream; else takes note of what the server says."""
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
            self._expected -= 1
            return True
        if status == _HEARTBEAT:
            return False
        description = (message.headers or {}).get("Description", "")
        if status in (_NOT_FOUND, _REQUEST_TIMEOUT) or (status == _CONFLICT and description in _PLAIN_ENDS):
            if message.subject == self._answers_to:
                self._expected = 0
            return False
        raise PullBroken(f"the consumer is gone: {status} {description}".rstrip())

    def _interrupt(self) -> None:
        """Called when the connection is lost: whatever was asked for is forgotten by the server."""
        self._broken = "the connection was lost"
        # a full queue keeps nobody waiting: the reader sees `_broken` after the messages
        with contextlib.suppress(asyncio.QueueFull):
            self._arrived.put_nowait(None)
