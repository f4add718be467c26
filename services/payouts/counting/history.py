"""A pool's past figures: points in a Redis sorted set by time, kept for a configured span."""

from __future__ import annotations

from typing import Any

import msgspec
from redis.asyncio import Redis

from nompcore.requests import HistoryPoint
from services.payouts.counting.tallies import key_prefix


class History:
    """One pool's points."""

    def __init__(self, redis: Redis, pool: str, *, retention_seconds: float) -> None:
        self._redis = redis
        self._key = key_prefix(pool) + "history"
        self._retention_ms = int(retention_seconds * 1000)

    async def add(self, point: HistoryPoint) -> None:
        """Keep a point and forget those that are too old."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zadd(self._key, {msgspec.json.encode(point): point.time_ms})
            pipeline.zremrangebyscore(self._key, "-inf", point.time_ms - self._retention_ms)
            await pipeline.execute()

    async def since(self, time_ms: int) -> list[HistoryPoint]:
        """Points from a time on, the oldest first."""
        bodies: list[Any] = await self._redis.zrangebyscore(self._key, time_ms, "+inf")
        return [msgspec.json.decode(body, type=HistoryPoint) for body in bodies]
