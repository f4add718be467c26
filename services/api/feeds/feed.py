"""The live feed behind server-sent events and WebSockets: figures after every update, and news as they come.

A listener holds no queue. It keeps the id of the last news it was given, and takes what is newer from one
list that all share; one that falls behind its end misses news and is shown the present. Ids are Unix
milliseconds, so that a listener who comes back to another replica goes on where it was, as far as the clocks
of the two agree.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from services.api.feeds.feed_news import News
from services.api.feeds.feed_states import FeedStates, Topic

KEPT_NEWS = 256
"""A pool that finds a block a minute is away for four hours and misses nothing."""

HEARTBEAT_SECONDS = 20.0
"""Proxies cut connections on which nothing is said for half a minute or longer."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event for one listener; without a kind it only says that the connection is alive.

    Figures have the id of the last news: whoever comes back with it misses none.
    """

    id: int
    kind: str
    data: bytes  # JSON, one line


class Feed:
    """News and figures of all pools."""

    def __init__(
        self, states: FeedStates, now_ms: Callable[[], int], heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._states = states
        self._now_ms = now_ms
        self._heartbeat_seconds = heartbeat_seconds
        self._news: deque[tuple[int, News]] = deque(maxlen=KEPT_NEWS)
        self._newest = (
            now_ms()
        )  # id of the newest news; whoever comes with an older one is told what there is
        self._update = 0
        self._closed = False
        self._changed = asyncio.Event()

    def publish(self, news: News) -> None:
        """Tell everybody whom it concerns."""
        self._news.append((self._next_id(), news))
        self._wake()

    def updated(self) -> None:
        """There are new figures."""
        self._update += 1
        self._wake()

    def close(self) -> None:
        """End every listener; later ones end at once."""
        self._closed = True
        self._wake()

    async def events(self, topic: Topic, last_id: int | None = None) -> AsyncIterator[FeedEvent]:
        """News after `last_id` (None: from now on), the present figures, then both as they come."""
        position = self._newest if last_id is None else min(last_id, self._newest)
        shown = -1
        while not self._closed:
            changed = self._changed
            for event in self._news_after(position, topic):
                position = event.id
                yield event
            if shown != self._update:
                shown = self._update
                yield FeedEvent(position, topic.kind, self._states.figures(topic))
            if not await self._changes(changed):
                yield FeedEvent(position, "", b"")

    def _news_after(self, position: int, topic: Topic) -> list[FeedEvent]:
        return [
            FeedEvent(number, news.kind, news.data)
            for number, news in self._news
            if number > position and topic.takes(news.pool, news.address)
        ]

    async def _changes(self, changed: asyncio.Event) -> bool:
        """Wait for a change; False when nothing happened for a while."""
        try:
            async with asyncio.timeout(self._heartbeat_seconds):
                await changed.wait()
        except TimeoutError:
            return False
        return True

    def _next_id(self) -> int:
        self._newest = max(self._newest + 1, self._now_ms())
        return self._newest

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
