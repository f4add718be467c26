"""Everything that a pool has in Redis, to compare states."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from services.payouts.counting.tallies import key_prefix
from tests.unit.payouts_samples import POOL


async def dump(redis: Redis) -> dict[bytes, object]:
    """Key → value of every key of the pool."""
    readers: dict[bytes | str, Any] = {
        b"hash": redis.hgetall,
        b"string": redis.get,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
    }
    keys = [key async for key in redis.scan_iter(key_prefix(POOL) + "*", count=1_000)]
    return {key: await readers[await redis.type(key)](key) for key in keys}
