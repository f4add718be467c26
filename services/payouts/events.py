"""Publishes the ledger's outbox."""

from __future__ import annotations

import asyncio

from nompcore.bus import Bus
from services.payouts.ledger.ledger import Ledger


async def publish_waiting(bus: Bus, ledger: Ledger, pool: str) -> None:
    """Publish what waits, in order. Stops at the first that NATS does not acknowledge; it comes again."""
    for event in await asyncio.to_thread(ledger.outbox.waiting, pool):
        await bus.publish(event.subject, event.message, pool=pool, msg_id=event.msg_id)
        await asyncio.to_thread(ledger.outbox.mark_published, event)
