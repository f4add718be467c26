"""Follows a pool's share log into its tallies: in order, each message once, through every restart."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from nompcore.bus import Bus, Stored
from nompcore.ending import end_tasks
from nompcore.errors import StreamGap, StreamReset
from nompcore.messages import ShareBatch
from nompcore.stream_reader import READING_MESSAGES
from nompcore.subjects import SHARE_BATCH
from services.payouts import metrics
from services.payouts.counting.groups import POOL_ONLY, Groups
from services.payouts.counting.read_ahead import ReadAhead
from services.payouts.counting.tallies import PositionTaken, Tallies
from services.payouts.counting.tally_batch import TallyBatch
from services.payouts.share_log.log_base import LogBase

log = logging.getLogger(__name__)

PEEK_SECONDS = 5.0
"""How long to look for a pool's first message in a log that was reset; JetStream answers in milliseconds."""

READING_SECONDS, STRETCH_SECONDS = 0.05, 0.2
"""Of rest after a reading to the log's end, and after a stretch is added: each of them costs as much as
hundreds of shares, and people look at the sums every few seconds."""

FORGET_SECONDS = 600.0
"""How often workers that are long gone are looked for."""


class Recorder:
    """One pool's log. Several may run at once: the tallies take each stretch of the log from one of them."""

    def __init__(
        self, bus: Bus, tallies: Tallies, pool: str, groups: Groups = POOL_ONLY, base: LogBase | None = None
    ) -> None:
        """`base`: where the tallies begin; None: with the log."""
        self._bus = bus
        self._base = base
        self._tallies = tallies
        self._pool = pool
        self._groups = groups
        self._position = 0  # of the tallies, as far as this reading knows
        self._resume_after = 0  # what lay before this was removed from the log
        self._forget_at = 0.0  # of the monotonic clock

    async def follow(self) -> None:
        """Read on from where the tallies are. Never returns; raises when Redis is away."""
        if moved := await self._tallies.workers.take_over():
            log.info("workers taken over", extra={"pool": self._pool, "workers": moved})
        while True:
            self._position = await self._tallies.position()
            try:
                if self._base is not None:
                    self._position = await self._base.begin(self._position)
                await self._read()
            except PositionTaken as taken:
                metrics.READINGS_REFUSED.labels(self._pool).inc()
                log.info(
                    "another replica moved the tallies", extra={"pool": self._pool, "position": taken.stored}
                )
            except StreamGap as gap:
                metrics.LOG_GAPS.labels(self._pool).inc()
                log.error(
                    "share log was cut before it was read", extra={"pool": self._pool, "reason": str(gap)}
                )
                self._resume_after = gap.resume_after
            except StreamReset as reset:
                metrics.LOG_GAPS.labels(self._pool).inc()
                log.error("share log was reset", extra={"pool": self._pool, "reason": str(reset)})
                self._resume_after = 0
                # from where the reading has come, not from where it began: else nothing is rewound until
                # the reset is noticed again, and what was stored meanwhile would be passed over
                await self._tallies.rewind(self._position, await self._place_in_reset_log(reset))

    async def _read(self) -> None:
        """Read and add at the same time, until one of them cannot go on; raises why."""
        ahead = ReadAhead(self._groups)
        working = [asyncio.create_task(self._sum_up(ahead)), asyncio.create_task(self._add(ahead))]
        try:
            ended, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            await end_tasks(working)

    async def _sum_up(self, ahead: ReadAhead) -> None:
        read_after = max(self._position, self._resume_after)
        try:
            async with aclosing(self._log_after(read_after)) as batches:
                async for stored in batches:
                    await ahead.add(stored)
                    if len(stored) < READING_MESSAGES:  # else there is more
                        await asyncio.sleep(READING_SECONDS)
        except (StreamGap, StreamReset):
            await ahead.all_added()  # they may be nowhere else any more
            raise

    async def _add(self, ahead: ReadAhead) -> None:
        while True:
            await self._apply(await ahead.next())
            ahead.added()
            await self._forget_workers()
            await asyncio.sleep(STRETCH_SECONDS)

    async def _apply(self, batch: TallyBatch) -> None:
        await self._tallies.apply(self._position, batch)
        self._position = batch.last_sequence
        metrics.SHARES_APPLIED.labels(self._pool).inc(batch.valid_total)
        metrics.SHARES_WORTHLESS.labels(self._pool).inc(batch.worthless)

    async def _forget_workers(self) -> None:
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + FORGET_SECONDS
            await self._tallies.workers.forget()

    async def _place_in_reset_log(self, reset: StreamReset) -> int:
        """Where to go on when NATS lost data.

        Either the log's end is gone, as after a restored backup: what is left was applied before, so go on at
        its end. Or the log is a new one: everything in it is younger than what was applied, so begin at its
        start. The time of its first share tells.
        """
        newest_ms = await self._tallies.last_share_ms()
        first_ms = await self._first_share_ms()
        return reset.last_sequence if first_ms is not None and first_ms <= newest_ms else 0

    async def _first_share_ms(self) -> int | None:
        try:
            async with (
                asyncio.timeout(PEEK_SECONDS),
                aclosing(self._log_after(0)) as batches,
            ):
                async for stored in batches:
                    for entry in stored:
                        if entry.message.shares:
                            return entry.message.shares[0].time_ms
        except (TimeoutError, StreamGap, StreamReset):
            return None
        return None

    def _log_after(self, sequence: int) -> AsyncGenerator[list[Stored[ShareBatch]], None]:
        """A reading, as the generator that it is: left half-way, it has to be closed."""
        reading = self._bus.read(SHARE_BATCH, self._pool, sequence)
        return cast("AsyncGenerator[list[Stored[ShareBatch]], None]", reading)
