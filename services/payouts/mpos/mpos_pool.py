"""MPOS mode of one pool: its shares go to MPOS, which pays; what the tallies count is for display."""

from __future__ import annotations

import asyncio

from nompcore.bus import Bus
from nompcore.config import MposConfig, PoolConfig
from nompcore.messages import BlockSubmitted
from nompcore.subjects import LOGIN
from services.payouts.counting.tallies import Tallies
from services.payouts.failpoint import Failpoints
from services.payouts.mpos.mpos_database import MposDatabase
from services.payouts.mpos.mpos_logins import MposLogins
from services.payouts.mpos.mpos_outcomes import MposOutcomes
from services.payouts.mpos.mpos_recorder import MposRecorder
from services.payouts.mpos.mpos_writer import MposWriter


class MposPool:
    """Its parts, wired."""

    def __init__(
        self, bus: Bus, pool: PoolConfig, config: MposConfig, tallies: Tallies, failpoints: Failpoints
    ) -> None:
        self._bus = bus
        self.name = pool.name
        self._tallies = tallies
        self._database = MposDatabase(config, failpoints)
        self._logins = MposLogins(self._database, config, pool.name)
        self._outcomes = MposOutcomes(self._database, pool.name)
        self._writer = MposWriter(self._database, pool.name)
        self.recorder = MposRecorder(
            bus, self._writer, tallies,
            pool=pool.name, multiplier=pool.coin.mpos_diff_multiplier,
        )  # fmt: skip

    async def serve(self) -> None:
        """Answer stratum's questions about logins, leading or not."""
        await self._bus.serve(LOGIN, self._logins.answer, self.name)

    async def position(self) -> int:
        """The log's sequence up to which everything is in MPOS's database; 0 before it has begun."""
        position = await asyncio.to_thread(self._writer.position)
        return position.sequence if position else 0

    async def record_outcome(self, outcome: BlockSubmitted) -> None:
        """Handle jobmaker's message about a block of this pool."""
        await self._outcomes.record(outcome)

    async def forget_rounds(self) -> None:
        """Drop the rounds that the tallies close at found blocks: MPOS reckons its own."""
        for pending in await self._tallies.pending_rounds():
            await self._tallies.drop_round(pending.candidate.block_hash_display)

    def close(self) -> None:
        """Close the connections to the database."""
        self._database.close()
