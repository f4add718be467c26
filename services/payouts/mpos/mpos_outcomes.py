"""What became of found blocks, in MPOS's rows: `upstream_result` is 'Y' once a daemon has the block.

The outcome comes by its own way and may be faster than the share's row; then the work queue brings it again.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from typing import Final

from sqlalchemy import select, update

from nompcore.errors import ComeAgain
from nompcore.messages import BlockSubmitted
from services.payouts import metrics
from services.payouts.failpoint import Step
from services.payouts.mpos import mpos_metrics
from services.payouts.mpos.mpos_database import MposDatabase, MposUnavailable
from services.payouts.mpos.mpos_position import read_position
from services.payouts.mpos.mpos_tables import shares

log = logging.getLogger(__name__)

ACCEPTED: Final = "accepted"

AGAIN_SECONDS: Final = 5.0

LATE_ROWS_MS: Final = 1_800_000
"""A share that is not in the log when shares half an hour younger are, is not in it."""


class Marking(enum.Enum):
    """What came of marking a block's row."""

    MARKED = "marked"
    EARLY = "early"  # the row may still come
    NO_ROW = "no row"  # it will not come: the share is not in the log, or MPOS has archived it


class MposOutcomes:
    """One pool's."""

    def __init__(self, database: MposDatabase, pool: str) -> None:
        self._database = database
        self._pool = pool

    async def record(self, outcome: BlockSubmitted) -> None:
        """Handle jobmaker's message; repeating it is harmless. ComeAgain when it cannot be done yet."""
        if outcome.status != ACCEPTED:
            return
        facts = {"pool": self._pool, "block": outcome.block_hash_display}
        try:
            marking = await asyncio.to_thread(self.mark, outcome.block_hash_display, outcome.time_ms)
        except MposUnavailable as error:
            metrics.OUTAGES.labels(self._pool, "mpos outcome", type(error).__name__).inc()
            raise ComeAgain(AGAIN_SECONDS, str(error)) from error
        if marking is Marking.EARLY:
            raise ComeAgain(AGAIN_SECONDS, "the block's share is not in MPOS yet")
        if marking is Marking.MARKED:
            mpos_metrics.BLOCKS_MARKED.labels(self._pool).inc()
            log.info("block marked in MPOS", extra=facts)
        else:
            mpos_metrics.BLOCKS_WITHOUT_ROW.labels(self._pool).inc()
            log.warning("MPOS has no share of an accepted block", extra=facts)

    def mark(self, block_hash_display: str, found_ms: int) -> Marking:
        """Mark the row. The position is read first: what it covers is visible to the search after it."""
        with self._database.write(Step.MPOS_ACCEPTED) as connection:
            position = read_position(connection, self._pool)
            found = select(shares.c.id).where(shares.c.solution == block_hash_display.lower())
            ids = connection.execute(found).scalars().all()
            if ids:
                connection.execute(update(shares).where(shares.c.id.in_(ids)).values(upstream_result="Y"))
                return Marking.MARKED
        is_late = position is not None and position.share_ms >= found_ms + LATE_ROWS_MS
        return Marking.NO_ROW if is_late else Marking.EARLY
