"""Do the tallies of the running rounds, and of those closed last, agree with themselves and the share log?

What can be told without reading the whole log: work by address and work by worker are two sums of the same
shares, and a round holds no less than the log does from its beginning on. (It may hold more: shares of a log
that was lost, or cut.) Where the log does not reach back, or holds too much to be read now, it is not asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from nompcore.bus import Bus, Stored
from nompcore.errors import EncodingError, StreamGap, StreamReset
from nompcore.messages import Share, ShareBatch
from nompcore.subjects import SHARE_BATCH
from nompcore.target import work_from_difficulty
from services.payouts.auditing.audit_reads import AuditReads, ClosedRound
from services.payouts.counting.groups import OWN, Groups
from services.payouts.counting.tallies import key_prefix
from services.payouts.counting.tally_batch import Mark

MAX_SEQUENCES: Final = 5_000
"""Of all pools' messages, that are read to add a round up: a second's work at most."""

LOOKS: Final = 20
PAUSE_SECONDS: Final = 0.05
"""A stretch of the log is applied in pieces of some 40 ms."""

CLOSED_ROUNDS: Final = 5
"""Rounds closed last that are added up."""


@dataclass(frozen=True, slots=True)
class RunningRound:
    """A group's running round as the tallies have it. Works are in units of 2^-32 difficulty."""

    group: str
    position: int  # of the log, up to which it is complete
    began: Mark | None  # None: with the log
    by_address: int
    by_worker: int


class TallyAudit:
    """One pool's tallies. `groups` tells those that its recorder works with."""

    def __init__(
        self, bus: Bus, redis: Redis, reads: AuditReads, pool: str, groups: Callable[[], Groups]
    ) -> None:
        self._bus = bus
        self._redis = redis
        self._reads = reads
        self._pool = pool
        self._prefix = key_prefix(pool)
        self._groups = groups

    async def look(self) -> list[str]:
        """What is wrong, in words."""
        found = []
        for running in await self._running_rounds():
            name = f"the running round of group {running.group!r}" if running.group else "the running round"
            if running.by_worker != running.by_address:
                found.append(
                    f"{name} holds {running.by_address} by address, but {running.by_worker} by worker"
                )
            logged = await self._running_work(running)
            if logged is not None and logged > running.by_address:
                found.append(f"{name} holds {running.by_address}, but the share log {logged}")
        for closed in await asyncio.to_thread(self._reads.rounds_in_log, self._pool, CLOSED_ROUNDS):
            logged = await self._closed_work(closed)
            if logged is not None and logged > closed.work:
                found.append(
                    f"the round of block {closed.block_hash} held {closed.work}, but the share log {logged}"
                )
        return found

    async def _running_rounds(self) -> list[RunningRound]:
        """Those of all groups, of one moment; none if stretches of the log are half applied at each look."""
        for _ in range(LOOKS):
            if rounds := await self._look_at_rounds():
                return rounds
            await asyncio.sleep(PAUSE_SECONDS)
        return []

    async def _look_at_rounds(self) -> list[RunningRound]:
        members: set[Any] = await self._redis.smembers(self._prefix + "groups")
        groups = [OWN, *sorted(member.decode() for member in members)]
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.get(self._prefix + "sequence")
            for group in groups:
                suffix = f":{group}" if group else ""
                pipeline.hvals(f"{self._prefix}round:current{suffix}")
                pipeline.hvals(f"{self._prefix}round:workers{suffix}")
                pipeline.hget(self._prefix + "began", group)
            sequence, *answers = await pipeline.execute()
        place = (sequence or b"0").decode()
        if not place.isdigit():  # "<sequence>+": the rest of a stretch waits
            return []
        return [
            _running(group, int(place), *answers[3 * index : 3 * index + 3])
            for index, group in enumerate(groups)
        ]

    async def _running_work(self, running: RunningRound) -> int | None:
        """The work of a running round by the log; None where it cannot be told, or not cheaply."""
        stored = await self._stretch(running.began, running.position)
        if stored is None:
            return None
        return self._work(shares_after(stored, running.began), running.group)

    async def _closed_work(self, closed: ClosedRound) -> int | None:
        """That of a closed round; None also where the log is another one than it was."""
        began = closed.decided.began
        stored = await self._stretch(began, closed.sequence)
        if stored is None or not stored or stored[-1].sequence != closed.sequence:
            return None
        if began is not None and began.block_hash_display not in _names(stored[0].message.shares):
            return None
        shares = shares_until(stored, closed.block_hash)
        if shares is None:
            return None
        return self._work(shares_after(shares, began), closed.decided.group)

    async def _stretch(self, began: Mark | None, up_to: int) -> list[Stored[ShareBatch]] | None:
        """What the log holds from a mark's message on; None where that is not all of it, or too much."""
        after = max(0, began.sequence - 1) if began else 0
        if not 0 < up_to - after <= MAX_SEQUENCES:
            return None
        try:
            return await self._bus.stretch(SHARE_BATCH, self._pool, after, up_to=up_to, limit=MAX_SEQUENCES)
        except (StreamGap, StreamReset):
            return None

    def _work(self, shares: Iterable[Share], group: str) -> int:
        groups = self._groups()
        return sum(_work_of(share) for share in shares if groups.of(share) == group)


def shares_until(stored: Sequence[Stored[ShareBatch]], block_hash: str) -> list[Stored[ShareBatch]] | None:
    """Messages without what follows a candidate of the last one; None where it is not there."""
    last = stored[-1]
    names = _names(last.message.shares)
    if block_hash not in names:
        return None
    shares = last.message.shares[: names.index(block_hash) + 1]
    return [*stored[:-1], Stored(last.sequence, msgspec.structs.replace(last.message, shares=shares))]


def shares_after(stored: Iterable[Stored[ShareBatch]], began: Mark | None) -> Iterable[Share]:
    """The shares behind a mark. A message of its sequence without its candidate is another log's."""
    for entry in stored:
        shares = entry.message.shares
        if began is not None and entry.sequence <= began.sequence:
            names = _names(shares)
            if entry.sequence < began.sequence or began.block_hash_display not in names:
                continue
            shares = shares[names.index(began.block_hash_display) + 1 :]
        yield from shares


def _running(
    group: str, position: int, by_address: list[bytes], by_worker: list[bytes], began: bytes | None
) -> RunningRound:
    return RunningRound(
        group,
        position,
        msgspec.json.decode(began, type=Mark) if began else None,
        sum(map(int, by_address)),
        sum(map(int, by_worker)),
    )


def _names(shares: Sequence[Share]) -> list[str]:
    return [share.block_hash_display for share in shares]


def _work_of(share: Share) -> int:
    try:
        return work_from_difficulty(share.difficulty)
    except EncodingError:  # the tallies have counted it as worthless
        return 0
