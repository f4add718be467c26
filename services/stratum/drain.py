"""The miners of a process that ends, sent to other replicas one after another.

A miner that is asked to reconnect closes its connection itself; until then its shares are taken and answered.
One that does not follow (much firmware ignores a client.reconnect that names no host) is closed after a
while, when its last share is answered; it reconnects as after any cut. When all come at once the other
replicas and the balancer feel it, so both are spread.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Protocol

from services.stratum.replies import RECONNECT_LINE

HEED_SECONDS = 3.0  # how long a miner may take to follow client.reconnect
STEPS_PER_SECOND = 20


class Leaver(Protocol):
    """A connected miner."""

    @property
    def is_gone(self) -> bool:
        """Whether its connection is closed."""

    def say(self, line: bytes) -> None:
        """Send a notification."""

    def leave(self) -> None:
        """Take no more of its shares, and close when the last one is answered."""


async def send_away(miners: Sequence[Leaver], seconds: float) -> None:
    """Ask all miners to reconnect, spread over `seconds`, and let go of those that do not."""
    order = random.sample(miners, len(miners))  # not in the order of their coming: neighbours are one farm
    steps, heed_steps = max(1, round(seconds * STEPS_PER_SECOND)), round(HEED_SECONDS * STEPS_PER_SECOND)
    for step in range(steps + heed_steps):
        if all(miner.is_gone for miner in order):
            return
        if step < steps:
            for miner in order[step::steps]:
                miner.say(RECONNECT_LINE)
        if step >= heed_steps:
            for miner in order[step - heed_steps :: steps]:
                miner.leave()
        await asyncio.sleep(1 / STEPS_PER_SECOND)
