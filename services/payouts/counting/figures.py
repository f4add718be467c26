"""Figures about workers and the running round, read from the tallies for people. No money is decided here.

What is great is read in pieces, so that neither Redis nor this process is kept from other work: a share that
is counted meanwhile may be in one figure and not yet in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.tallies import key_prefix
from services.payouts.counting.tally_batch import BUCKET_SECONDS, bucket_of

FIELDS_AT_ONCE: Final = 1_000
"""Some milliseconds of work for both sides."""

_RECORD: Final = ("valid", "best", "seen", "home", "invalid")
_counts: Final = msgspec.json.Decoder(dict[str, int])


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """What the tallies know of a worker. `hashrate` in hashes per second, `round_difficulty` credited."""

    worker: str
    address: str
    hashrate: float
    round_difficulty: float
    valid: int
    invalid: dict[str, int]
    best_share_difficulty: float
    last_share_ms: int
    ip: str

    @property
    def invalid_total(self) -> int:
        """Refused shares of every reason."""
        return sum(self.invalid.values())


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """What the tallies know of a pool."""

    valid: int
    invalid: int
    round_work: int  # of all running rounds
    workers: list[WorkerFigures]  # seen in the hashrate window or the running round


class Figures:
    """One pool's figures over a window that ends now."""

    def __init__(self, redis: Redis, pool: str, *, window_seconds: float, multiplier: int) -> None:
        self._redis = redis
        self._prefix = key_prefix(pool)
        self._window_ms = int(window_seconds * 1000)
        self._multiplier = multiplier

    async def pool(self, now_ms: int) -> PoolFigures:
        """Totals, and every worker of the window or the round."""
        suffixes = await self._suffixes()
        counters: dict[Any, Any] = await self._redis.hgetall(self._prefix + "counters")
        in_round = await self._sums(f"round:workers{suffix}" for suffix in suffixes)
        recent = await self._sums(self._buckets(now_ms))
        return PoolFigures(
            valid=int(counters.get(b"valid", 0)),
            invalid=int(counters.get(b"invalid", 0)),
            round_work=sum(in_round.values()),
            workers=await self._workers([*(recent | in_round)], recent, in_round, now_ms),
        )

    async def miner(self, address: str, now_ms: int) -> list[WorkerFigures]:
        """Every remembered worker of an address, the one seen last first."""
        members: set[Any] = await self._redis.smembers(f"{self._prefix}rigs:{address}")
        names = [*members]
        in_round = await self._sums_of(names, [f"round:workers{suffix}" for suffix in await self._suffixes()])
        recent = await self._sums_of(names, [*self._buckets(now_ms)])
        workers = await self._workers(names, recent, in_round, now_ms)
        return sorted(workers, key=lambda worker: (-worker.last_share_ms, worker.worker))

    async def past(self, since_ms: int, until_ms: int) -> dict[bytes, float]:
        """Worker → hashes per second between two bounds of buckets, as long as the buckets are kept."""
        numbers = range(bucket_of(since_ms), bucket_of(until_ms))
        works = await self._sums(f"bucket:{number}" for number in numbers)
        hashes_per_work = 1000 / self._multiplier / (until_ms - since_ms)
        return {name: work * hashes_per_work for name, work in works.items()}

    # ---- work ----

    async def _suffixes(self) -> list[str]:
        """Of the keys of running rounds: the pool's own, and those of groups."""
        groups: set[Any] = await self._redis.smembers(self._prefix + "groups")
        return ["", *(f":{group.decode()}" for group in groups)]

    def _buckets(self, now_ms: int) -> Iterator[str]:
        return (f"bucket:{number}" for number in range(self._first_bucket(now_ms), bucket_of(now_ms) + 1))

    def _first_bucket(self, now_ms: int) -> int:
        """The first bucket that lies whole inside the window."""
        return min(bucket_of(now_ms - self._window_ms) + 1, bucket_of(now_ms))

    def _hashrate(self, work: int, now_ms: int) -> float:
        """Hashes per second: work is in units of 2^-32 difficulty, of which `multiplier` make a hash."""
        since_ms = now_ms - self._first_bucket(now_ms) * BUCKET_SECONDS * 1000
        return work / self._multiplier / max(since_ms / 1000, BUCKET_SECONDS)

    async def _sums(self, keys: Iterable[str]) -> dict[bytes, int]:
        """Name → work in all these hashes together."""
        total: dict[bytes, int] = {}
        for key in keys:
            for name, work in (await self._hash(key)).items():
                total[name] = total.get(name, 0) + int(work)
        return total

    async def _hash(self, key: str) -> dict[bytes, bytes]:
        """A whole hash, however large. A field that is answered twice, as scanning may, is here once."""
        found: dict[bytes, bytes] = {}
        cursor: int = 0
        while True:
            piece: Any
            cursor, piece = await self._redis.hscan(self._prefix + key, cursor, count=FIELDS_AT_ONCE)
            found.update(piece)
            if cursor == 0:
                return found

    async def _sums_of(self, names: Sequence[bytes], keys: Sequence[str]) -> dict[bytes, int]:
        """The same of some names only."""
        total = dict.fromkeys(names, 0)
        for some in _pieces(names):
            for answer in await self._fields(keys, some):
                for name, work in zip(some, answer, strict=True):
                    total[name] += int(work or 0)
        return total

    # ---- workers ----

    async def _workers(
        self, names: Sequence[bytes], recent: Mapping[bytes, int], in_round: Mapping[bytes, int], now_ms: int
    ) -> list[WorkerFigures]:
        keys = [f"workers:{field}" for field in _RECORD]
        found: list[WorkerFigures] = []
        for some in _pieces(names):
            records = zip(*await self._fields(keys, some), strict=True)
            found.extend(
                _figures(name, record, self._hashrate(recent.get(name, 0), now_ms), in_round.get(name, 0))
                for name, record in zip(some, records, strict=True)
            )
        return found

    async def _fields(self, keys: Sequence[str], names: Sequence[bytes]) -> list[list[bytes | None]]:
        """For each hash the values of these fields."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hmget(self._prefix + key, names)
            answers: list[list[bytes | None]] = await pipeline.execute()
        return answers


def _pieces(names: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (names[first : first + FIELDS_AT_ONCE] for first in range(0, len(names), FIELDS_AT_ONCE))


def _figures(
    name: bytes, record: tuple[bytes | None, ...], hashrate: float, round_work: int
) -> WorkerFigures:
    """`record`: what the hashes of _RECORD say of the worker."""
    valid, best, seen, home, invalid = record
    ip, _, address = (home or b"").decode().partition(" ")
    return WorkerFigures(
        worker=name.decode(),
        address=address,
        hashrate=hashrate,
        round_difficulty=round_work / WORK_PER_DIFFICULTY,
        valid=int(valid or 0),
        invalid=_counts.decode(invalid) if invalid else {},
        best_share_difficulty=float(best or 0),
        last_share_ms=int(seen or 0),
        ip=ip,
    )
