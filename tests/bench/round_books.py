"""A ledger and tallies, and a found round of many miners in the tallies."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from nompcore.bus import Bus
from nompcore.messages import Share
from nompcore.subjects import PAYOUTS
from services.payouts.counting.redis_client import connect
from services.payouts.counting.tallies import Tallies
from services.payouts.counting.tally_batch import fold
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.ledger import Ledger
from services.payouts.rounds.closing import Closer
from services.payouts.rounds.share_windows import ShareWindows
from tests.bench.bench_miners import worker_of
from tests.servers import NatsServer, ValkeyServer
from tests.unit.payouts_samples import (
    POOL,
    START_MS,
    block_hash,
    share,
    share_batch,
    sqlite_ledger,
    stored,
)

BLOCK = 1
READING_SHARES = 10_000
HASHRATE_WINDOW_SECONDS = 300
DIFFICULTIES = (1.0, 100.0)


@dataclass(frozen=True, slots=True)
class Books:
    """Where a round goes through."""

    ledger: Ledger
    tallies: Tallies
    closer: Closer


@asynccontextmanager
async def new_books() -> AsyncIterator[Books]:
    """An empty ledger and Valkey; a NATS too, for schemes that need the share log, which PROP does not."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nats, valkey = NatsServer(directory / "nats"), ValkeyServer(directory / "valkey")
        stack.push_async_callback(nats.stop)
        await nats.start()
        stack.push_async_callback(valkey.stop)
        await valkey.start()
        bus = await Bus.connect(nats.url, service=PAYOUTS, replica="bench")
        stack.push_async_callback(bus.drain)
        redis = await stack.enter_async_context(connect(valkey.url))
        ledger = sqlite_ledger(directory)
        stack.callback(ledger.close)
        tallies = Tallies(
            redis, POOL, hashrate_window_seconds=HASHRATE_WINDOW_SECONDS, failpoints=Failpoints()
        )
        yield Books(ledger, tallies, Closer(ledger, tallies, ShareWindows(bus, POOL), POOL))


async def fill_tallies(tallies: Tallies, names: list[str], reward_sats: int) -> None:
    """A round of these addresses, as the share log's reader writes it; its block is `BLOCK`."""
    shares = _round_of(names, reward_sats)
    for sequence, first in enumerate(range(0, len(shares), READING_SHARES)):
        batch = share_batch(shares[first : first + READING_SHARES])
        await tallies.apply(sequence, fold(stored(batch, first=sequence + 1)))


def _round_of(names: list[str], reward_sats: int) -> list[Share]:
    """One share of each address, of any difficulty; the last one finds the block. Always the same ones."""
    random = Random(1)
    *others, finder = names
    shares = [share(worker_of(name), random.uniform(*DIFFICULTIES), time_ms=START_MS) for name in others]
    candidate = share(
        worker_of(finder), DIFFICULTIES[1], time_ms=START_MS, block=block_hash(BLOCK), reward_sats=reward_sats
    )
    return [*shares, candidate]
