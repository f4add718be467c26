"""The versioned interface below `/api/v1`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from nompcore.requests import PageRequest
from services.api import models, row_views
from services.api.portal import Portal
from services.api.problem import unknown_miner

MAX_PAGE = 200
DEFAULT_PAGE = 50

# A bound for the ledger's search: no known coin has found, and no query should page through, a million rows.
MAX_OFFSET = 1_000_000

# base58, bech32 and cashaddr with its prefix fit; names of MPOS accounts as well
MAX_ADDRESS = 128
ADDRESS_PATTERN = r"^[A-Za-z0-9:_-]+$"

PoolName = Annotated[str, Path(max_length=64, description="name of the pool")]
Address = Annotated[str, Path(max_length=MAX_ADDRESS, pattern=ADDRESS_PATTERN, description="payout address")]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET, description="rows to pass over")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="rows to return")]

Responses = dict[int | str, dict[str, Any]]

NOT_FOUND: Responses = {404: {"model": models.ProblemDocument}}
PAYOUTS_ANSWERS: Responses = NOT_FOUND | {503: {"model": models.ProblemDocument}}


def v1_router(portal: Portal) -> APIRouter:
    """The routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"])
    add_pool_routes(router, portal)
    add_payout_routes(router, portal)
    return router


def add_pool_routes(router: APIRouter, portal: Portal) -> None:
    """Routes answered from what is live."""

    @router.get("/pools", summary="All pools")
    async def pools() -> models.Pools:
        """Every pool of this portal with its live figures."""
        return models.Pools(pools=portal.views.summaries(portal.now_ms()))

    @router.get("/pools/{pool}", summary="One pool", responses=NOT_FOUND)
    async def pool(pool: PoolName) -> models.PoolDetail:
        """One pool with its stratum processes and strongest workers."""
        portal.pool(pool)
        return portal.views.detail(pool, portal.now_ms())


def add_payout_routes(router: APIRouter, portal: Portal) -> None:
    """Routes answered by payouts; 503 at once while it is away."""

    @router.get("/pools/{pool}/blocks", summary="Found blocks", responses=PAYOUTS_ANSWERS)
    async def blocks(pool: PoolName, offset: Offset = 0, limit: Limit = DEFAULT_PAGE) -> models.BlockPage:
        """The blocks a pool found, newest first."""
        config, page = portal.pool(pool), PageRequest(offset=offset, limit=limit)
        return row_views.block_page(await portal.details.blocks(pool, page), page, config)

    @router.get("/pools/{pool}/payments", summary="Payments", responses=PAYOUTS_ANSWERS)
    async def payments(pool: PoolName, offset: Offset = 0, limit: Limit = DEFAULT_PAGE) -> models.PaymentPage:
        """The payments of a pool, newest first."""
        config, page = portal.pool(pool), PageRequest(offset=offset, limit=limit)
        return row_views.payment_page(await portal.details.payments(pool, page), page, config)

    @router.get("/pools/{pool}/miners/{address}", summary="One miner", responses=PAYOUTS_ANSWERS)
    async def miner(pool: PoolName, address: Address) -> models.Miner:
        """Balance, workers and payments of one payout address."""
        config = portal.pool(pool)
        reply = await portal.details.miner(pool, address)
        if not reply.known:
            raise unknown_miner()
        return row_views.miner(reply, config, portal.config.website.miner_ips)
