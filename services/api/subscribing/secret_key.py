"""The key behind texts to sign and links in messages: one for all replicas of the api."""

from __future__ import annotations

import secrets

from nompcore.bus import Bus
from nompcore.subjects import ADMIN

_KEY = "miners-key"
_KEY_BYTES = 32


class SecretKey:
    """Made by whoever needs it first."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(ADMIN)
        self._key = b""

    async def get(self) -> bytes:
        """32 bytes. Raises BusUnavailable while NATS does not answer."""
        while not self._key:
            if entry := await self._bucket.get(_KEY):
                self._key = entry.value
            else:
                await self._bucket.create(_KEY, secrets.token_bytes(_KEY_BYTES))
        return self._key
