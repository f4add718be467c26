"""Any life of several pools on one share log: whatever happens in whatever order, nothing needed is cut."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nompcore.bus import Bus
from services.payouts.share_log.log_keeper import SHARES_KEPT_MS
from tests.service.payouts_log_rig import DAY_MS, LogRig, log_rigs
from tests.unit.payouts_samples import START_MS, block_hash, share

Connect = Callable[..., Awaitable[Bus]]

POOLS = ("pool-a", "pool-b", "pool-c")


@pytest.fixture
async def rigs(tmp_path: Path, connect_bus: Connect, valkey_url: str) -> AsyncIterator[list[LogRig]]:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    async with log_rigs(tmp_path, stratum, payouts, valkey_url, POOLS) as made:
        yield made


@dataclass
class Life:
    """What a test knows of a pool: where its rounds lie in the log, and which are settled."""

    rig: LogRig
    number: int
    sequences: dict[int, int] = field(default_factory=dict)  # sequence → time
    began: int = 0  # of the running round: its mark, 0 without
    rounds: dict[int, int] = field(default_factory=dict)  # block → the mark of its round

    def needed(self, now_ms: int) -> set[int]:
        """What must be in the log."""
        oldest = min([self.began, *self.rounds.values()])
        return {
            sequence
            for sequence, time_ms in self.sequences.items()
            if sequence >= oldest or time_ms >= now_ms - SHARES_KEPT_MS
        }


@pytest.mark.parametrize("seed", range(2))
async def test_nothing_needed_is_ever_cut(rigs: list[LogRig], seed: int) -> None:
    chance = random.Random(seed)
    lives = [Life(rig, 1000 * number) for number, rig in enumerate(rigs, 1)]
    now_ms, cut = START_MS, 0
    for _ in range(80):
        life = chance.choice(lives)
        now_ms += chance.choice([1, 1, 2, 9]) * DAY_MS
        step = chance.choice(["share", "share", "block", "close", "settle", "cut", "cut"])
        if step in ("share", "block"):
            await publish(life, now_ms, is_block=step == "block")
            await life.rig.count()
        elif step == "close":
            await close(life)
        elif step == "settle":
            await settle(life, orphaned=chance.random() < 0.4)
        else:
            await life.rig.keeper.cut(now_ms)
            left = set(await life.rig.sequences())
            assert life.needed(now_ms) <= left
            cut += len(life.sequences) - len(left)
    assert cut > 0


async def publish(life: Life, now_ms: int, *, is_block: bool) -> None:
    if not is_block:
        life.sequences[await life.rig.publish(share("a", time_ms=now_ms))] = now_ms
        return
    life.number += 1
    found = share("a", time_ms=now_ms, block=block_hash(life.number), reward_sats=1)
    sequence = await life.rig.publish(found, share("b", time_ms=now_ms))
    life.sequences[sequence] = now_ms
    life.rounds[life.number], life.began = life.began, sequence


async def close(life: Life) -> None:
    """Blocks' outcomes are known, and their rounds are in the ledger; the chain has not decided."""
    for number in life.rounds:
        life.rig.record_outcome(number)
    await life.rig.close_rounds()


async def settle(life: Life, *, orphaned: bool) -> None:
    await close(life)
    life.rig.settle(orphaned=orphaned)
    life.rounds.clear()
