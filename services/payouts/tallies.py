"""A pool's running sums in Redis: a view of its share log, which is the truth and rebuilds it.

| key, behind `nomp:{<pool>}:` | type | holds |
|---|---|---|
| `sequence` | string | the log's sequence up to which everything below is complete |
| `round:current`, `round:<block hash>` | hash | payout address → work, in the running and in found rounds |
| `rounds` | hash | block hash → `Candidate`, for rounds that the ledger does not have yet |
| `rounds:began` | hash | block hash → `Mark` behind which its round began, if it was not its group's first |
| `began` | hash | group → `Mark` behind which its running round began |
| `candidates` | set | hashes of all candidates seen |
| `round:workers` | hash | worker → work in the running round, for display |
| `groups` | set | groups of ports with a scheme of their own; |
| `round:current:<group>`, `round:workers:<group>` | hash | their running rounds |
| `bucket:<n>` | hash | worker → work in one stretch of `BUCKET_SECONDS`, for hashrates |
| `worker:<name>` | hash | valid, invalid:<reason>, best, last_ms, address, ip |
| `miner:<address>` | sorted set | its workers by the time of their last share |
| `counters` | hash | valid, invalid, last_share_ms |
| `history` | sorted set | points of the pool's history (`history.py`) |

Work is decimal text. Deleting a pool's keys rebuilds all but `history` from the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from nompcore.subjects import SHARES
from services.payouts.failpoint import Failpoints, Moment, Step
from services.payouts.tally_batch import BUCKET_SECONDS, Candidate, Mark, TallyBatch

WORKER_LIFE_SECONDS: Final = SHARES.max_age_seconds
"""A worker's figures end with the share log that could rebuild them."""

BUCKET_SLACK_SECONDS: Final = 600
"""Kept beyond the hashrate window, because the clocks of miners' replicas and Redis differ."""


_MOVE_POSITION: Final = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end"
)


class PositionTaken(Exception):  # noqa: N818 - a verdict of the script, not a fault
    """The tallies are not where the reading began: another replica went on, or Redis lost its data."""

    def __init__(self, expected: int, stored: int) -> None:
        super().__init__(f"reading after {expected}, but the tallies are at {stored}")
        self.stored = stored


def key_prefix(pool: str) -> str:
    """Begins every key of a pool. The braces keep them in one slot of a cluster."""
    return f"nomp:{{{pool}}}:"


@dataclass(frozen=True, slots=True)
class PendingRound:
    """A round that ended with a candidate and waits to go into the ledger."""

    candidate: Candidate
    weights: dict[str, int]  # payout address → work
    began: Mark | None = None  # None: the tallies know of no round of its group before it


def works_of(answer: Mapping[Any, Any]) -> dict[str, int]:
    """Name → work, from a hash as Redis answers it."""
    return {name.decode(): int(work) for name, work in answer.items()}


class Tallies:
    """What is written: shares in, closed rounds out."""

    def __init__(
        self, redis: Redis, pool: str, *, hashrate_window_seconds: float, failpoints: Failpoints
    ) -> None:
        self._redis = redis
        self._prefix = key_prefix(pool)
        self._bucket_life_seconds = int(hashrate_window_seconds) + BUCKET_SLACK_SECONDS
        self._failpoints = failpoints
        source = files(__package__).joinpath("apply_batch.lua").read_text()
        self._apply_batch = redis.register_script(source)
        self._move = redis.register_script(_MOVE_POSITION)

    async def position(self) -> int:
        """The log's sequence up to which the tallies are complete; 0 when Redis is empty."""
        return int(await self._redis.get(self._prefix + "sequence") or 0)

    async def apply(self, after_sequence: int, batch: TallyBatch) -> None:
        """Add one reading, as a whole; PositionTaken unless `after_sequence` is where the tallies are."""
        self._failpoints.reach(Step.SHARES_APPLIED, Moment.BEFORE)
        applied, stored = await self._apply_batch(
            keys=[self._prefix + "sequence"],
            args=[
                str(after_sequence),
                batch.encode(),
                self._prefix,
                self._bucket_life_seconds,
                WORKER_LIFE_SECONDS,
                BUCKET_SECONDS,
            ],
        )
        if not applied:
            raise PositionTaken(after_sequence, int(stored))
        self._failpoints.reach(Step.SHARES_APPLIED, Moment.AFTER)

    async def rewind(self, position: int, to_sequence: int) -> None:
        """The log's numbers changed: the tallies are complete up to `to_sequence` of the new ones."""
        await self._move(keys=[self._prefix + "sequence"], args=[str(position), str(to_sequence)])

    async def pending_rounds(self) -> list[PendingRound]:
        """Closed rounds in the order in which they were found."""
        metas = await self._redis.hgetall(self._prefix + "rounds")
        candidates = [msgspec.json.decode(meta, type=Candidate) for meta in metas.values()]
        candidates.sort(key=lambda candidate: (candidate.time_ms, candidate.sequence))
        return [await self._pending(found) for found in candidates]

    async def _pending(self, found: Candidate) -> PendingRound:
        began = await self._redis.hget(self._prefix + "rounds:began", found.block_hash_display)
        mark = msgspec.json.decode(began, type=Mark) if began else None
        return PendingRound(found, await self._weights(found.block_hash_display), mark)

    async def _weights(self, block_hash_display: str) -> dict[str, int]:
        works = await self._redis.hgetall(f"{self._prefix}round:{block_hash_display}")
        return works_of(works)

    async def drop_round(self, block_hash_display: str) -> None:
        """Forget a round that the ledger has. Repeating it is harmless."""
        self._failpoints.reach(Step.ROUND_DROPPED, Moment.BEFORE)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(f"{self._prefix}round:{block_hash_display}")
            pipeline.hdel(self._prefix + "rounds", block_hash_display)
            pipeline.hdel(self._prefix + "rounds:began", block_hash_display)
            await pipeline.execute()
        self._failpoints.reach(Step.ROUND_DROPPED, Moment.AFTER)

    async def last_share_ms(self) -> int:
        """Time of the newest share in the tallies; 0 when there is none."""
        return int(await self._redis.hget(self._prefix + "counters", "last_share_ms") or 0)
