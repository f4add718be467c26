"""Somebody with a browser at the site of a running pool: pages open, and figures go on by themselves."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from tests.browser.visitor import visiting
from tests.servers.chromium import chromium

POOL = "/pools/litecoin"
PAGES = ("/", POOL, f"{POOL}/workers", f"{POOL}/blocks", f"{POOL}/payments", "/getting-started", "/status")

# The next update of a busy machine.
PATIENCE_MILLISECONDS = 60_000


def visit_site(port: int, miner: str, txid_display: str) -> list[str]:
    """Look at every page, at the payment of a miner, and wait for news; what the browser complained of."""
    return asyncio.run(_visit(port, miner, txid_display))


async def _visit(port: int, miner: str, txid_display: str) -> list[str]:
    async with chromium() as browser, visiting(browser, port) as visitor:
        for path in PAGES:
            assert await visitor.goto(path) == 200, path
        assert await visitor.goto(f"/miners/{miner}") == 200
        assert txid_display[:8] in await visitor.page.content()
        async with visitor.page.expect_response("**/api/live_stats"):
            await visitor.goto(POOL)
        figures = visitor.page.locator("#live-figures")
        await visitor.page.evaluate("() => { window.stayed = true }")
        before = await figures.inner_text()
        await expect(figures).not_to_have_text(before, timeout=PATIENCE_MILLISECONDS, use_inner_text=True)
        assert await visitor.page.evaluate("() => window.stayed"), "the page was loaded anew"
        return visitor.faults
