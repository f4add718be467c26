"""A stretch of the share log as apply_batch.lua reads it: steps in msgpack, in pieces. Pure.

A step changes some fields of one or a few hashes: names and their numbers in columns. Redis serves nobody
else while it applies a piece, so pieces are small. Lua's numbers are doubles: work that they may not add
exactly goes as decimal text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec

from services.payouts.counting.groups import OWN
from services.payouts.counting.tally_batch import BUCKET_SECONDS, Part, TallyBatch

EXACT_BELOW: Final = 10**15
"""The script's limb: two numbers below it add up to one below 2^53."""

STEP_NAMES: Final = 2_000
"""Lua's stack takes some 8000 values: names and values of one call."""

PIECE_FIELDS: Final = 12_000
"""Of hashes, each read and written: some 20 ms."""

WORKER_FIELDS: Final = 4
"""Of each worker, beside its work."""

Step: TypeAlias = tuple[object, ...]
"""What to do, and with what: see the table at the end of apply_batch.lua."""

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


def pieces(batch: TallyBatch, bucket_life_seconds: int) -> list[bytes]:
    """The script's arguments, at least one, to be applied in this order."""
    last, found = str(batch.last_sequence), list[bytes]()
    steps, fields = list[Step](), 0
    for more, step in _steps(batch, bucket_life_seconds):
        if steps and fields + more > PIECE_FIELDS:
            found.append(_encoder.encode({"last": last, "steps": steps}))
            steps, fields = [], 0
        steps.append(step)
        fields += more
    return [*found, _encoder.encode({"last": last, "steps": steps})]


def _steps(batch: TallyBatch, bucket_life_seconds: int) -> Iterator[tuple[int, Step]]:
    """Each with the number of fields that it is about."""
    for part in batch.parts:
        yield from _of_part(part)
    for bucket, works in batch.buckets.items():
        yield from _grow(f"bucket:{bucket}", works)
        # by the shares' own time, so that a replay of the whole log does not fill the memory with old buckets
        yield 1, ("expire", f"bucket:{bucket}", str((bucket + 1) * BUCKET_SECONDS + bucket_life_seconds))
    yield from _of_workers(batch)
    for some in _slices(list(batch.refused.items())):
        yield WORKER_FIELDS * len(some), ("refused", dict(some))
    yield 1, ("count", batch.valid_total, batch.refused_total, batch.last_share_ms)


def _of_part(part: Part) -> Iterator[tuple[int, Step]]:
    """The pool's own group has no name, and its keys are those of pools without groups."""
    suffix = f":{part.group}" if part.group != OWN else ""
    if part.group != OWN:
        yield 1, ("group", part.group)
    yield from _grow(f"round:current{suffix}", part.by_address)
    yield from _grow(f"round:workers{suffix}", part.by_worker)
    if (found := part.candidate) is not None:
        meta, mark = msgspec.json.encode(found).decode(), msgspec.json.encode(found.mark).decode()
        yield 1, ("end", suffix, part.group, found.block_hash_display, meta, mark)


def _of_workers(batch: TallyBatch) -> Iterator[tuple[int, Step]]:
    columns = zip(_columns(batch.valid), _columns(batch.best), _columns(batch.newest), strict=True)
    for (names, valid), (_, best), (_, newest) in columns:
        homes = [f"{share.ip} {share.address}" for share in newest]
        seen = [share.time_ms for share in newest]
        yield WORKER_FIELDS * len(names), ("workers", names, valid, best, homes, seen)


def _grow(key: str, sums: Mapping[str, int]) -> Iterator[tuple[int, Step]]:
    for names, works in _columns(sums):
        exact = [work if work < EXACT_BELOW else str(work) for work in works]
        yield len(names), ("grow", key, names, exact)


def _columns(values: Mapping[str, T]) -> Iterator[tuple[list[str], list[T]]]:
    """Names and the value of each."""
    return zip(_slices(list(values)), _slices(list(values.values())), strict=True)


def _slices(items: Sequence[T]) -> Iterator[list[T]]:
    return ([*items[first : first + STEP_NAMES]] for first in range(0, len(items), STEP_NAMES))
