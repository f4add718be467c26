"""How often strangers' mail boxes are asked whether they want news: our server is to pester nobody."""

from __future__ import annotations

import hashlib

from nompcore.bus import Bus
from nompcore.subjects import ASKED
from services.notifier.subscribers.mail_box import mail_box

MAX_ASKED = 5
"""Mail boxes a day that one payout address may have asked, however often it ends its wishes in between."""


class AskedStore:
    """Entries end by themselves after a day. Raises BusUnavailable while NATS does not answer."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(ASKED)

    async def may_ask(self, recipient: str, key: str) -> bool:
        """Whether a mail box may be asked for the subscriber with this key; then it may not for a day."""
        box = f"mail.{hashlib.sha256(mail_box(recipient).encode()).hexdigest()[:32]}"
        if await self._bucket.get(box) is not None or not await self._count(key):
            return False
        return await self._bucket.create(box, b"1") is not None

    async def _count(self, key: str) -> bool:
        """Whether the subscriber had fewer than all its questions; now it has had one more."""
        for number in range(MAX_ASKED):
            if await self._bucket.create(f"by.{key}.{number}", b"1") is not None:
                return True
        return False
