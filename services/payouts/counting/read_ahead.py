"""Shares on their way from the log into the tallies: summed up while Redis is busy with those before.

The busier Redis is, the more shares go into one stretch, and the less work each of them is: with many shares
of each worker in it, a stretch costs what its workers cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from nompcore.bus import Stored
from nompcore.messages import ShareBatch
from services.payouts.counting.groups import Groups
from services.payouts.counting.tally_batch import Summing, TallyBatch

MAX_SHARES: Final = 200_000
"""Of one stretch. Where each is of another worker, they take some 200 MB for as long as they are added."""

MESSAGES_AT_ONCE: Final = 20
"""Summed up without a pause: some milliseconds of work, where a message has 100 shares."""


class ReadAhead:
    """One stretch that is not handed out yet, and grows."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self._ready: asyncio.Queue[Summing] = asyncio.Queue(maxsize=1)
        self._last = Summing(groups)  # what was put into the queue last

    async def add(self, stored: Sequence[Stored[ShareBatch]]) -> None:
        """Sum up a reading. Waits while there is too much already."""
        for first in range(0, len(stored), MESSAGES_AT_ONCE):
            await self._add(stored[first : first + MESSAGES_AT_ONCE])
            await asyncio.sleep(0)

    async def _add(self, stored: Sequence[Stored[ShareBatch]]) -> None:
        is_new = self._ready.empty() or self._last.size >= MAX_SHARES
        summing = Summing(self._groups) if is_new else self._last
        for entry in stored:
            summing.add(entry.message, entry.sequence)
        if is_new:
            await self._ready.put(summing)
            self._last = summing

    async def next(self) -> TallyBatch:
        """Waits for a stretch; `added` has to follow."""
        summing = await self._ready.get()
        return await asyncio.to_thread(summing.batch)  # of very many workers it takes a while

    def added(self) -> None:
        """The stretch that was handed out last is in the tallies."""
        self._ready.task_done()

    async def all_added(self) -> None:
        """Waits until everything is in the tallies."""
        await self._ready.join()
