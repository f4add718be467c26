"""Paths of the admin center. Everything here is behind the guard; orders are forms to `/admin/do/<order>`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from nompcore.errors import BusError
from services.api.admin.actions import Actions
from services.api.admin.audit_log import DONE, AuditLog
from services.api.admin.config_files import ConfigFiles
from services.api.admin.guard import set_cookie
from services.api.admin.login import Login, Refusal
from services.api.admin.news import NewsDesk
from services.api.admin.order import OrderRefused
from services.api.admin.pages import AdminPages
from services.api.admin.payments_desk import QUESTIONS, PaymentsDesk
from services.api.admin.reload_desk import ReloadDesk
from services.api.admin.session import SESSION_SECONDS, cookie_of
from services.api.admin.session_keys import SessionKeys
from services.api.admin.stratum_desk import ROWS_A_PAGE, StratumDesk
from services.api.admin.switch_desk import SwitchDesk
from services.api.admin.visit import COOKIE, HOME, LOGIN, LOGIN_COOKIE, visit_of
from services.api.feeds.sse import EventStream
from services.api.state.portal import Portal

LOGIN_FORM_SECONDS = 3600
STREAM_SECONDS = 600.0  # then the browser comes back, and is asked for its session again
MAX_PAGE = 10_000
MAX_SEARCH = 200


@dataclass(frozen=True, slots=True)
class AdminRoutes:
    """The handlers and what they ask."""

    portal: Portal
    pages: AdminPages
    keys: SessionKeys
    login: Login
    actions: Actions
    stratum: StratumDesk
    payments: PaymentsDesk
    switches: SwitchDesk
    audit: AuditLog
    files: ConfigFiles
    reload: ReloadDesk
    news: NewsDesk

    def routes(self) -> list[Route]:
        """Every path."""
        return [
            Route(HOME, self.overview),
            Route(LOGIN, self.login_form),
            Route(LOGIN, self.log_in, methods=["POST"]),
            Route("/admin/logout", self.log_out, methods=["POST"]),
            Route("/admin/connections", self.connections),
            Route("/admin/bans", self.bans),
            Route("/admin/pools/{pool}", self.pool),
            Route("/admin/switching", self.switching),
            Route("/admin/config", self.config),
            Route("/admin/log", self.log),
            Route("/admin/events", self.events),
            Route("/admin/do/{order}", self.do, methods=["POST"]),
        ]

    async def login_form(self, request: Request) -> Response:
        """The only page for who is not logged in."""
        visit = visit_of(request)
        if visit.session is not None:
            return RedirectResponse(HOME, 303)
        return self._login_page(request, None, 200)

    async def log_in(self, request: Request) -> Response:
        """A session, or the form again."""
        visit = visit_of(request)
        fields = [visit.fields.get(name, "") for name in ("name", "password", "code")]
        outcome = await self.login.try_login(fields[0], fields[1], fields[2], visit.ip)
        if isinstance(outcome, Refusal):
            if not outcome.wait_seconds:
                return self._login_page(request, outcome, 401)
            page = self._login_page(request, outcome, 429)
            page.headers["Retry-After"] = str(outcome.wait_seconds)
            return page
        response = RedirectResponse(HOME, 303)
        set_cookie(request, response, COOKIE, cookie_of(outcome, await self.keys.key()), SESSION_SECONDS)
        return response

    async def log_out(self, request: Request) -> Response:
        """All sessions of the operator are over."""
        visit = visit_of(request)
        entry = await self.audit.begin(visit.who, visit.ip, "logout", {})
        await self.keys.end_all(visit.who, self.portal.now_ms())
        await self.audit.finish(entry, DONE, "logged out everywhere")
        response = RedirectResponse(LOGIN, 303)
        set_cookie(request, response, COOKIE, "", 0)
        return response

    async def overview(self, request: Request) -> Response:
        """How everything is."""
        return HTMLResponse(self.pages.overview(visit_of(request), self.news.newest()))

    async def connections(self, request: Request) -> Response:
        """Who is connected to a pool."""
        pool = request.query_params.get("pool") or min(self.portal.config.pools)
        self._require_pool(pool)
        search, number = request.query_params.get("search", "")[:MAX_SEARCH], _number(request)
        page = await self.stratum.connections(pool, search, (number - 1) * ROWS_A_PAGE)
        return HTMLResponse(self.pages.connections(visit_of(request), pool, search, number, page))

    async def bans(self, request: Request) -> Response:
        """Who is banned."""
        try:
            total, bans = await self.stratum.bans()
        except OrderRefused as error:
            return HTMLResponse(self.pages.bans(visit_of(request), 0, [], str(error)))
        return HTMLResponse(self.pages.bans(visit_of(request), total, bans, ""))

    async def pool(self, request: Request) -> Response:
        """A pool's payments; `?show=` asks for more of them."""
        pool, question = request.path_params["pool"], request.query_params.get("show", QUESTIONS[0])
        self._require_pool(pool)
        if question not in QUESTIONS:
            raise HTTPException(404)
        try:
            reply = await self.payments.ask(pool, question)
        except OrderRefused as error:
            return HTMLResponse(self.pages.pool(visit_of(request), pool, question, None, str(error)))
        return HTMLResponse(self.pages.pool(visit_of(request), pool, question, reply, ""))

    async def switching(self, request: Request) -> Response:
        """What the switching ports mine."""
        problem = await self.switches.look()
        return HTMLResponse(self.pages.switching(visit_of(request), problem))

    async def config(self, request: Request) -> Response:
        """The configuration."""
        shown = await asyncio.to_thread(self.files.shown)
        return HTMLResponse(self.pages.config(visit_of(request), shown, await self.reload.state()))

    async def log(self, request: Request) -> Response:
        """The log."""
        return HTMLResponse(self.pages.log(visit_of(request), await self.audit.newest()))

    async def events(self, request: Request) -> Response:
        """Blocks, payments and alarms as they come."""
        session = visit_of(request).session
        left_seconds = (session.ends_ms - self.portal.now_ms()) / 1000 if session else 0.0
        events = self.news.stream(min(left_seconds, STREAM_SECONDS))
        return EventStream(self.portal.hub, events=events)

    async def do(self, request: Request) -> Response:
        """Carry out an order."""
        visit = visit_of(request)
        back = visit.fields.get("back", "")
        back = back if back.startswith("/admin/") else HOME
        try:
            done = await self.actions.carry_out(request.path_params["order"], visit)
        except (OrderRefused, BusError) as error:
            return HTMLResponse(self.pages.outcome(visit, str(error), back, done=False), 409)
        return HTMLResponse(self.pages.outcome(visit, done, back, done=True))

    def _login_page(self, request: Request, refusal: Refusal | None, status: int) -> HTMLResponse:
        page = HTMLResponse(self.pages.login(visit_of(request), refusal), status)
        set_cookie(request, page, LOGIN_COOKIE, request.scope["nomp_nonce"], LOGIN_FORM_SECONDS)
        return page

    def _require_pool(self, pool: str) -> None:
        if pool not in self.portal.config.pools:
            raise HTTPException(404)


def _number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return min(max(1, int(text)), MAX_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 1
