"""Writes to Redis what NOMP writes, in the key layout of either of its generations."""

from __future__ import annotations

from redis.asyncio import Redis

from services.payouts.nomp_import.dialect import Dialect, Source
from tests.servers import ValkeyServer

DATABASE = 1
"""Of the same server on whose database 0 payouts works."""

READER, READER_PASSWORD = "reader", "only-reads"

LATER = Source(Dialect.LATER, "litecoin")
SEED = Source(Dialect.SEED, "Litecoin")


async def reader_url(server: ValkeyServer) -> str:
    """A URL with which nothing can be written: the server refuses it."""
    async with Redis.from_url(server.url) as admin:
        await admin.acl_setuser(
            READER, enabled=True, passwords=f"+{READER_PASSWORD}", keys=["*"],
            categories=["+@read", "+@connection"], reset=True,
        )  # fmt: skip
    return f"redis://{READER}:{READER_PASSWORD}@127.0.0.1:{server.port}/{DATABASE}"


class NompRedis:
    """One coin of a NOMP."""

    def __init__(self, redis: Redis, source: Source) -> None:
        self._redis = redis
        self._source = source

    async def share(self, worker: str, difficulty: float, *, at_s: int = 1_763_900_000) -> None:
        """A valid share."""
        async with self._redis.pipeline(transaction=True) as multi:
            multi.hincrbyfloat(self._key("shares:roundCurrent"), worker, difficulty)
            multi.hincrby(self._key("stats"), "validShares", 1)
            multi.zadd(self._key("hashrate"), {f"{difficulty}:{worker}:{at_s}000": at_s})
            await multi.execute()

    async def block(self, block_hash: str, txid: str, height: int, reward_sats: int) -> None:
        """A block that the daemon took; the seed's generation notes its reward."""
        member = f"{block_hash}:{txid}:{height}"
        if self._source.dialect is Dialect.SEED:
            member += f":{reward_sats}"
        async with self._redis.pipeline(transaction=True) as multi:
            multi.rename(self._key("shares:roundCurrent"), self._key(f"shares:round{height}"))
            multi.sadd(self._key("blocksPending"), member)
            multi.hincrby(self._key("stats"), "validBlocks", 1)
            await multi.execute()

    async def settle(self, name: str, block_hash: str) -> None:
        """A block that it does not wait for any more, in one of the other sets."""
        await self._redis.sadd(self._key(name), f"{block_hash}:{block_hash}:1")

    async def owe(self, worker: str, sats: int) -> None:
        """Grow a balance."""
        if self._source.dialect is Dialect.SEED:
            await self._redis.hincrby(self._key("balances"), worker, sats)
        else:
            await self._redis.hincrbyfloat(self._key("balances"), worker, sats / 1e8)

    async def pay(self, worker: str, coins: float) -> None:
        """A payment of the past."""
        await self._redis.hincrbyfloat(self._key("payouts"), worker, coins)
        await self._redis.hincrbyfloat(self._key("stats"), "totalPaid", coins)

    async def write(self, name: str, field: str, text: str) -> None:
        """A field of a hash, as text."""
        await self._redis.hset(self._key(name), field, text)

    async def interrupt_payment(self) -> None:
        """What the seed's generation leaves if it dies between sending and writing down."""
        await self._redis.set(self._key("finalRedisCommands"), '[["smove"]]')

    def _key(self, name: str) -> str:
        return self._source.key(name)
