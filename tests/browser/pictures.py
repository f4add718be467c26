"""`python -m tests.browser.pictures`: the pages as docs/screenshots shows them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser

from tests.browser import site_samples as samples
from tests.browser.site_stage import site
from tests.servers import NatsServer
from tests.servers.chromium import chromium

TARGET = Path(__file__).parents[2] / "docs" / "screenshots"

WIDE, TALL, PHONE = (
    {"width": 1280, "height": 860},
    {"width": 1280, "height": 1560},
    {"width": 390, "height": 844},
)

PICTURES = (
    ("home", "/", WIDE, "light"),
    ("home-dark", "/", WIDE, "dark"),
    ("pool", "/pools/litecoin", TALL, "light"),
    ("pool-dark", "/pools/litecoin", TALL, "dark"),
    ("pool-phone", "/pools/litecoin", PHONE, "light"),
    ("miner", f"/miners/{samples.MINER}", WIDE, "light"),
    ("getting-started", "/getting-started", TALL, "light"),
    ("status-dark", "/status", WIDE, "dark"),
    ("mining-key", "/mining-key", WIDE, "light"),
)


async def take(browser: Browser, base: str, name: str, path: str, size: dict[str, int], theme: str) -> None:
    """One picture."""
    page = await browser.new_page(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    await page.goto(base + path)
    await page.wait_for_timeout(400)  # charts are drawn
    if await page.locator("#key-address").count():
        await page.fill("#key-address", samples.MINER)
    await page.screenshot(path=TARGET / f"{name}.png")
    await page.close()


async def main() -> None:
    """All of them."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        server = NatsServer(Path(directory) / "nats")
        await server.start()
        try:
            async with site(server.url) as stage, chromium() as browser:
                for picture in PICTURES:
                    await take(browser, f"http://127.0.0.1:{stage.api.port}", *picture)
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
