"""A share log that nobody has read yet, as stratum leaves it in NATS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random

from nompcore.bus import Bus
from nompcore.messages import ShareBatch
from nompcore.subjects import SHARE_BATCH
from tests.bench.bench_miners import addresses, worker_of
from tests.servers.payouts_process import POOL
from tests.unit.payouts_samples import share, share_batch

BATCH_SHARES = 100
SHARES_A_SECOND = 5000
"""By the shares' own time, so that a reading of the log falls into few stretches of the hashrate."""

DIFFICULTY = 16.0
ON_THEIR_WAY = 32
"""Batches that wait for their acknowledgement at once: as many stratum processes."""


async def fill_log(bus: Bus, *, workers: int, shares: int, end_ms: int) -> int:
    """Store the shares, the last of them found at `end_ms`; the sequence of the last message."""
    batches = backlog(workers, shares, end_ms)
    ends = await asyncio.gather(*(_store(bus, batches) for _ in range(ON_THEIR_WAY)))
    return max(ends)


async def _store(bus: Bus, batches: Iterator[ShareBatch]) -> int:
    sequence = 0
    for batch in batches:
        sequence = await bus.publish(SHARE_BATCH, batch, pool=POOL, msg_id=batch.batch_id)
    return sequence


def backlog(workers: int, shares: int, end_ms: int) -> Iterator[ShareBatch]:
    """Whole batches; each share is of any worker, as likely as of another. Always the same ones."""
    random = Random(1)
    names = [worker_of(address) for address in addresses(workers)]
    for first in range(0, shares, BATCH_SHARES):
        found = [
            share(
                random.choice(names), DIFFICULTY, time_ms=end_ms - (shares - number) * 1000 // SHARES_A_SECOND
            )
            for number in range(first, first + BATCH_SHARES)
        ]
        yield share_batch(found, batch_id=f"bench-{first}")
