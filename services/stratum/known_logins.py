"""Logins that were right a short time ago, as keyed hashes: no password is kept. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

KEPT_SECONDS: Final = 300.0
MAX_KEPT: Final = 50_000


class KnownLogins:
    """`key`: random bytes of this process, 16 to 64; `now` in seconds of a steady clock."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._until: dict[bytes, float] = {}  # hash → until when it counts, the oldest first

    def __len__(self) -> int:
        return len(self._until)

    def knows(self, user: str, password: str, now: float) -> bool:
        """Whether this login, exactly, was right not long ago."""
        return self._until.get(self._hash(user, password), now) > now

    def remember(self, user: str, password: str, now: float) -> None:
        """It was right just now; the oldest give way where there are too many."""
        login = self._hash(user, password)
        self._until.pop(login, None)
        self._until[login] = now + KEPT_SECONDS
        if len(self._until) > MAX_KEPT:
            del self._until[next(iter(self._until))]

    def _hash(self, user: str, password: str) -> bytes:
        text = f"{len(user)}:{user}{password}".encode()
        return hashlib.blake2b(text, key=self._key, digest_size=32).digest()
