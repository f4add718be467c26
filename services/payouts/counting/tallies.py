"""A pool's running sums in Redis: a view of its share log, which is the truth and rebuilds it.

| key, behind `nomp:{<pool>}:` | type | holds |
|---|---|---|
| `sequence` | string | the log's sequence up to which everything below is complete; with a `+` behind it |
| `waiting` | list | … once these pieces of a great stretch are added too, in order; |
| `aside:<token>` | list | such pieces before they are taken over |
| `round:current`, `round:<block hash>` | hash | payout address → work, in the running and in found rounds |
| `rounds` | hash | block hash → `Candidate`, for rounds that the ledger does not have yet |
| `rounds:began` | hash | block hash → `Mark` behind which its round began, if it was not its group's first |
| `began` | hash | group → `Mark` behind which its running round began |
| `candidates` | set | hashes of all candidates seen |
| `round:workers` | hash | worker → work in the running round, for display |
| `groups` | set | groups of ports with a scheme of their own; |
| `round:current:<group>`, `round:workers:<group>` | hash | their running rounds |
| `bucket:<n>` | hash | worker → work in one stretch of `BUCKET_SECONDS`, for hashrates |
| `workers:valid`, `workers:best` | hash | worker → accepted shares; difficulty that the best one reached |
| `workers:seen`, `workers:home` | hash | worker → time in ms, and "<ip> <address>", of its last share |
| `workers:invalid` | hash | worker → JSON: `RejectReason.code` → refused shares |
| `workers:refused` | hash | worker without any accepted share → time in s of its last refusal |
| `rigs:<address>` | set | its workers |
| `layout` | string | `worker_upkeep.LAYOUT`: whether the keys about workers are those of this version |
| `counters` | hash | valid, invalid, last_share_ms |
| `rewound` | string | the log's numbers changed, and `log_base` has not taken note of it |
| `checkpoints` | string | JSON: places of the log and how much work lay before them (`log_keeper.py`) |
| `history` | sorted set | points of the pool's history (`history.py`) |

Beside them, `nomp-trails:{<pool>}:<worker>` is a worker's past day (`trails.py`), which nothing rebuilds.

Work is decimal text. All but `history` and `checkpoints` is rebuilt from what the ledger keeps of the log's
beginning (`log_base.py`) and the log: by itself when the keys are gone, and by the command `rebuild`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from services.payouts.counting.tally_batch import Candidate, Mark, TallyBatch
from services.payouts.counting.tally_form import pieces
from services.payouts.counting.worker_upkeep import WorkerUpkeep
from services.payouts.failpoint import Failpoints, Moment, Step

ASIDE_SECONDS: Final = 600
"""Pieces that were prepared by a process that ended are forgotten after this long."""

_WAITING: Final = "+"

BUCKET_SLACK_SECONDS: Final = 600
"""Kept beyond the hashrate window, because the clocks of miners' replicas and Redis differ."""

SHORTEST_WINDOW_SECONDS: Final = 300
"""Buckets are kept for a window at least so long: `trails` reads those of ten minutes when they are over."""


_MOVE_POSITION: Final = """
if (redis.call('GET', KEYS[1]) or '0') == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2])
  redis.call('SET', KEYS[2], ARGV[2])
end
"""


class PositionTaken(Exception):  # noqa: N818 - a verdict of the script, not a fault
    """The tallies are not where the reading began: another replica went on, or Redis lost its data."""

    def __init__(self, expected: str, stored: str) -> None:
        super().__init__(f"reading after {expected}, but the tallies are at {stored}")
        self.stored = stored


def key_prefix(pool: str) -> str:
    """Begins every key of a pool. The braces keep them in one slot of a cluster."""
    return f"nomp:{{{pool}}}:"


def bucket_life_seconds(hashrate_window_seconds: float) -> int:
    """How long a hashrate bucket stays after its end."""
    return max(int(hashrate_window_seconds), SHORTEST_WINDOW_SECONDS) + BUCKET_SLACK_SECONDS


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
        self, redis: Redis, pool: str, *, hashrate_window_seconds: float, failpoints: Failpoints,
        prefix: str = "",
    ) -> None:  # fmt: skip
        """`prefix`: elsewhere than the pool's own (`rebuild`)."""
        self._redis = redis
        self._prefix = prefix or key_prefix(pool)
        self._bucket_life_seconds = bucket_life_seconds(hashrate_window_seconds)
        self._failpoints = failpoints
        source = files(__package__).joinpath("apply_batch.lua").read_text()
        self._apply_batch = redis.register_script(source)
        self._move = redis.register_script(_MOVE_POSITION)
        self.workers = WorkerUpkeep(redis, self._prefix)

    async def position(self) -> int:
        """The log's sequence up to which the tallies are complete; 0 when Redis is empty.

        Adds what waits to be added, if a process ended amid a great stretch.
        """
        while (stored := await self._stored()).endswith(_WAITING):
            with contextlib.suppress(PositionTaken):
                await self._add_waiting(stored)
        return int(stored)

    async def apply(self, after_sequence: int, batch: TallyBatch) -> None:
        """Add one stretch, as a whole; PositionTaken unless `after_sequence` is where the tallies are.

        A great one is taken over as a whole and added piece by piece; others are served between them.
        """
        first, *others = await asyncio.to_thread(pieces, batch, self._bucket_life_seconds)
        aside = await self._set_aside(others)
        stored = await self._run(str(after_sequence), first, aside, len(others))
        if others:
            await self._add_waiting(stored)

    async def _set_aside(self, others: Sequence[bytes]) -> str:
        """Keep pieces where nobody looks; the name of their list. What is not taken over does not stay."""
        if not others:
            return ""
        name = f"{self._prefix}aside:{secrets.token_hex(8)}"
        for piece in others:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.rpush(name, piece)
                pipeline.expire(name, ASIDE_SECONDS)
                await pipeline.execute()
        return name

    async def _add_waiting(self, stored: str) -> None:
        """Add the pieces that wait. PositionTaken where another replica does so."""
        while stored.endswith(_WAITING):
            stored = await self._run(stored, b"")

    async def _run(self, expected: str, piece: bytes, aside: str = "", count: int = 0) -> str:
        """Add one piece, and take over those that are set aside; what is stored then as position."""
        self._failpoints.reach(Step.SHARES_APPLIED, Moment.BEFORE)
        is_applied, stored = await self._apply_batch(
            keys=[self._prefix + "sequence"], args=[expected, self._prefix, piece, aside, count]
        )
        if not is_applied:
            raise PositionTaken(expected, stored.decode())
        self._failpoints.reach(Step.SHARES_APPLIED, Moment.AFTER)
        return str(stored.decode())

    async def _stored(self) -> str:
        stored: Any = await self._redis.get(self._prefix + "sequence")
        return str(stored.decode()) if stored else "0"

    async def rewind(self, position: int, to_sequence: int) -> None:
        """The log's numbers changed: the tallies are complete up to `to_sequence` of the new ones."""
        await self._move(
            keys=[self._prefix + "sequence", self._prefix + "rewound"],
            args=[str(position), str(to_sequence)],
        )

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
