"""Pages for what miners have done by a signature, and those behind the links of messages; without scripts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from nompcore.errors import BusError
from services.api.admin.forms import FormRefused, read_form
from services.api.serving.problem import ProblemError, payouts_unavailable
from services.api.site.pages import Pages
from services.api.site.routes import shown
from services.api.site.signed_wishes import want_of
from services.api.subscribing.desk import SubscriptionDesk
from services.api.subscribing.pace import Pace
from services.api.v1.parameters import MAX_ADDRESS, Address
from services.api.v1.subscriptions import slowed

LinkStep = Callable[[str], Awaitable[bool]]

MAX_TOKEN = 64 + 2 * MAX_ADDRESS


def link_router(pages: Pages, desk: SubscriptionDesk) -> APIRouter:
    """The links in messages, served with and without the web site."""
    router = APIRouter(include_in_schema=False)
    add_link(router, pages, "unsubscribe", desk.end)
    add_link(router, pages, "confirm", desk.confirm)
    return router


def add_link(router: APIRouter, pages: Pages, name: str, step: LinkStep) -> None:
    """A page with a button: programs that look at links in mail must change nothing."""

    @router.get(f"/api/v1/{name}")
    async def ask(token: str = "") -> HTMLResponse:
        return HTMLResponse(pages.signed("link.html", name=name, token=token[:MAX_TOKEN]))

    @router.post(f"/api/v1/{name}")
    async def do(token: str = "") -> HTMLResponse:
        async def page() -> str:
            if not await step(token):
                raise ProblemError(404, "Not found", "This link is not known, or its time is over.")
            return pages.signed("link_done.html", name=name)

        return await shown(pages, served(page))


def signed_router(pages: Pages, desk: SubscriptionDesk, pace: Pace) -> APIRouter:
    """The forms of a miner's page."""
    router = APIRouter(include_in_schema=False)

    @router.post("/miners/{address}/sign")
    async def sign(request: Request, address: Address) -> Response:
        async def page(fields: Mapping[str, str]) -> str:
            pool = fields.get("pool", "")
            text, _ = await desk.ask(pool, address, want_of(fields))
            return pages.signed("sign.html", address=address, pool=pool, text=text)

        return await answered(request, pages, pace, page)

    @router.post("/miners/{address}/signed")
    async def signed(request: Request, address: Address) -> Response:
        async def page(fields: Mapping[str, str]) -> str:
            text, signature = fields.get("text", ""), fields.get("signature", "")
            done = await desk.take(fields.get("pool", ""), address, text, signature)
            return pages.signed("signed.html", address=address, done=done)

        return await answered(request, pages, pace, page)

    return router


async def answered(
    request: Request, pages: Pages, pace: Pace, page: Callable[[Mapping[str, str]], Awaitable[str]]
) -> Response:
    """The page that a form leads to, or the page that says why there is none."""
    if wait_seconds := pace.wait_seconds(request):
        return slowed(wait_seconds)
    try:
        fields = await read_form(request)
    except FormRefused as error:
        problem = ProblemError(400, "Not a form", str(error))
        return HTMLResponse(pages.failure(problem), problem.status)
    return await shown(pages, served(lambda: page(fields)))


async def served(page: Callable[[], Awaitable[str]]) -> str:
    """The page; raises the problem that pages show while NATS or payouts does not answer."""
    try:
        return await page()
    except BusError as error:
        raise payouts_unavailable() from error
