"""The tallies as a value: what apply_batch.lua leaves in Redis, in the same texts under the same keys. Pure.

It is how the tallies are kept for later (`log_bases`), rebuilt (`rebuild`) and checked. Time is that of the
log: workers that were forgotten between two shares begin anew here as they did in Redis.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec

from services.payouts.counting.groups import OWN
from services.payouts.counting.tally_batch import BUCKET_SECONDS, Candidate, Part, TallyBatch, bucket_of
from services.payouts.counting.worker_upkeep import REFUSED_LIFE_SECONDS, WORKER_LIFE_SECONDS

CANDIDATES, GROUPS, RIGS = "candidates", "groups", "rigs:"
ROUNDS, BEGAN, ROUNDS_BEGAN, COUNTERS = "rounds", "began", "rounds:began", "counters"
BUCKET, ROUND = "bucket:", "round:"
VALID, BEST, SEEN, HOME = "workers:valid", "workers:best", "workers:seen", "workers:home"
INVALID, REFUSED = "workers:invalid", "workers:refused"
BY_WORKER: Final = (VALID, BEST, SEEN, HOME, INVALID, REFUSED)

_counts: Final = msgspec.json.Decoder(dict[str, int])


def is_set(key: str) -> bool:
    """Whether a key holds a set of names; all others are hashes."""
    return key in (CANDIDATES, GROUPS) or key.startswith(RIGS)


class TallyState(msgspec.Struct):
    """A pool's tallies after everything up to `sequence`; keys are those of `tallies`, without prefix."""

    sequence: int = 0
    hashes: dict[str, dict[str, str]] = {}
    sets: dict[str, set[str]] = {}
    clock_ms: int = 0  # of the log: the time of its newest share
    first_bucket: int = 0  # older ones are not kept

    # ---- what the script does ----

    def apply(self, batch: TallyBatch) -> None:
        """Add a stretch of the log that follows `sequence`."""
        self.clock_ms = max(self.clock_ms, batch.last_share_ms)
        self._forget(batch.valid.keys() | batch.refused.keys(), self.clock_ms)
        for part in batch.parts:
            self._apply_part(part)
        for bucket, works in batch.buckets.items():
            if bucket >= self.first_bucket:
                self._grow(f"{BUCKET}{bucket}", works)
        self._apply_workers(batch)
        for name, reasons in batch.refused.items():
            self._apply_refused(name, reasons)
        self._grow(COUNTERS, {"valid": batch.valid_total, "invalid": batch.refused_total})
        if batch.last_share_ms > int(self.of(COUNTERS).get("last_share_ms", 0)):
            self._hash(COUNTERS)["last_share_ms"] = str(batch.last_share_ms)
        self.sequence = batch.last_sequence

    def _apply_part(self, part: Part) -> None:
        suffix = f":{part.group}" if part.group != OWN else ""
        if suffix:
            self.sets.setdefault(GROUPS, set()).add(part.group)
        current, workers = f"{ROUND}current{suffix}", f"{ROUND}workers{suffix}"
        self._grow(current, part.by_address)
        self._grow(workers, part.by_worker)
        found = part.candidate
        if found is None or found.block_hash_display in self.sets.get(CANDIDATES, ()):
            return
        self.sets.setdefault(CANDIDATES, set()).add(found.block_hash_display)
        self.hashes[ROUND + found.block_hash_display] = self.hashes.pop(current)
        self._hash(ROUNDS)[found.block_hash_display] = msgspec.json.encode(found).decode()
        self.hashes.pop(workers, None)
        if began := self.of(BEGAN).get(part.group):
            self._hash(ROUNDS_BEGAN)[found.block_hash_display] = began
        self._hash(BEGAN)[part.group] = msgspec.json.encode(found.mark).decode()

    def _apply_workers(self, batch: TallyBatch) -> None:
        self._grow(VALID, batch.valid)
        for name, best in batch.best.items():
            if best > float(self.of(BEST).get(name, 0)):
                self._hash(BEST)[name] = repr(best).removesuffix(".0")
        for name, newest in batch.newest.items():
            self._move(name, f"{newest.ip} {newest.address}")
            self._hash(SEEN)[name] = str(newest.time_ms)

    def _move(self, name: str, home: str) -> None:
        before = self.of(HOME).get(name)
        if before is not None and _address(before) != _address(home):
            self._leave(name, before)
        self._hash(HOME)[name] = home
        self.sets.setdefault(RIGS + _address(home), set()).add(name)

    def _leave(self, name: str, home: str) -> None:
        key = RIGS + _address(home)
        rigs = self.sets.get(key, set())
        rigs.discard(name)
        if not rigs:
            self.sets.pop(key, None)

    def _apply_refused(self, name: str, reasons: Mapping[str, int]) -> None:
        sums = _counts.decode(self.of(INVALID).get(name, "{}"))
        for reason, count in reasons.items():
            sums[reason] = sums.get(reason, 0) + count
        self._hash(INVALID)[name] = msgspec.json.encode(sums).decode()
        if name not in self.of(VALID):
            self._hash(REFUSED)[name] = str(self.clock_ms // 1000)

    # ---- what ends by time ----

    def forget(self, now_ms: int, bucket_life_seconds: int) -> None:
        """Drop workers and buckets whose time is over."""
        self._forget(self.of(SEEN).keys() | self.of(REFUSED).keys(), now_ms)
        self.first_bucket = first_bucket(now_ms, bucket_life_seconds)
        old = [key for key in self.hashes if key.startswith(BUCKET) and _number(key) < self.first_bucket]
        for key in old:
            del self.hashes[key]

    def _forget(self, names: Iterable[str], now_ms: int) -> None:
        oldest_ms = now_ms - WORKER_LIFE_SECONDS * 1000
        oldest_s = now_ms // 1000 - REFUSED_LIFE_SECONDS
        for name in names:
            if int(self.of(SEEN).get(name, oldest_ms)) < oldest_ms:
                self._leave(name, self.of(HOME).get(name, " "))
                self._drop((SEEN, VALID, HOME, INVALID, BEST), name)
            # 0: before the first share of all, when the log's clock was not known
            if 0 < int(self.of(REFUSED).get(name, oldest_s)) < oldest_s:
                keys = (REFUSED,) if name in self.of(VALID) else (REFUSED, INVALID)
                self._drop(keys, name)

    def drop_rounds(self, block_hashes: Collection[str]) -> None:
        """Drop found rounds that the ledger has."""
        for block_hash in block_hashes:
            self.hashes.pop(ROUND + block_hash, None)
            self._drop((ROUNDS, ROUNDS_BEGAN), block_hash)

    # ---- looking ----

    def of(self, key: str) -> dict[str, str]:
        """A hash; empty if there is none."""
        return self.hashes.get(key, {})

    @property
    def keys(self) -> set[str]:
        """All keys but `sequence`."""
        return self.hashes.keys() | self.sets.keys()

    @property
    def candidates(self) -> list[Candidate]:
        """Candidates of the found rounds that are here."""
        return [msgspec.json.decode(meta, type=Candidate) for meta in self.of(ROUNDS).values()]

    def _hash(self, key: str) -> dict[str, str]:
        return self.hashes.setdefault(key, {})

    def _grow(self, key: str, more: Mapping[str, int]) -> None:
        if not more:
            return
        sums = self._hash(key)
        for name, number in more.items():
            sums[name] = str(int(sums.get(name, 0)) + number)

    def _drop(self, keys: Iterable[str], name: str) -> None:
        for key in keys:
            fields = self.of(key)
            fields.pop(name, None)
            if not fields:
                self.hashes.pop(key, None)


def first_bucket(now_ms: int, bucket_life_seconds: int) -> int:
    """The oldest bucket that has not ended."""
    return bucket_of(now_ms - bucket_life_seconds * 1000)


def bucket_ends_s(key: str, bucket_life_seconds: int) -> int:
    """When a bucket ends, in seconds."""
    return (_number(key) + 1) * BUCKET_SECONDS + bucket_life_seconds


def _number(key: str) -> int:
    return int(key.removeprefix(BUCKET))


def _address(home: str) -> str:
    """The address in "<ip> <address>"."""
    return home.partition(" ")[2]
