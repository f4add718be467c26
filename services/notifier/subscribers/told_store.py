"""What was told, in its bucket: written before anything is sent and after it was."""

from __future__ import annotations

import msgspec

from nompcore.bus import Bus
from nompcore.subjects import TOLD
from services.notifier.subscribers.subscriber_metrics import UNREADABLE
from services.notifier.subscribers.told import Told

AVERAGE_MS = 10 * 60 * 1000
"""So much of an average may be lost: it is not written with each look."""


class ToldStore:
    """Every method raises BusUnavailable while NATS does not answer. For the one replica that tells."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(TOLD)
        self._known: dict[str, tuple[Told, int | None]] = {}
        self._written: dict[str, Told] = {}

    def forget(self) -> None:
        """Read everything anew: another replica may have told in between."""
        self._known.clear()
        self._written.clear()

    async def get(self, key: str) -> Told:
        """What was told; of an address that was told nothing, nothing."""
        if key not in self._known:
            entry = await self._bucket.get(key)
            told = _read(entry.value) if entry else Told()
            self._known[key] = told, entry.revision if entry else None
            self._written[key] = told
        return self._known[key][0]

    async def put(self, key: str, told: Told) -> bool:
        """Note it, at once unless only the average has changed. False where somebody else has."""
        _, revision = self._known[key]
        self._known[key] = told, revision
        written = self._written[key]
        if told.of == written.of and told.seen_ms - written.seen_ms < AVERAGE_MS:
            return True
        value = msgspec.json.encode(told)
        if revision is None:
            new = await self._bucket.create(key, value)
        else:
            new = await self._bucket.update(key, value, revision)
        if new is None:
            del self._known[key], self._written[key]
            return False
        self._known[key], self._written[key] = (told, new), told
        return True

    async def remove(self, key: str) -> None:
        """Nobody is to be told of it any more."""
        self._known.pop(key, None)
        self._written.pop(key, None)
        await self._bucket.delete(key)


def _read(value: bytes) -> Told:
    try:
        return msgspec.json.decode(value, type=Told)
    except msgspec.DecodeError:
        UNREADABLE.inc()
        return Told()
