"""One payout address over all pools: where it mines, and which pools could not be asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from nompcore.config import PoolConfig
from nompcore.errors import BusError
from services.api.state.live import EMPTY_SNAPSHOT
from services.api.state.portal import Portal
from services.api.views import models, row_views

# A page slower than this reads as broken.
WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class MinerAt:
    """A miner at one pool."""

    pool: PoolConfig
    miner: models.Miner


@dataclass(frozen=True, slots=True)
class MinerFound:
    """Where an address mines; `silent` are the coins of the pools that did not answer."""

    places: list[MinerAt]
    silent: list[str]


async def find_miner(portal: Portal, address: str) -> MinerFound:
    """Ask every pool at once."""
    pools = [pool for _, pool in sorted(portal.config.pools.items())]
    answers = await asyncio.gather(*(_ask(portal, pool, address) for pool in pools))
    return MinerFound(
        places=[
            MinerAt(pool, answer)
            for pool, (answer, _) in zip(pools, answers, strict=True)
            if answer is not None
        ],
        silent=[pool.coin.name for pool, (_, silent) in zip(pools, answers, strict=True) if silent],
    )


async def _ask(portal: Portal, pool: PoolConfig, address: str) -> tuple[models.Miner | None, bool]:
    """The miner at one pool, and whether the pool was silent."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            reply = await portal.details.miner(pool.name, address)
    except (BusError, TimeoutError):
        return None, True
    if not reply.known:
        return None, False
    state = (portal.state.pools[pool.name].pool or EMPTY_SNAPSHOT).payments_state
    return row_views.miner(reply, pool, portal.config.website.miner_ips, state), False
