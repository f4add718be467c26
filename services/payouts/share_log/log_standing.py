"""The tallies as far as they point into the share log, and checkpoints, both in Redis: for `log_keeper`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from redis.asyncio import Redis

from services.payouts.counting.tallies import key_prefix
from services.payouts.counting.tally_batch import Candidate, Mark
from services.payouts.counting.tally_state import (
    BEGAN,
    COUNTERS,
    GROUPS,
    ROUND,
    ROUNDS,
    ROUNDS_BEGAN,
    TallyState,
)
from services.payouts.counting.tally_store import AMID, TRIES, TalliesBusy, TallyStore
from services.payouts.share_log.log_needs import Checkpoint, Standing


class Checkpoints(msgspec.Struct):
    """Of one log."""

    log_created_ms: int
    places: list[Checkpoint]


_decoder: Final = msgspec.json.Decoder(Checkpoints)


class LogStanding:
    """One pool's."""

    def __init__(self, redis: Redis, store: TallyStore, pool: str) -> None:
        self._redis = redis
        self._store = store
        self._checkpoints = key_prefix(pool) + "checkpoints"

    async def read(self) -> Standing:
        """All of one moment; TalliesBusy if there is none."""
        groups: set[str] = set()
        for _ in range(TRIES):
            keys = [BEGAN, COUNTERS, GROUPS, ROUNDS, ROUNDS_BEGAN, *map(running_key, sorted({"", *groups}))]
            state = await self._store.read(keys)
            if state.sequence != AMID and state.sets.get(GROUPS, set()) == groups:
                return _standing(state, {"", *groups})
            groups = state.sets.get(GROUPS, set())
        raise TalliesBusy("a stretch is being added all the time")

    async def checkpoints(self, log_created_ms: int) -> list[Checkpoint]:
        """Those of this log, the earliest first."""
        body = await self._redis.get(self._checkpoints)
        known = _decoder.decode(body) if body else Checkpoints(log_created_ms, [])
        return known.places if known.log_created_ms == log_created_ms else []

    async def keep_checkpoints(self, log_created_ms: int, places: Sequence[Checkpoint]) -> None:
        """Keep these and no others."""
        await self._redis.set(
            self._checkpoints, msgspec.json.encode(Checkpoints(log_created_ms, list(places)))
        )


def running_key(group: str) -> str:
    """The running round of a group."""
    return f"{ROUND}current:{group}" if group else f"{ROUND}current"


def _standing(state: TallyState, groups: Iterable[str]) -> Standing:
    marks = {group: _mark(text) for group, text in state.of(BEGAN).items()}
    rounds_began = {found: _mark(text) for found, text in state.of(ROUNDS_BEGAN).items()}
    candidates = [msgspec.json.decode(meta, type=Candidate) for meta in state.of(ROUNDS).values()]
    return Standing(
        position=state.sequence,
        last_share_ms=int(state.of(COUNTERS).get("last_share_ms", 0)),
        began=marks,
        running={group: sum(map(int, state.of(running_key(group)).values())) for group in groups},
        found=[(found, rounds_began.get(found.block_hash_display)) for found in candidates],
    )


def _mark(text: str) -> Mark:
    return msgspec.json.decode(text, type=Mark)
