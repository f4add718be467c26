"""Every page in a real browser: reachable, readable for everybody, on a phone, and silent to other hosts."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.browser import site_samples as samples
from tests.browser.site_stage import Stage
from tests.browser.visitor import PHONE, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = (
    "/",
    "/pools/litecoin",
    "/pools/litecoin/workers",
    "/pools/litecoin/blocks?page=2",
    "/pools/litecoin/payments",
    f"/miners/{samples.EVERYWHERE}",
    "/miners",
    "/getting-started",
    "/mining-key",
    "/status",
    "/docs",
)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_sound_in_both_themes_and_at_both_widths(
    stage: Stage, browser: Browser, path: str
) -> None:
    async with visiting(browser, stage.api.port, color_scheme="light", reduced_motion="reduce") as visitor:
        status = await visitor.goto(path)
        await visitor.page.wait_for_load_state("load")
        light, wide = await visitor.violations(), await visitor.overflow()
        await visitor.page.emulate_media(color_scheme="dark")
        dark = await visitor.violations("color-contrast")
        await visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a TypedDict of the same keys
        phone = await visitor.violations("scrollable-region-focusable")
        narrow = await visitor.overflow()

        assert status == 200
        assert (light, dark, phone) == ([], [], [])
        assert wide <= 0
        assert narrow <= 0
        assert await visitor.page.locator("h1").count() == 1
        assert visitor.faults == []


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/miners/Lnobody", 404, "unknown miner"),
        ("/miners?address=%3Cimg%20src=x%3E", 422, "not an address"),
        ("/pools/nopool", 404, "unknown pool"),
    ],
)
async def test_a_failure_is_a_page_as_well(
    stage: Stage, browser: Browser, path: str, status: int, says: str
) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        assert await visitor.goto(path) == status
        assert says in await visitor.text("h1")
        assert await visitor.violations() == []
        assert await visitor.page.locator("main img").count() == 0


async def test_without_scripts_every_figure_can_be_read(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port, java_script_enabled=False) as visitor:
        await visitor.goto("/pools/litecoin")
        pool = await visitor.text()
        curve = await visitor.page.locator(".spark polyline").count()
        await visitor.goto("/mining-key")
        key = await visitor.text()

    assert "4.82 TH/s" in pool
    assert "stratum+tcp://pool.example:3032" in pool
    assert "116 %" in pool
    assert curve == 1
    assert "needs JavaScript" in key


@pytest.mark.parametrize(
    "path",
    [
        "/pools/litecoin",
        "/pools/litecoin/workers",
        "/pools/litecoin/blocks",
        f"/miners/{samples.MINER}",
    ],
)
async def test_a_name_that_is_markup_is_only_text(stage: Stage, browser: Browser, path: str) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto(path)

        assert "<img src=x" in await visitor.text()
        assert await visitor.page.locator("main img, main b").count() == 0
        assert await visitor.page.title() != "1"
        assert visitor.faults == []


async def test_lists_are_turned_page_by_page(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/pools/litecoin/blocks")
        first = await visitor.text("tbody tr")
        await visitor.page.get_by_role("link", name="Next").click()
        await visitor.page.get_by_role("link", name="Next").click()

        assert "101 to 137 of 137" in await visitor.text(".pager")
        assert await visitor.page.get_by_role("link", name="Next").count() == 0
        await visitor.page.get_by_role("link", name="Previous").click()
        await visitor.page.get_by_role("link", name="Previous").click()
        assert await visitor.text("tbody tr") == first


async def test_a_miner_is_found_by_what_its_program_logs_in_with(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/")
        await visitor.page.get_by_role("search").get_by_label("Payout address").fill(f" {samples.MINER}.rig9")
        await visitor.page.keyboard.press("Enter")
        await visitor.page.wait_for_url(f"**/miners/{samples.MINER}")

        assert "15.0 GH/s" in await visitor.text()
        async with visitor.page.expect_download() as download:
            await visitor.page.get_by_role("link", name="Payments as CSV").click()
        assert (await download.value).suggested_filename == "payments.csv"
