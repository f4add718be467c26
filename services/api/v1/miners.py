"""Routes about miners: lists from what is live, one miner's money from payouts."""

from __future__ import annotations

from typing import ClassVar

from fastapi import APIRouter, Request, Response

from nompcore.config import PoolConfig
from nompcore.requests import MinerReply
from services.api.serving.problem import unknown_miner
from services.api.state.live import EMPTY_SNAPSHOT
from services.api.state.portal import Portal
from services.api.v1.parameters import DEFAULT_PAGE, Address, Limit, Offset, PoolName, page_request
from services.api.v1.responses import NOT_FOUND, PAYOUTS_ANSWERS
from services.api.views import models, row_views
from services.api.views.miner_figures import payments_total
from services.api.views.miner_history import miner_past
from services.api.views.miner_history_models import MinerPast
from services.api.views.page_links import link_header
from services.api.views.page_models import MinerPage, MinerPaymentPage, WorkerPage
from services.api.views.payments_csv import csv_head, csv_rows
from services.api.views.row_pages import miner_page, miner_payment_page, worker_page

MINER_PATH = "/pools/{pool}/miners/{address}"

# FastAPI would have it read from the class.
OK = 200

CSV_PAGE = 500
"""Payments asked for at a time; payouts gives no more."""

CSV_PAGES = 40
"""A bound for one export: 20,000 payments are one an hour over two years."""


class CsvResponse(Response):
    """A file to keep."""

    media_type = "text/csv"
    HEADERS: ClassVar = {"Content-Disposition": 'attachment; filename="payments.csv"'}

    def __init__(self, text: str) -> None:
        super().__init__(text, headers=self.HEADERS)


def add_miner_routes(router: APIRouter, portal: Portal) -> None:
    """`/pools/{pool}/miners`, `/workers` and what is below a miner."""
    add_lists(router, portal)
    add_money(router, portal)


def add_lists(router: APIRouter, portal: Portal) -> None:
    """Who is at work."""

    @router.get("/pools/{pool}/miners", summary="Miners at work", responses=NOT_FOUND)
    async def miners(
        request: Request, response: Response, pool: PoolName, offset: Offset = 0, limit: Limit = DEFAULT_PAGE
    ) -> MinerPage:
        """The payout addresses at work, the strongest first: of the 5000 strongest workers."""
        portal.pool(pool)
        rows = portal.at_work.of(pool).miners
        answer = miner_page(rows, page_request(offset, limit), request.url.path)
        response.headers["Link"] = link_header(answer.links)
        return answer

    @router.get("/pools/{pool}/workers", summary="Workers at work", responses=NOT_FOUND)
    async def workers(
        request: Request, response: Response, pool: PoolName, offset: Offset = 0, limit: Limit = DEFAULT_PAGE
    ) -> WorkerPage:
        """The workers at work, the strongest first: the 5000 strongest."""
        portal.pool(pool)
        rows = portal.at_work.of(pool).workers
        answer = worker_page(rows, page_request(offset, limit), request.url.path)
        response.headers["Link"] = link_header(answer.links)
        return answer


def add_money(router: APIRouter, portal: Portal) -> None:
    """One miner."""

    @router.get(MINER_PATH, summary="One miner", responses=PAYOUTS_ANSWERS)
    async def miner(pool: PoolName, address: Address) -> models.Miner:
        """Balance, shares, workers and newest payments of one payout address."""
        config = portal.pool(pool)
        reply = _known(await portal.details.miner(pool, address))
        state = (portal.state.pools[pool].pool or EMPTY_SNAPSHOT).payments_state
        return row_views.miner(reply, config, portal.config.website.miner_ips, state)

    @router.get(f"{MINER_PATH}/history", summary="A miner's past hashrates", responses=PAYOUTS_ANSWERS)
    async def history(pool: PoolName, address: Address) -> MinerPast:
        """Hashrate of one payout address and of its workers in steps; empty for one not seen for long."""
        portal.pool(pool)
        return miner_past(await portal.details.miner_history(pool, address))

    @router.get(f"{MINER_PATH}/payments", summary="A miner's payments", responses=PAYOUTS_ANSWERS)
    async def payments(
        request: Request,
        response: Response,
        pool: PoolName,
        address: Address,
        offset: Offset = 0,
        limit: Limit = DEFAULT_PAGE,
    ) -> MinerPaymentPage:
        """The payments to one payout address, newest first."""
        config, page = portal.pool(pool), page_request(offset, limit)
        reply = _known(await portal.details.miner(pool, address, page))
        answer = miner_payment_page(reply, page, config, request.url.path)
        response.headers["Link"] = link_header(answer.links)
        return answer

    @router.get(
        f"{MINER_PATH}/payments.csv",
        summary="A miner's payments as CSV",
        responses=PAYOUTS_ANSWERS,
        response_class=CsvResponse,
        status_code=OK,
    )
    async def payments_csv(pool: PoolName, address: Address) -> CsvResponse:
        """All payments to one payout address, newest first; amounts in coins."""
        config = portal.pool(pool)
        first = _known(await portal.details.miner(pool, address, page_request(0, CSV_PAGE)))
        return CsvResponse(await whole_csv(portal, config, first))


async def whole_csv(portal: Portal, config: PoolConfig, first: MinerReply) -> str:
    """The whole file, asked for a page at a time. Raises BusUnavailable: half a file would look like all."""
    parts = [csv_head(), csv_rows(first.payments, config)]
    pages = -(-payments_total(first) // CSV_PAGE)
    for number in range(1, min(pages, CSV_PAGES)):
        page = page_request(number * CSV_PAGE, CSV_PAGE)
        reply = await portal.details.miner(config.name, first.address, page)
        parts.append(csv_rows(reply.payments, config))
    return "".join(parts)


def _known(reply: MinerReply) -> MinerReply:
    if not reply.known:
        raise unknown_miner()
    return reply
