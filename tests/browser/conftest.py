"""One browser for all tests of a process, and the site behind it. Tests share a loop with both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.site_stage import Stage, site
from tests.servers import NatsServer
from tests.servers.chromium import chromium


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A running Chromium."""
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The site over two busy pools."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    await server.start()
    try:
        async with site(server.url) as running:
            yield running
    finally:
        await server.stop()
