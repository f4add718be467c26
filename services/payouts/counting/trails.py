"""Past hashrates of single workers: the last day in steps of ten minutes, for the curves on a miner's page.

They are taken from the hashrate buckets when a step is over, so that counting shares costs nothing more. A
worker is one string: a ring of `STEPS` records, each the number of the ring's lap and hashes per second. A
day after its last share it ends by itself. Redis that lost its data begins with empty rings; no money is
decided here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from redis.asyncio import Redis

from services.payouts.counting.figures import Figures
from services.payouts.counting.tallies import bucket_life_seconds, key_prefix

STEP_SECONDS: Final = 600
STEPS: Final = 144
"""A day."""

SETTLE_SECONDS: Final = 60
"""A step is taken this long after its end: shares are on their way from stratum, and clocks differ."""

RECORD: Final = struct.Struct("<Hf")

AT_ONCE: Final = 500
"""Others wait for Redis a millisecond at most."""

SHOWN_WORKERS: Final = 20
"""Of one address, the strongest; all of them are in its sum."""

READ_WORKERS: Final = 1_000

_STEP_MS: Final = STEP_SECONDS * 1000
_LIFE_SECONDS: Final = (STEPS + 1) * STEP_SECONDS
_POOL: Final = b""
"""In place of a worker's name: which steps were taken at all."""

_NOTE: Final = """
for i = 3, #ARGV, 2 do
  redis.call('SETRANGE', KEYS[1] .. ARGV[i], ARGV[1], ARGV[i + 1])
  redis.call('EXPIRE', KEYS[1] .. ARGV[i], ARGV[2])
end
"""

Curve = list[float | None]
"""Hashes per second in each step, oldest first; None where the step was not taken."""


@dataclass(frozen=True, slots=True)
class Trail:
    """A miner's past day. Curves are equally long and begin at `first_ms`; the strongest workers first."""

    first_ms: int
    hashrates: Curve
    workers: dict[str, Curve]


class Trails:
    """One pool's workers."""

    def __init__(self, redis: Redis, figures: Figures, pool: str, *, window_seconds: float) -> None:
        self._redis = redis
        self._figures = figures
        self._rigs = key_prefix(pool) + "rigs:"
        self._prefix = f"nomp-trails:{{{pool}}}:"  # beside the tallies, which are looked through as a whole
        self._reach_ms = bucket_life_seconds(window_seconds) * 1000
        self._note = redis.register_script(_NOTE)
        self._taken = -1

    async def take(self, now_ms: int) -> None:
        """Take the last step that is over, unless that was done. Call it more often than a step is long."""
        step = (now_ms - SETTLE_SECONDS * 1000) // _STEP_MS - 1
        if step == self._taken:
            return
        since_ms = step * _STEP_MS
        # Of a step whose first buckets have ended only a part would be seen: better none than too little.
        if now_ms - since_ms < self._reach_ms and not await self._is_taken(step):
            rates = await self._figures.past(since_ms, since_ms + _STEP_MS)
            await self._write(step, rates)
        self._taken = step

    async def of(self, address: str, now_ms: int) -> Trail:
        """What is known of an address; curves without steps for one that was not seen for long."""
        members: set[Any] = await self._redis.smembers(self._rigs + address)
        names = sorted(members)[:READ_WORKERS]
        if not names:
            return Trail(0, [], {})
        pool, *rings = await self._rings((_POOL, *names))
        last = now_ms // _STEP_MS - 1
        steps = range(last - STEPS + 1, last + 1)
        taken = [step for step in steps if rate_at(pool, step) is not None]
        if not taken:
            return Trail(0, [], {})
        steps = range(taken[0], taken[-1] + 1)
        curves = {name.decode(): _curve(ring, pool, steps) for name, ring in zip(names, rings, strict=True)}
        return Trail(steps[0] * _STEP_MS, _sum(curves.values()), _strongest(curves))

    # ---- work ----

    async def _rings(self, names: Iterable[bytes]) -> list[bytes | None]:
        rings: list[Any] = await self._redis.mget([self._prefix.encode() + name for name in names])
        return rings

    async def _is_taken(self, step: int) -> bool:
        """Another replica may have led the pool."""
        (pool,) = await self._rings([_POOL])
        return rate_at(pool, step) is not None

    async def _write(self, step: int, rates: Mapping[bytes, float]) -> None:
        offset = step % STEPS * RECORD.size
        rest = iter([*rates.items(), (_POOL, sum(rates.values()))])  # the pool last: then all is there
        while some := list(islice(rest, AT_ONCE)):
            records = (part for name, rate in some for part in (name, record(step, rate)))
            await self._note(keys=[self._prefix], args=[offset, _LIFE_SECONDS, *records])


def record(step: int, rate: float) -> bytes:
    """A step as it is in the ring."""
    return RECORD.pack(_lap(step), rate)


def rate_at(ring: bytes | None, step: int) -> float | None:
    """The rate in a step; None where the ring has none, or that of another lap."""
    offset = step % STEPS * RECORD.size
    if ring is None or len(ring) < offset + RECORD.size:
        return None
    lap, rate = RECORD.unpack_from(ring, offset)
    return float(rate) if lap == _lap(step) else None


def _lap(step: int) -> int:
    """Never that of an empty record, 0, in this century."""
    return step // STEPS % 65536


def _curve(ring: bytes | None, pool: bytes | None, steps: Sequence[int]) -> Curve:
    """A step that was taken without the worker is 0."""
    return [None if rate_at(pool, step) is None else rate_at(ring, step) or 0.0 for step in steps]


def _sum(curves: Iterable[Curve]) -> Curve:
    columns = zip(*curves, strict=True)
    return [None if None in column else sum(rate or 0.0 for rate in column) for column in columns]


def _strongest(curves: Mapping[str, Curve]) -> dict[str, Curve]:
    at_work = {name: sum(rate or 0.0 for rate in curve) for name, curve in curves.items()}
    ranked = sorted((name for name, work in at_work.items() if work), key=lambda name: (-at_work[name], name))
    return {name: curves[name] for name in ranked[:SHOWN_WORKERS]}
