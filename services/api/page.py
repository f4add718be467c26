"""The web site: the pools live, one miner, the API reference. Rendered here: it reads without JavaScript."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from nompcore.errors import BusError
from services.api import page_text, row_views
from services.api.portal import Portal
from services.api.problem import ProblemError, payouts_unavailable, unknown_miner
from services.api.reference import build_reference
from services.api.sparkline import spark_points
from services.api.v1 import ADDRESS_PATTERN, MAX_ADDRESS

TEMPLATES = Path(__file__).parent / "templates"

CODE = re.compile(r"`([^`]+)`")


class Pages:
    """Renders the templates. The pools are rendered once per gathering, however many look."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._templates = environment()
        self._templates.globals["site"] = portal.config.website.stratum_host
        self._templates.globals["home"] = "/" if portal.config.website.enabled else "/docs"
        self._revision = -1
        self._pools = ""

    def home(self) -> str:
        """The page `/`."""
        pools = [pool for _, pool in sorted(self._portal.config.pools.items())]
        return self._render("home.html", pools=pools, live=Markup(self.pools()))  # noqa: S704  (rendered here)

    def pools(self) -> str:
        """The part of `/` that changes."""
        if self._revision != self._portal.state.revision:
            self._pools = self._render("pools.html", **self._pools_context())
            self._revision = self._portal.state.revision
        return self._pools

    async def miner(self, pool_name: str, address: str) -> str:
        """One miner's page; raises a problem when there is none or nobody can say."""
        pool = self._portal.pool(pool_name)
        if len(address) > MAX_ADDRESS or not re.match(ADDRESS_PATTERN, address):
            raise ProblemError(422, "not an address", "An address has only letters and digits.")
        reply = await self._portal.details.miner(pool.name, address)
        if not reply.known:
            raise unknown_miner()
        shown = row_views.miner(reply, pool, self._portal.config.website.miner_ips)
        return self._render("miner.html", pool=pool, miner=shown)

    def failure(self, problem: ProblemError) -> str:
        """A problem as a page."""
        return self._render("failure.html", title=problem.title, detail=problem.detail)

    def docs(self, openapi: dict[str, Any]) -> str:
        """The API reference."""
        return self._render("docs.html", reference=build_reference(openapi))

    def _render(self, template: str, **context: object) -> str:
        now = datetime.fromtimestamp(self._portal.now_ms() / 1000, UTC)
        return self._templates.get_template(template).render(now=now, **context)

    def _pools_context(self) -> dict[str, object]:
        portal = self._portal
        live, config = portal.state.pools, portal.config.pools
        return {
            "pools": [portal.views.detail(name, portal.now_ms()) for name in sorted(config)],
            "answers": {name: pool.payouts_answers for name, pool in live.items()},
            "spark": {name: spark_points(pool.history) for name, pool in live.items()},
            "blocks": {
                name: [row_views.block(row, config[name]) for row in pool.recent_blocks]
                for name, pool in live.items()
            },
            "payments": {
                name: [row_views.payment(row, config[name]) for row in pool.recent_payments]
                for name, pool in live.items()
            },
        }


def environment() -> Environment:
    """The templates' environment: everything escaped, a missing value is an error."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for text in (page_text.count, page_text.compact, page_text.percent, page_text.plain, page_text.short):
        templates.filters[text.__name__] = text
    templates.filters["ago"] = ago
    templates.filters["prose"] = prose
    return templates


@pass_context
def ago(context: Context, then: datetime) -> str:
    """`page_text.ago` against the moment of rendering."""
    return page_text.ago(then, context["now"])


def prose(text: str) -> Markup:
    """Text of a docstring: what stands between backticks is code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped)


def site_router(pages: Pages) -> APIRouter:
    """The routes of the web site; pages are no part of the API's description."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home() -> HTMLResponse:
        return HTMLResponse(pages.home())

    @router.get("/live")
    async def live() -> HTMLResponse:
        return HTMLResponse(pages.pools())

    @router.get("/miners")
    async def miners(pool: str = "", address: str = "") -> HTMLResponse:
        # People paste what their miner logs in with: the rig's name is not part of the address.
        try:
            return HTMLResponse(await pages.miner(pool, address.strip().split(".", 1)[0]))
        except ProblemError as error:
            problem = error
        except BusError:
            problem = payouts_unavailable()
        return HTMLResponse(pages.failure(problem), problem.status)

    return router


def docs_router(pages: Pages) -> APIRouter:
    """The route `/docs`, served with and without the web site."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(pages.docs(request.app.openapi()))

    return router
