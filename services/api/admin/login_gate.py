"""Counts tries to log in, for all replicas: in KV, a try before the password is looked at."""

from __future__ import annotations

import hashlib

import msgspec

from nompcore.bucket import Entry
from nompcore.bus import Bus
from nompcore.subjects import ADMIN_TRIES
from services.api.admin.tries import ADDRESS, EVERYBODY, Pace, Tries, one_more, wait_seconds

_ALL = "all"

# Each loss means that another try was counted; who loses so often is one of very many.
MOST_LOSSES = 5
WAIT_AFTER_LOSSES_SECONDS = 1.0


class LoginGate:
    """Every method raises BusUnavailable while NATS does not answer: then nobody may try."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(ADMIN_TRIES)

    async def take(self, address: str, now_ms: int) -> float:
        """0.0 where a client may try now, and has; else the seconds it has to wait, which costs no try."""
        wait = await self._count(_key("from", address), now_ms, ADDRESS)
        if wait or await self._bucket.get(_key("known", address)) is not None:
            return wait
        return await self._count(_ALL, now_ms, EVERYBODY)

    async def succeeded(self, address: str) -> None:
        """An operator has logged in from there: its slips are forgotten, and it is known for a day."""
        await self._bucket.delete(_key("from", address))
        await self._bucket.put(_key("known", address), b"1")

    async def _count(self, key: str, now_ms: int, pace: Pace) -> float:
        for _ in range(MOST_LOSSES):
            entry = await self._bucket.get(key)
            tries = msgspec.json.decode(entry.value, type=Tries) if entry else None
            wait = wait_seconds(tries, now_ms, pace) if tries else 0.0
            if wait or await self._put(key, one_more(tries, now_ms, pace), entry):
                return wait
        return WAIT_AFTER_LOSSES_SECONDS

    async def _put(self, key: str, tries: Tries, before: Entry | None) -> bool:
        """Whether nobody else has counted meanwhile."""
        value = msgspec.json.encode(tries)
        if before is None:
            return await self._bucket.create(key, value) is not None
        return await self._bucket.update(key, value, before.revision) is not None


def _key(kind: str, address: str) -> str:
    """Addresses hold colons, which keys may not."""
    return f"{kind}.{hashlib.sha256(address.encode()).hexdigest()[:32]}"
