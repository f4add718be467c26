"""Figures about workers and the running round, read from the tallies for people. No money is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.tallies import key_prefix, works_of
from services.payouts.tally_batch import BUCKET_SECONDS, bucket_of

_INVALID = b"invalid:"


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
    round_work: int
    workers: list[WorkerFigures]  # seen in the hashrate window or the running round


@dataclass(frozen=True, slots=True)
class _Works:
    """Worker → work in the hashrate window and in the running rounds; their sum by address."""

    recent: dict[str, int]
    in_round: dict[str, int]
    round_work: int


class Figures:
    """One pool's figures over a window that ends now."""

    def __init__(self, redis: Redis, pool: str, *, window_seconds: float, multiplier: int) -> None:
        self._redis = redis
        self._prefix = key_prefix(pool)
        self._window_ms = int(window_seconds * 1000)
        self._multiplier = multiplier

    async def pool(self, now_ms: int) -> PoolFigures:
        """Totals, and every worker of the window or the round."""
        works, counters = await self._works(now_ms)
        names = sorted(works.recent.keys() | works.in_round.keys())
        return PoolFigures(
            valid=int(counters.get(b"valid", 0)),
            invalid=int(counters.get(b"invalid", 0)),
            round_work=works.round_work,
            workers=await self._workers(names, works, now_ms),
        )

    async def miner(self, address: str, now_ms: int) -> list[WorkerFigures]:
        """Every remembered worker of an address, the one seen last first."""
        members: list[Any] = await self._redis.zrevrange(f"{self._prefix}miner:{address}", 0, -1)
        names = [member.decode() for member in members]
        if not names:
            return []
        works, _ = await self._works(now_ms)
        return await self._workers(names, works, now_ms)

    async def _works(self, now_ms: int) -> tuple[_Works, dict[bytes, bytes]]:
        """The window and the running rounds of all groups, and the counters: all of one moment."""
        groups: set[Any] = await self._redis.smembers(self._prefix + "groups")
        suffixes = ["", *(f":{group.decode()}" for group in groups)]
        rounds = len(suffixes)
        buckets = range(self._first_bucket(now_ms), bucket_of(now_ms) + 1)
        keys = [
            *(f"round:current{suffix}" for suffix in suffixes),
            *(f"round:workers{suffix}" for suffix in suffixes),
            *(f"bucket:{bucket}" for bucket in buckets),
            "counters",
        ]
        *answers, counters = await self._hashes((self._prefix + key for key in keys), at_once=True)
        works = _Works(
            recent=_sum(answers[2 * rounds :]),
            in_round=_sum(answers[rounds : 2 * rounds]),
            round_work=sum(_sum(answers[:rounds]).values()),
        )
        return works, counters

    def _first_bucket(self, now_ms: int) -> int:
        """The first bucket that lies whole inside the window."""
        return min(bucket_of(now_ms - self._window_ms) + 1, bucket_of(now_ms))

    def _hashrate(self, work: int, now_ms: int) -> float:
        """Hashes per second: work is in units of 2^-32 difficulty, of which `multiplier` make a hash."""
        since_ms = now_ms - self._first_bucket(now_ms) * BUCKET_SECONDS * 1000
        return work / self._multiplier / max(since_ms / 1000, BUCKET_SECONDS)

    async def _workers(self, names: Sequence[str], works: _Works, now_ms: int) -> list[WorkerFigures]:
        records = await self._hashes(f"{self._prefix}worker:{name}" for name in names)
        hashrates = [self._hashrate(works.recent.get(name, 0), now_ms) for name in names]
        return [
            _figures(name, record, hashrate, works.in_round.get(name, 0))
            for name, record, hashrate in zip(names, records, hashrates, strict=True)
        ]

    async def _hashes(self, keys: Iterable[str], *, at_once: bool = False) -> list[dict[bytes, bytes]]:
        """`at_once`: all of one moment; nobody else is served meanwhile."""
        async with self._redis.pipeline(transaction=at_once) as pipeline:
            for key in keys:
                pipeline.hgetall(key)
            answers: list[dict[bytes, bytes]] = await pipeline.execute()
        return answers


def _sum(answers: Iterable[Mapping[bytes, bytes]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for answer in answers:
        for name, work in works_of(answer).items():
            total[name] = total.get(name, 0) + work
    return total


def _figures(name: str, record: dict[bytes, bytes], hashrate: float, round_work: int) -> WorkerFigures:
    invalid = {
        field.removeprefix(_INVALID).decode(): int(count)
        for field, count in record.items()
        if field.startswith(_INVALID)
    }
    return WorkerFigures(
        worker=name,
        address=record.get(b"address", b"").decode(),
        hashrate=hashrate,
        round_difficulty=round_work / WORK_PER_DIFFICULTY,
        valid=int(record.get(b"valid", 0)),
        invalid=invalid,
        best_share_difficulty=float(record.get(b"best", 0)),
        last_share_ms=int(record.get(b"last_ms", 0)),
        ip=record.get(b"ip", b"").decode(),
    )
