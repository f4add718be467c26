"""Follows a pool's share log into MPOS's database: in order, each message once, through every restart."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Final, cast

from nompcore.bus import Bus, Stored
from nompcore.errors import StreamGap, StreamReset
from nompcore.messages import ShareBatch
from nompcore.subjects import SHARE_BATCH
from services.payouts.counting.tallies import Tallies
from services.payouts.mpos import mpos_metrics as metrics
from services.payouts.mpos.mpos_position import MposPositionTaken, Position
from services.payouts.mpos.mpos_rows import MposRows
from services.payouts.mpos.mpos_writer import MposWriter

log = logging.getLogger(__name__)

PEEK_SECONDS: Final = 5.0
"""How long to look for a pool's first message in a log that was reset; JetStream answers in milliseconds."""

MAX_SHARES: Final = 2000
"""In one transaction, about: a log that waited for MPOS for days is written in such pieces."""


class MposRecorder:
    """One pool's log. Several may run at once: each stretch of the log is written by one of them."""

    def __init__(
        self, bus: Bus, writer: MposWriter, tallies: Tallies, *, pool: str, multiplier: float
    ) -> None:
        self._bus = bus
        self._writer = writer
        self._tallies = tallies
        self._pool = pool
        self._multiplier = multiplier
        self._position = Position(0)  # of the rows, as far as this reading knows
        self._resume_after = 0  # what lay before this was removed from the log
        self.begun = asyncio.Event()
        """Set when MPOS has a position: what comes after it in the log goes there, what lies before it was
        this pool's own affair."""

    async def follow(self) -> None:
        """Read on from where the rows are. Never returns; MposUnavailable when the database is away."""
        while True:
            self._position = await self._begin()
            try:
                await self._read_or_rewind()
            except MposPositionTaken as taken:
                metrics.READINGS_REFUSED.labels(self._pool).inc()
                log.info(
                    "another replica moved MPOS's rows", extra={"pool": self._pool, "position": taken.stored}
                )

    async def _read_or_rewind(self) -> None:
        while True:
            try:
                await self._read()
            except StreamGap as gap:
                self._count_gap("share log was cut before MPOS had it", gap)
                self._resume_after = gap.resume_after
            except StreamReset as reset:
                self._count_gap("share log was reset", reset)
                self._resume_after = 0
                await self._rewind(reset)

    async def _begin(self) -> Position:
        """The position. At first it is that of the tallies, which stand still until it is there."""
        position = await asyncio.to_thread(self._writer.position)
        if position is None:
            await asyncio.to_thread(self._writer.begin, await self._tallies.position())
            position = await asyncio.to_thread(self._writer.position) or Position(0)
            facts = {"pool": self._pool, "position": position.sequence}
            log.info("shares go to MPOS from here on", extra=facts)
        self.begun.set()
        return position

    async def _read(self) -> None:
        read_after = max(self._position.sequence, self._resume_after)
        async with aclosing(self._log_after(read_after)) as batches:
            async for stored in batches:
                for piece in pieces(stored):
                    await self._write(piece)

    async def _write(self, piece: list[Stored[ShareBatch]]) -> None:
        rows = MposRows(row_ms=self._position.row_ms, share_ms=self._position.share_ms)
        now_ms = time.time_ns() // 1_000_000
        for entry in piece:
            rows.add(entry.message, self._multiplier, now_ms)
        self._position = await asyncio.to_thread(
            self._writer.write, self._position.sequence, piece[-1].sequence, rows
        )
        metrics.ROWS.labels(self._pool).inc(len(rows.rows))
        metrics.REJECTS_LEFT_OUT.labels(self._pool).inc(rows.rejects_left_out)
        metrics.SHARES_WORTHLESS.labels(self._pool).inc(rows.worthless)
        await asyncio.to_thread(self._writer.show_difficulties, rows.difficulties)

    async def _rewind(self, reset: StreamReset) -> None:
        """NATS lost data. If the log's end is gone, as after a restored backup, what is left was written; if
        it is a new log, all of it is younger than what was written. The time of its first share tells."""
        first_ms = await self._first_share_ms()
        is_old = first_ms is not None and first_ms <= self._position.share_ms
        to_sequence = reset.last_sequence if is_old else 0
        self._position = await asyncio.to_thread(self._writer.rewind, self._position, to_sequence)

    async def _first_share_ms(self) -> int | None:
        try:
            async with asyncio.timeout(PEEK_SECONDS), aclosing(self._log_after(0)) as batches:
                async for stored in batches:
                    for entry in stored:
                        if entry.message.shares:
                            return entry.message.shares[0].time_ms
        except (TimeoutError, StreamGap, StreamReset):
            return None
        return None

    def _count_gap(self, text: str, error: Exception) -> None:
        metrics.LOG_GAPS.labels(self._pool).inc()
        log.error(text, extra={"pool": self._pool, "reason": str(error)})

    def _log_after(self, sequence: int) -> AsyncGenerator[list[Stored[ShareBatch]], None]:
        """A reading, as the generator that it is: left half-way, it has to be closed."""
        reading = self._bus.read(SHARE_BATCH, self._pool, sequence)
        return cast("AsyncGenerator[list[Stored[ShareBatch]], None]", reading)


def pieces(stored: list[Stored[ShareBatch]]) -> Iterator[list[Stored[ShareBatch]]]:
    """The messages in their order, in pieces that end with the message that brings them to MAX_SHARES."""
    piece: list[Stored[ShareBatch]] = []
    shares = 0
    for entry in stored:
        piece.append(entry)
        shares += len(entry.message.shares)
        if shares >= MAX_SHARES:
            yield piece
            piece, shares = [], 0
    if piece:
        yield piece
