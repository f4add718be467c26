"""Found blocks to jobmaker: at once, ahead of the share batch, and again until the stream has them."""

from __future__ import annotations

import asyncio
import logging
import time

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.messages import BlockFound
from nompcore.patience import Patience
from nompcore.subjects import BLOCK_FOUND
from services.stratum.share_batch import ANSWER_SECONDS, Settle, Settlement

log = logging.getLogger(__name__)

PUBLISH_TIMEOUT_SECONDS = 2.0


class BlockPublisher:
    """Announces the blocks found in this process."""

    def __init__(self, bus: Bus, tasks: asyncio.TaskGroup) -> None:
        self._bus = bus
        self._tasks = tasks
        self._waiting: dict[str, tuple[float, Settle]] = {}  # block → when its miner wants an answer
        self._announcing: set[asyncio.Task[None]] = set()

    def announce(self, block: BlockFound, settle: Settle) -> None:
        """Publish a found block; `settle` hears STORED, or UNCERTAIN when that takes long; it goes on."""
        log.info("block candidate found", extra=_facts(block))
        self._waiting[block.block_hash_display] = (time.monotonic() + ANSWER_SECONDS, settle)
        task = self._tasks.create_task(self._publish(block), name=f"announce {block.block_hash_display}")
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    def expire(self, now: float) -> None:
        """Answer the miners that have waited `ANSWER_SECONDS`; called every second or so."""
        for block_hash, (deadline, settle) in list(self._waiting.items()):
            if deadline <= now:
                del self._waiting[block_hash]
                settle(Settlement.UNCERTAIN)

    async def drain(self) -> None:
        """Wait until every found block is announced."""
        while self._announcing:
            await asyncio.wait(self._announcing)

    async def _publish(self, block: BlockFound) -> None:
        try:
            await self._until_stored(block)
        except asyncio.CancelledError:
            # All that is needed to submit it by hand; a log line is the last place it can be saved to.
            log.error(
                "found block was not announced before the service ended",
                extra={**_facts(block), "header_hex": block.header_hex, "coinbase_hex": block.coinbase_hex},
            )
            raise
        _, settle = self._waiting.pop(block.block_hash_display, (0.0, None))
        if settle is not None:
            settle(Settlement.STORED)

    async def _until_stored(self, block: BlockFound) -> None:
        message_id = f"{block.pool}-{block.block_hash_display}"
        patience = Patience()
        while True:
            try:
                await self._bus.publish(
                    BLOCK_FOUND,
                    block,
                    pool=block.pool,
                    msg_id=message_id,
                    timeout_seconds=PUBLISH_TIMEOUT_SECONDS,
                )
            except BusUnavailable as error:
                log.warning("found block is not stored yet", extra={**_facts(block), "error": str(error)})
                await patience.wait()
            else:
                return


def _facts(block: BlockFound) -> dict[str, object]:
    return {
        "pool": block.pool,
        "height": block.height,
        "block": block.block_hash_display,
        "job_id": block.job_id,
        "template_id": block.template_id,
        "worker": block.worker,
    }
