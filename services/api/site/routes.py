"""Paths of the web site. Pages are no part of the API's description."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, ParamSpec
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.api.serving.problem import ProblemError
from services.api.site.chart_answers import ChartAnswers
from services.api.site.environment import miner_of
from services.api.site.pages import Pages
from services.api.site.paging import MAX_PAGES
from services.api.state.portal import Portal
from services.api.v1.parameters import Address

Page = Annotated[int, Query(ge=1, le=MAX_PAGES)]

RETRY_SECONDS = "5"

# A step of theirs is ten minutes; the page asks with each renewal.
MINER_CHART_HEADERS = {"Cache-Control": "max-age=60"}

# Where NOMP had its pages: people have bookmarks.
OLD_PATHS = {
    "/stats": "/",
    "/tbs": "/",
    "/workers": "/",
    "/getting_started": "/getting-started",
    "/mining_key": "/mining-key",
    "/key.html": "/mining-key",
    "/api": "/docs",
}

P = ParamSpec("P")


def site_router(pages: Pages, portal: Portal) -> APIRouter:
    """The routes of the web site."""
    router = APIRouter(include_in_schema=False)
    add_plain_pages(router, pages)
    add_pool_pages(router, pages)
    add_miner_pages(router, pages)
    add_old_paths(router)
    add_charts(router, portal)
    return router


def add_charts(router: APIRouter, portal: Portal) -> None:
    """What the charts are drawn from."""
    charts = ChartAnswers(portal)

    @router.get("/charts/{pool}")
    async def of_pool(pool: str) -> Response:
        portal.pool(pool)
        return Response(await charts.charts(pool), media_type="application/json")

    @router.get("/charts/{pool}/miners/{address}")
    async def of_miner(pool: str, address: Address) -> Response:
        portal.pool(pool)
        columns = await charts.miner(pool, address)
        return Response(columns, media_type="application/json", headers=MINER_CHART_HEADERS)


def docs_router(pages: Pages) -> APIRouter:
    """The route `/docs`, served with and without the web site."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(pages.docs(request.app.openapi()))

    return router


def add_plain_pages(router: APIRouter, pages: Pages) -> None:
    """Pages that always can be shown."""

    @router.get("/")
    async def home() -> HTMLResponse:
        return HTMLResponse(pages.home())

    @router.get("/getting-started")
    async def getting_started() -> HTMLResponse:
        return HTMLResponse(pages.getting_started())

    @router.get("/mining-key")
    async def mining_key() -> HTMLResponse:
        return HTMLResponse(pages.mining_key())

    @router.get("/status")
    async def status() -> HTMLResponse:
        return HTMLResponse(pages.status())


def add_pool_pages(router: APIRouter, pages: Pages) -> None:
    """Pages of one pool; its lists are turned with `?page=`."""

    @router.get("/pools/{pool}")
    async def overview(pool: str) -> HTMLResponse:
        return await shown(pages, at_once(pages.pool, pool))

    @router.get("/pools/{pool}/workers")
    async def workers(pool: str, page: Page = 1) -> HTMLResponse:
        return await shown(pages, at_once(pages.workers, pool, page))

    @router.get("/pools/{pool}/blocks")
    async def blocks(pool: str, page: Page = 1) -> HTMLResponse:
        return await shown(pages, pages.blocks(pool, page))

    @router.get("/pools/{pool}/payments")
    async def payments(pool: str, page: Page = 1) -> HTMLResponse:
        return await shown(pages, pages.payments(pool, page))


def add_miner_pages(router: APIRouter, pages: Pages) -> None:
    """A miner's page, and the form that leads to it."""

    @router.get("/miners")
    async def lookup(address: str = "") -> Response:
        # People paste what their miner logs in with: the rig's name is not part of the address.
        if not address.strip():
            return HTMLResponse(pages.lookup())
        if found := miner_of(address):
            return RedirectResponse(f"/miners/{quote(found)}", 303)
        return await shown(pages, pages.miner(address))

    @router.get("/miners/{address}")
    async def miner(address: str) -> HTMLResponse:
        return await shown(pages, pages.miner(address))


def add_old_paths(router: APIRouter) -> None:
    """NOMP's paths, and its forks' page of a miner."""
    for old, new in OLD_PATHS.items():
        router.add_route(old, moved_to(new))

    @router.get("/workers/{address}")
    async def old_miner(address: str) -> RedirectResponse:
        return RedirectResponse(f"/miners/{quote(address)}", 308)


def moved_to(path: str) -> Callable[[Request], Awaitable[Response]]:
    """The answer that a page is at `path` for good."""

    async def moved(_: Request) -> Response:
        return RedirectResponse(path, 308)

    return moved


async def at_once(page: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> str:
    """A page that waits for nobody, for `shown`."""
    return page(*args, **kwargs)


async def shown(pages: Pages, page: Awaitable[str]) -> HTMLResponse:
    """The page, or the page that says why there is none."""
    try:
        return HTMLResponse(await page)
    except ProblemError as problem:
        headers = {"Retry-After": RETRY_SECONDS} if problem.status == 503 else None
        return HTMLResponse(pages.failure(problem), problem.status, headers)
