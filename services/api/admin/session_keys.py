"""What the replicas of the api share about sessions: the key that signs them, and who has ended theirs."""

from __future__ import annotations

import secrets

from nompcore.bus import Bus
from nompcore.subjects import ADMIN
from services.api.admin.session import KEY_BYTES, Session

_KEY = "session-key"


class SessionKeys:
    """Every method raises BusUnavailable while NATS does not answer: nobody is let in on a guess."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(ADMIN)
        self._key = b""

    async def key(self) -> bytes:
        """The key, made by whoever needs it first."""
        while not self._key:
            if entry := await self._bucket.get(_KEY):
                self._key = entry.value
            else:
                await self._bucket.create(_KEY, secrets.token_bytes(KEY_BYTES))
        return self._key

    async def end_all(self, name: str, now_ms: int) -> None:
        """Every session that the operator has begun so far is over, on every replica."""
        await self._bucket.put(f"ended.{name}", str(now_ms).encode())

    async def is_ended(self, session: Session) -> bool:
        """Whether its operator has logged out since."""
        entry = await self._bucket.get(f"ended.{session.operator.name}")
        return entry is not None and session.issued_ms <= int(entry.value)

    async def take_step(self, name: str, step: int) -> bool:
        """Whether the digits of this time step have not been used before; now they have."""
        key, value = f"totp.{name}", str(step).encode()
        entry = await self._bucket.get(key)
        if entry is None:
            return await self._bucket.create(key, value) is not None
        return int(entry.value) < step and await self._bucket.update(key, value, entry.revision) is not None
