"""Who is to be told what: the bucket that the api writes, as it is and as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NoReturn

from nompcore.bucket_watch import Present
from nompcore.bus import Bus
from nompcore.errors import BusError
from nompcore.subjects import SUBSCRIPTIONS
from nompcore.subscriptions import Subscriber
from nompcore.wire import decode
from services.notifier.subscribers.subscriber_metrics import SUBSCRIBERS, UNREADABLE


class Register:
    """`subscribers` by key; `changed` is set when there is something new to look at."""

    def __init__(self, bus: Bus) -> None:
        self.subscribers: dict[str, Subscriber] = {}
        self.changed = asyncio.Event()
        self._bus = bus
        self._news: set[str] = set()

    async def follow(self) -> NoReturn:
        """Keep up with the bucket, for ever."""
        while True:
            async for change in self._bus.bucket(SUBSCRIPTIONS).watch():
                if isinstance(change, Present):
                    self._replace(change.entries)
                else:
                    self._put(change.key, change.value)
                SUBSCRIBERS.set(len(self.subscribers))

    def take_news(self) -> set[str]:
        """The keys that have changed since the last time."""
        news, self._news = self._news, set()
        self.changed.clear()
        return news

    def _replace(self, entries: Mapping[str, bytes]) -> None:
        for key in self.subscribers.keys() - entries.keys():
            self._put(key, None)
        for key, value in entries.items():
            self._put(key, value)

    def _put(self, key: str, value: bytes | None) -> None:
        before, after = self.subscribers.pop(key, None), _read(value)
        if after is not None:
            self.subscribers[key] = after
        if after != before:
            self._news.add(key)
            self.changed.set()


def _read(value: bytes | None) -> Subscriber | None:
    if value is None:
        return None
    try:
        return decode(Subscriber, value)
    except BusError:
        UNREADABLE.inc()
        return None
