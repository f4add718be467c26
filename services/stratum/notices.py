"""Operators' words to the miners of a pool: client.show_message."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from nompcore.bus import Bus
from nompcore.messages import MinerNotice
from nompcore.subjects import NOTICE
from services.stratum.pool import Pool
from services.stratum.replies import show_message_line

log = logging.getLogger(__name__)

MAX_LETTERS = 500  # of a line on a miner's screen


async def pass_notices(bus: Bus, pools: Mapping[str, Pool]) -> None:
    """From now on every notice goes to all miners of its pool."""

    async def tell(notice: MinerNotice) -> None:
        pool = pools.get(notice.pool)
        if pool is None:
            return
        line = show_message_line(notice.text[:MAX_LETTERS])
        for miner in pool.miners():
            miner.say(line)
        log.info("notice shown", extra={"pool": notice.pool, "miners": len(pool.connections)})

    await bus.subscribe(NOTICE, tell)
