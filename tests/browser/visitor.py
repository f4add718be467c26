"""A person with a browser at the site: what they see, and everything that should never happen on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
"""Deque's axe-core, which looks for what hinders people who do not see, or do not use a mouse."""

REPEATED = ".operation:nth-of-type(n + 6), tbody tr:nth-of-type(n + 9)"
"""Parts like those before them: the API's reference has hundreds, and looking at each takes long."""

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


class Visitor:
    """One browser page. `faults` are console errors, bugs of scripts, and requests to other hosts."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self._base_url = base_url
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"bug: {error}"))
        page.on("request", self._on_request)

    async def goto(self, path: str) -> int:
        """Open a page of the site; its status."""
        answer = await self.page.goto(self._base_url + path)
        assert answer is not None
        return answer.status

    async def text(self, selector: str = "main") -> str:
        """What stands in the first such element."""
        return await self.page.locator(selector).first.inner_text()

    async def violations(self, *rules: str) -> list[str]:
        """What axe finds wrong with the page as it is, by all of its rules or by some."""
        await self.page.evaluate(AXE)
        options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
        place = {"exclude": [REPEATED]}
        found: dict[str, Any] = await self.page.evaluate("([p, o]) => axe.run(p, o)", [place, options])
        return [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    async def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(
            await self.page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self._base_url).netloc:
            self.faults.append(f"foreign: {request.url}")


@asynccontextmanager
async def visiting(browser: Browser, port: int, **options: Any) -> AsyncIterator[Visitor]:
    """A visitor of the site at a port of this machine, with nothing kept from earlier visits."""
    context: BrowserContext = await browser.new_context(**{"viewport": WIDE, **options})
    try:
        yield Visitor(await context.new_page(), f"http://127.0.0.1:{port}")
    finally:
        await context.close()
