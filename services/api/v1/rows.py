"""Routes of blocks and payments, answered by payouts; 503 at once while it is away."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.state.portal import Portal
from services.api.v1.parameters import DEFAULT_PAGE, Limit, Offset, PoolName, page_request
from services.api.v1.responses import PAYOUTS_ANSWERS
from services.api.views.luck import lucks
from services.api.views.page_links import link_header
from services.api.views.page_models import BlockPage, PaymentPage
from services.api.views.row_pages import block_page, payment_page


def add_row_routes(router: APIRouter, portal: Portal) -> None:
    """`/pools/{pool}/blocks` and `/pools/{pool}/payments`."""

    @router.get("/pools/{pool}/blocks", summary="Found blocks", responses=PAYOUTS_ANSWERS)
    async def blocks(
        request: Request, response: Response, pool: PoolName, offset: Offset = 0, limit: Limit = DEFAULT_PAGE
    ) -> BlockPage:
        """The blocks a pool found, newest first, with the work they took."""
        config, page = portal.pool(pool), page_request(offset, limit)
        reply, luck = await portal.details.blocks(pool, page), lucks(portal.state.pools[pool].blocks)
        answer = block_page(reply, page, config, luck, request.url.path)
        response.headers["Link"] = link_header(answer.links)
        return answer

    @router.get("/pools/{pool}/payments", summary="Payments", responses=PAYOUTS_ANSWERS)
    async def payments(
        request: Request, response: Response, pool: PoolName, offset: Offset = 0, limit: Limit = DEFAULT_PAGE
    ) -> PaymentPage:
        """The payments of a pool, newest first."""
        config, page = portal.pool(pool), page_request(offset, limit)
        reply = await portal.details.payments(pool, page)
        answer = payment_page(reply, page, config, request.url.path)
        response.headers["Link"] = link_header(answer.links)
        return answer
