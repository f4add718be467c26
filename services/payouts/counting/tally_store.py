"""A pool's tallies read from and written to Redis as a whole: see `tally_state`.

What is written is made aside, under `rebuild:<token>:`, and put in place by one script: readers see the
old tallies or the new ones, nothing between.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec
from redis.asyncio import Redis

from nompcore.errors import NompError
from services.payouts.counting.tallies import BUCKET_SLACK_SECONDS, key_prefix
from services.payouts.counting.tally_state import BUCKET, TallyState, bucket_ends_s, is_set
from services.payouts.counting.worker_upkeep import LAYOUT
from services.payouts.failpoint import Failpoints, Moment, Step

T = TypeVar("T")

ASIDE: Final = "rebuild:"

NO_TALLIES: Final = frozenset({"sequence", "waiting", "layout", "history", "checkpoints", "rewound"})
"""Keys that are no sums of shares: the position, and what cannot be had from the log."""

OF_FIRST_VERSIONS: Final = ("worker:", "miner:")
"""Begin keys that `worker_upkeep` takes over."""

AMID: Final = -1

TRIES: Final = 20
FIELDS_AT_ONCE: Final = 1_000


class TalliesBusy(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The tallies do not stand still for long enough to be read or replaced: try again."""


class TallyStore:
    """One pool's."""

    def __init__(
        self, redis: Redis, pool: str, *, hashrate_window_seconds: float, failpoints: Failpoints
    ) -> None:
        self._redis = redis
        self._prefix = key_prefix(pool)
        self.bucket_life_seconds = int(hashrate_window_seconds) + BUCKET_SLACK_SECONDS
        self._failpoints = failpoints
        self._replace = redis.register_script(files(__package__).joinpath("replace_tallies.lua").read_text())

    # ---- reading ----

    async def position(self) -> int:
        """The log's sequence up to which shares were taken over; 0 when Redis is empty."""
        stored: Any = await self._redis.get(self._prefix + "sequence")
        return int(stored.removesuffix(b"+")) if stored else 0

    async def keys(self) -> set[str]:
        """All keys of the tallies but the position, without their prefix."""
        return {key for key in await self._scan("") if _is_tally(key)}

    async def snapshot(self) -> TallyState:
        """All of one moment; TalliesBusy where another one's shares come in all the time."""
        for _ in range(TRIES):
            before = await self.position()
            state = await self.read(sorted(await self.keys()))
            if state.sequence == before == await self.position():
                return state
        raise TalliesBusy("the tallies change while they are read")

    async def read(self, keys: Sequence[str]) -> TallyState:
        """The position and some keys, of one moment; position AMID while a stretch is added in pieces."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.get(self._prefix + "sequence")
            for key in keys:
                (pipeline.smembers if is_set(key) else pipeline.hgetall)(self._prefix + key)
            position, *answers = await pipeline.execute()
        state = TallyState(sequence=AMID if (position or b"").endswith(b"+") else int(position or 0))
        for key, answer in zip(keys, answers, strict=True):
            if answer and is_set(key):
                state.sets[key] = {name.decode() for name in answer}
            elif answer:
                state.hashes[key] = {name.decode(): value.decode() for name, value in answer.items()}
        return state

    async def was_rewound(self) -> bool:
        """Whether the position was moved to another log's (`Tallies.rewind`) and nobody took note yet."""
        return bool(await self._redis.exists(self._prefix + "rewound"))

    async def forget_rewound(self) -> None:
        """It has been noted."""
        await self._redis.delete(self._prefix + "rewound")

    # ---- writing ----

    def aside(self) -> str:
        """The prefix of a new place."""
        return f"{self._prefix}{ASIDE}{secrets.token_hex(8)}:"

    async def write(self, aside: str, state: TallyState) -> None:
        """Make tallies aside."""
        for key, fields in state.hashes.items():
            for part in _parts(fields.items()):
                await self._redis.hset(aside + key, mapping=dict(part))
            if key.startswith(BUCKET):
                await self._redis.expireat(aside + key, bucket_ends_s(key, self.bucket_life_seconds))
        for key, names in state.sets.items():
            for some in _parts(names):
                await self._redis.sadd(aside + key, *some)
        await self._redis.set(aside + "sequence", state.sequence)

    async def put_in_place(self, aside: str, lowest: int) -> bool:
        """Replace the pool's tallies by those aside. False, and nothing done, if they have gone on further or
        are below the position `lowest`: then the log is another one than it was.
        """
        take = [key for key in await self._scan(aside.removeprefix(self._prefix)) if key != "sequence"]
        remove = await self.keys()
        self._failpoints.reach(Step.TALLIES_REPLACED, Moment.BEFORE)
        done = await self._replace(
            keys=[self._prefix + "sequence", aside + "sequence"],
            args=[
                self._prefix, aside, lowest, msgspec.msgpack.encode(take),
                msgspec.msgpack.encode(sorted(remove)),
            ],
        )  # fmt: skip
        if done:
            await self._redis.set(self._prefix + "layout", LAYOUT)
            self._failpoints.reach(Step.TALLIES_REPLACED, Moment.AFTER)
        return bool(done)

    async def clear_aside(self) -> None:
        """Remove what an interrupted rebuild left."""
        left = sorted(await self._scan(ASIDE), key=lambda key: not key.endswith(":sequence"))
        for key in left:  # positions first: without one, nothing can be put in place any more
            await self._redis.unlink(self._prefix + ASIDE + key)

    async def _scan(self, place: str) -> set[str]:
        begin = self._prefix + place
        found = self._redis.scan_iter(match=begin + "*", count=500)
        return {key.decode().removeprefix(begin) async for key in found}


def _is_tally(key: str) -> bool:
    return key not in NO_TALLIES and not key.startswith((ASIDE, *OF_FIRST_VERSIONS))


def _parts(members: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(members)
    while part := list(islice(rest, FIELDS_AT_ONCE)):
        yield part
