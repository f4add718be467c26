"""Renders the admin center's pages from what was asked of other services."""

from __future__ import annotations

from datetime import UTC, datetime

from nompcore.control import AdminAction
from nompcore.messages import Ban
from nompcore.requests import PaymentsControlReply
from services.api.admin.login import Refusal
from services.api.admin.news import News
from services.api.admin.reload_desk import ReloadState
from services.api.admin.stratum_desk import ROWS_A_PAGE, ConnectionPage
from services.api.admin.visit import TOKEN_FIELD, Visit
from services.api.site.environment import environment
from services.api.site.texts import read_texts
from services.api.state.portal import Portal
from services.api.views.status_view import status_of
from services.api.views.switch_views import switch_view


class AdminPages:
    """One method a page."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._templates = environment(read_texts())
        site = portal.config.website
        self._templates.globals["site"] = site.stratum_host
        self._templates.globals["has_site"] = False  # the site may be on another port
        self._templates.globals["token_field"] = TOKEN_FIELD
        self._templates.globals["pool_names"] = sorted(portal.config.pools)

    def login(self, visit: Visit, refusal: Refusal | None = None) -> str:
        """Name, password and digits; why the last ones were refused."""
        return self._render("login", visit, refusal=refusal)

    def overview(self, visit: Visit, news: list[News]) -> str:
        """Services, daemons, and what happened lately."""
        portal = self._portal
        connected = portal.bus.connected
        status = status_of(portal.config.pools, portal.state, portal.now_ms(), connected=connected)
        pulses = [
            (pool, pulse.stats, portal.now_ms() - pulse.heard_ms)
            for pool, live in sorted(portal.state.pools.items())
            for _, pulse in sorted(live.pulses.items())
        ]
        return self._render("overview", visit, status=status, pulses=pulses, news=news)

    def connections(self, visit: Visit, pool: str, search: str, number: int, page: ConnectionPage) -> str:
        """Live connections of one pool."""
        pages = max(1, -(-page.total // ROWS_A_PAGE))
        return self._render(
            "connections", visit, pool=pool, search=search, number=number, pages=pages, page=page
        )

    def bans(self, visit: Visit, total: int, bans: list[Ban], problem: str) -> str:
        """Banned addresses, and the form to ban one."""
        return self._render(
            "bans", visit, total=total, bans=bans, problem=problem, now_ms=self._portal.now_ms()
        )

    def pool(
        self, visit: Visit, pool: str, question: str, reply: PaymentsControlReply | None, problem: str
    ) -> str:
        """A pool's payments."""
        has_upstream = self._portal.pool(pool).upstream is not None
        return self._render(
            "pool", visit, pool=pool, question=question, reply=reply, problem=problem,
            has_upstream=has_upstream,
        )  # fmt: skip

    def switching(self, visit: Visit, problem: str) -> str:
        """The switches, each with the form to switch it."""
        portal, profit = self._portal, self._portal.config.profit_switch
        switches = [switch_view(live, portal.views) for live in portal.switches.switches.values()]
        hold_seconds = profit.manual_hold_seconds if profit else 0
        facts = {"profit_on": profit is not None, "hold_seconds": hold_seconds}
        return self._render("switching", visit, switches=switches, problem=problem, **facts)

    def config(self, visit: Visit, files: list[tuple[str, str]], reload: ReloadState) -> str:
        """The configuration without secrets, and how a reload stands."""
        warnings = self._portal.config.warnings
        return self._render("config", visit, files=files, reload=reload, warnings=warnings)

    def log(self, visit: Visit, actions: list[AdminAction]) -> str:
        """What operators did."""
        return self._render("log", visit, actions=actions)

    def outcome(self, visit: Visit, text: str, back: str, *, done: bool) -> str:
        """What came of an order."""
        return self._render("outcome", visit, done=done, text=text, back=back)

    def _render(self, template: str, visit: Visit, **context: object) -> str:
        now = datetime.fromtimestamp(self._portal.now_ms() / 1000, UTC)
        return self._templates.get_template(f"admin/{template}.html").render(
            now=now, here=template, visit=visit, **context
        )
