"""The alerts that each channel has taken, in KV: what comes once more after a crash is not sent once more."""

from __future__ import annotations

from nompcore.bus import Bus
from nompcore.subjects import ALERTED, DELIVERED


class Taken:
    """Of one channel. Every method raises BusUnavailable without an answer in time."""

    def __init__(self, bus: Bus, channel: str) -> None:
        self._taken = bus.bucket(DELIVERED)
        self._channels = bus.bucket(ALERTED)
        self._channel = channel

    async def has(self, alert_id: str) -> bool:
        """Whether the channel has taken the alert within the last day."""
        return await self._taken.get(self._key(alert_id)) is not None

    async def mark(self, alert_id: str, now_ms: int) -> None:
        """The channel has taken it."""
        await self._taken.put(self._key(alert_id), str(now_ms).encode())

    async def since_ms(self, now_ms: int) -> int:
        """When the channel was first seen: now, if this is the first time on any replica."""
        key = f"channel.{self._channel}"
        await self._channels.create(key, str(now_ms).encode())
        entry = await self._channels.get(key)
        return int(entry.value) if entry else now_ms

    def _key(self, alert_id: str) -> str:
        return f"{self._channel}.{alert_id}"
