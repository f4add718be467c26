"""A pool's share log, tallies and ledger on real servers, without the process around them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
from redis.asyncio import Redis

from nompcore.bus import Bus
from nompcore.ending import end_tasks
from nompcore.messages import RejectCount, Share
from nompcore.subjects import SHARE_BATCH
from services.payouts.counting.groups import OWN
from services.payouts.counting.recorder import Recorder
from services.payouts.counting.redis_client import connect
from services.payouts.counting.tallies import Tallies
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.ledger import Ledger
from services.payouts.rounds.closing import Closer
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.rounds.share_windows import ShareWindows
from services.payouts.schemes.prop import Prop
from services.payouts.share_log.pool_log import PoolLog
from tests.servers import wait_until
from tests.unit.payouts_samples import outcome, share_batch, sqlite_ledger

DAY_MS = 24 * 3600 * 1000
PROP_ONLY = SchemeHistory(by_group={OWN: ((0, Prop()),)})
WINDOW_SECONDS = 300


class LogRig:
    """One pool's parts. `history` can be changed."""

    def __init__(self, stratum: Bus, payouts: Bus, redis: Redis, ledger: Ledger, pool: str) -> None:
        self.stratum, self.payouts, self.redis, self.ledger, self.pool = stratum, payouts, redis, ledger, pool
        self.history = PROP_ONLY
        self.tallies = Tallies(redis, pool, hashrate_window_seconds=WINDOW_SECONDS, failpoints=Failpoints())
        self.log = PoolLog(
            payouts, redis, ledger, pool, hashrate_window_seconds=WINDOW_SECONDS,
            is_mpos=False, failpoints=Failpoints(),
        )  # fmt: skip
        self.keeper = self.log.keeper(lambda: self.history, None)

    async def publish(self, *shares: Share, rejects: Sequence[RejectCount] = ()) -> int:
        """One message; its sequence."""
        batch = share_batch(shares, pool=self.pool, rejects=rejects)
        return await self.stratum.publish(SHARE_BATCH, batch, pool=self.pool)

    async def count(self) -> None:
        """Let a recorder work until the tallies have the pool's last message."""
        last = await self.last_sequence()
        recorder = Recorder(self.payouts, self.tallies, self.pool, self.history.groups, self.log.base)
        following = asyncio.create_task(recorder.follow())
        try:

            async def is_done() -> bool:
                if following.done():
                    following.result()
                return await self.tallies.position() >= last

            await wait_until(is_done, seconds=30, what=f"{self.pool} counted up to {last}")
            await wait_until(self._has_base, seconds=30, what="a base")
        finally:
            await end_tasks([following])

    async def _has_base(self) -> bool:
        return await asyncio.to_thread(self.ledger.bases.place, self.pool) is not None

    async def close_rounds(self) -> None:
        """Found rounds whose outcome is known go into the ledger."""
        await Closer(
            self.ledger, self.tallies, ShareWindows(self.payouts, self.pool), self.pool
        ).close_rounds()

    def record_outcome(self, number: int, status: str = "accepted") -> None:
        """jobmaker's word about a block."""
        self.ledger.blocks.record_outcome(msgspec.structs.replace(outcome(number, status), pool=self.pool))

    def settle(self, *, orphaned: bool) -> None:
        """The chain decides about all pending blocks."""
        for block in self.ledger.blocks.unsettled(self.pool):
            if orphaned:
                self.ledger.blocks.orphan(block.id, reason="test", now_ms=1)
            else:
                self.ledger.blocks.confirm(
                    block.id, reward_sats=block.reward_sats, fee_ppm=0, confirmations=101, now_ms=1
                )

    async def sequences(self) -> list[int]:
        """What the log holds of the pool."""
        stored = await self.payouts.stretch(SHARE_BATCH, self.pool, 0, limit=100_000)
        return [entry.sequence for entry in stored]

    async def last_sequence(self) -> int:
        """Of the pool's messages; 0 without any."""
        return max(await self.sequences(), default=0)


@contextlib.asynccontextmanager
async def log_rigs(
    directory: Path, stratum: Bus, payouts: Bus, valkey_url: str, pools: Sequence[str]
) -> AsyncIterator[list[LogRig]]:
    """Several pools on one log, one Redis and one ledger."""
    ledger = sqlite_ledger(directory)
    try:
        async with connect(valkey_url) as redis:
            yield [LogRig(stratum, payouts, redis, ledger, pool) for pool in pools]
    finally:
        ledger.close()
