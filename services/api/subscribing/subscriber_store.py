"""The bucket of subscriptions: those of an address change as a whole, and no change is lost to another."""

from __future__ import annotations

from collections.abc import Callable

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.subjects import SUBSCRIPTIONS, subscriber_key
from nompcore.subscriptions import Subscriber
from nompcore.wire import decode, encode

TRIES = 5
"""Two changes of one address at the same moment are rare; more are somebody's program."""

Change = Callable[[Subscriber], Subscriber | None]


class SubscriberStore:
    """Every method raises BusUnavailable while NATS does not answer."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(SUBSCRIPTIONS)

    async def change(self, key: str, change: Change, new: Subscriber | None = None) -> Subscriber | None:
        """What `change` makes of the entry, or of `new` where there is none; None where it makes nothing."""
        for _ in range(TRIES):
            entry = await self._bucket.get(key)
            before = decode(Subscriber, entry.value) if entry else new
            after = None if before is None else change(before)
            if after is None or after == before:
                return after
            if await self._write(key, after, entry.revision if entry else None):
                return after
        raise BusUnavailable(f"{key} in bucket {SUBSCRIPTIONS.name} is changed by others all the time")

    async def end_all(self, pool: str, address: str) -> None:
        """Nothing is told of the address any more."""
        await self._bucket.delete(subscriber_key(pool, address))

    async def _write(self, key: str, after: Subscriber, revision: int | None) -> bool:
        if revision is None:
            return await self._bucket.create(key, encode(after)) is not None
        if not after.subscriptions:
            return await self._bucket.delete(key, revision)
        return await self._bucket.update(key, encode(after), revision) is not None
