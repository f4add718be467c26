"""Puts the admin center together, and gives it its place: beside the public paths or on its own port."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from nompcore.errors import BusError
from services.api.admin.actions import Actions
from services.api.admin.audit_log import AuditLog
from services.api.admin.config_files import ConfigFiles
from services.api.admin.guard import Guard
from services.api.admin.login import Login
from services.api.admin.login_gate import LoginGate
from services.api.admin.news import NewsDesk
from services.api.admin.operators import Operator
from services.api.admin.pages import AdminPages
from services.api.admin.payments_desk import PaymentsDesk
from services.api.admin.reload_desk import ReloadDesk
from services.api.admin.routes import AdminRoutes
from services.api.admin.session_keys import SessionKeys
from services.api.admin.stratum_desk import StratumDesk
from services.api.admin.switch_desk import SwitchDesk
from services.api.admin.visit import HOME
from services.api.serving.rate_limit import Gate, RateLimit
from services.api.serving.request_metrics import RequestMetrics
from services.api.serving.security_headers import SecurityHeaders
from services.api.state.portal import Portal


class AdminCenter:
    """The application for `/admin` and what is below it. `routes` are its paths."""

    def __init__(
        self, portal: Portal, operators: Mapping[str, Operator], files: ConfigFiles, gate: Gate | None = None
    ) -> None:
        gate = gate or Gate()
        self._portal = portal
        self._news = NewsDesk()
        keys, audit = SessionKeys(portal.bus), AuditLog(portal.bus, portal.now_ms)
        stratum, payments = StratumDesk(portal.bus, portal.state), PaymentsDesk(portal.bus)
        switches = SwitchDesk(portal.bus, portal.switches)
        reload = ReloadDesk(portal.bus, portal.config, files, portal.now_ms)
        login = Login(operators, keys, LoginGate(portal.bus), audit, portal.now_ms)
        handlers = AdminRoutes(
            portal=portal,
            pages=AdminPages(portal),
            keys=keys,
            login=login,
            actions=Actions(portal.config.pools, stratum, payments, switches, audit, files.problems, reload),
            stratum=stratum,
            payments=payments,
            switches=switches,
            audit=audit,
            files=files,
            reload=reload,
            news=self._news,
        )
        self.routes: list[Route] = handlers.routes()
        app = Starlette(
            routes=self.routes, exception_handlers={BusError: _unavailable, HTTPException: _http_error}
        )
        app.router.redirect_slashes = False
        self.app: ASGIApp = RateLimit(Guard(app, operators, keys, gate, portal.now_ms), gate)

    async def open(self, stop: asyncio.Event) -> None:
        """Hear what happens until `stop`, then let listeners go."""
        await self._news.subscribe(self._portal.bus)
        await stop.wait()
        self._news.close()


def beside(admin: AdminCenter, public: ASGIApp) -> ASGIApp:
    """Both on one port: nothing that the public application does to requests touches the admin center's."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_admin = path == HOME or path.startswith(f"{HOME}/")
        await (admin.app if is_admin else public)(scope, receive, send)

    return app


def alone(admin: AdminCenter, static: StaticFiles) -> ASGIApp:
    """The admin center on a port of its own, with the files that its pages are made of."""

    async def home(_: Request) -> Response:
        return RedirectResponse(HOME, 303)

    rest = Starlette(routes=[Mount("/static", static), Route("/{path:path}", home)])
    return RequestMetrics(SecurityHeaders(beside(admin, rest)))


async def _unavailable(_: Request, __: Exception) -> Response:
    return PlainTextResponse("NATS does not answer; try again shortly\n", 503, {"Retry-After": "5"})


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse(f"{error}\n", status)
