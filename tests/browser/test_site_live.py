"""Pages that stay current by themselves, and charts that are really drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from playwright.async_api import Browser, expect

from tests.browser import site_samples as samples
from tests.browser.site_stage import Stage
from tests.browser.visitor import Visitor, visiting
from tests.servers import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHARTS = ("hashrate", "workers", "difficulty", "effort", "luck")

INKED = """
(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let i = 0; i < data.length; i += 4) inked += data.slice(i, i + 4).join() === "15,118,110,255";
  return inked;
}
"""
"""How many pixels of a canvas have the accent's colour: those of the curve, not of axes and labels."""

LEAST_CURVE = 200
"""Pixels: a curve across the narrowest chart has more, at one of the two that it is thick."""


async def listening(visitor: Visitor, path: str) -> None:
    """Open a page and wait until it listens: an event before that would be missed."""
    async with visitor.page.expect_response("**/api/live_stats"):
        await visitor.goto(path)


async def test_figures_change_without_a_reload(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await listening(visitor, "/pools/litecoin")
        await visitor.page.evaluate("() => { window.stayed = true }")
        connect = visitor.page.get_by_role("link", name="Ready command lines")
        await connect.focus()
        try:
            await stage.update(samples.LITECOIN, hashrate=7.77e12, miner_count=99)
            await expect(visitor.page.locator(".figure")).to_have_text("7.77 TH/s")
            await expect(visitor.page.locator("#live-figures")).to_contain_text("99")
            await expect(connect).to_be_focused()
        finally:
            await stage.update(samples.LITECOIN)
        await expect(visitor.page.locator(".figure")).to_have_text("4.82 TH/s")

        assert await visitor.page.evaluate("() => window.stayed")
        assert visitor.faults == []


async def test_every_pool_of_the_home_page_changes(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await listening(visitor, "/")
        try:
            await stage.update(samples.BITCOIN, worker_count=1_000)
            await expect(visitor.page.locator("#pool-bitcoin")).to_contain_text(
                "1\N{NARROW NO-BREAK SPACE}000"
            )
            await expect(visitor.page.locator("#live-totals")).to_contain_text(
                "1\N{NARROW NO-BREAK SPACE}124"
            )
        finally:
            await stage.update(samples.BITCOIN)


async def test_a_hidden_page_holds_no_connection_and_catches_up(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await listening(visitor, "/pools/litecoin")
        hub = stage.api.portal.hub
        await visitor.page.evaluate(LOOK_AWAY, True)
        await wait_until(lambda: hub.listeners == 0)
        try:
            await stage.update(samples.LITECOIN, hashrate=6.66e12)
            async with visitor.page.expect_response("**/api/live_stats"):
                await visitor.page.evaluate(LOOK_AWAY, False)
            await expect(visitor.page.locator(".figure")).to_have_text("6.66 TH/s")
        finally:
            await stage.update(samples.LITECOIN)


LOOK_AWAY = """
(away) => {
  Object.defineProperty(document, "hidden", { value: away, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""
"""What a browser tells a page when its tab is left or looked at again."""


async def test_a_page_says_when_it_hears_nothing_any_more(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await listening(visitor, "/")
        await visitor.page.context.set_offline(True)
        stage.api.portal.hub.publish(b"data: {}\n\n")

        await expect(visitor.page.locator("body.offline")).to_have_count(1)


@pytest.mark.parametrize("kind", CHARTS)
async def test_a_chart_is_drawn(stage: Stage, browser: Browser, kind: str) -> None:
    async with visiting(browser, stage.api.port, color_scheme="light") as visitor:
        await visitor.goto("/pools/litecoin")
        canvas = visitor.page.locator(f"[data-chart={kind}] canvas")
        await canvas.wait_for()
        await visitor.page.evaluate("() => new Promise(requestAnimationFrame)")

        assert await canvas.evaluate(INKED) > LEAST_CURVE
        assert visitor.faults == []


async def test_a_chart_goes_on_with_new_figures(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await listening(visitor, "/pools/bitcoin")
        figure = visitor.page.locator("[data-chart=hashrate]")
        await figure.locator("canvas").wait_for()
        before = await figure.evaluate(POINTS)
        newest = msgspec.structs.replace(samples.history(samples.BITCOIN)[-1], time_ms=samples.NOW_MS + 1)
        stage.api.portal.state.add_history(samples.BITCOIN, [newest], samples.NOW_MS)
        await stage.update(samples.BITCOIN)
        await changes(lambda: figure.evaluate(POINTS), before, visitor)

        assert await figure.evaluate(POINTS) == before + 1


async def test_a_miners_charts_are_drawn_for_each_pool(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port, color_scheme="light") as visitor:
        await visitor.goto(f"/miners/{samples.EVERYWHERE}")
        for kind in ("hashrate", "rigs"):
            canvases = visitor.page.locator(f"[data-chart={kind}] canvas")
            await expect(canvases).to_have_count(len(samples.POOLS))
            inked = [await canvas.evaluate(INKED) for canvas in await canvases.all()]
            assert all(pixels > LEAST_CURVE for pixels in inked), inked
        await visitor.page.locator("[data-chart=rigs] .u-over").first.hover()
        await expect(visitor.page.locator("[data-chart=rigs] .tip").first).to_contain_text("rig001")

        assert await visitor.violations() == []
        assert await visitor.overflow() <= 0
        assert visitor.faults == []


async def test_charts_follow_their_place_and_the_theme(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port, color_scheme="light") as visitor:
        await visitor.goto("/pools/litecoin")
        canvas = visitor.page.locator("[data-chart=hashrate] canvas")
        await canvas.wait_for()
        wide = await canvas.evaluate("(c) => c.width")
        light = await canvas.evaluate(COLOUR)
        await visitor.page.get_by_role("button", name="Dark theme").click()
        await changes(lambda: canvas.evaluate(COLOUR), light, visitor)
        await visitor.page.set_viewport_size({"width": 400, "height": 800})
        await changes(lambda: canvas.evaluate("(c) => c.width"), wide, visitor)

        assert await visitor.overflow() <= 0


POINTS = "(figure) => figure.chart.data[0].length"

COLOUR = """
(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join());
  return [...seen].sort().join(" ");
}
"""
"""The opaque colours of a canvas."""


async def changes(look: Callable[[], Awaitable[object]], before: object, visitor: Visitor) -> None:
    """Wait until something is not any more what it was."""
    while await look() == before:
        await visitor.page.evaluate("() => new Promise(requestAnimationFrame)")


async def test_the_theme_that_was_chosen_stays(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port, color_scheme="light") as visitor:
        await visitor.goto("/")
        button = visitor.page.get_by_role("button", name="Dark theme")
        await expect(button).to_have_attribute("aria-pressed", "false")
        await button.click()
        await visitor.goto("/status")

        await expect(button).to_have_attribute("aria-pressed", "true")
        await expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
        assert await visitor.violations("color-contrast") == []


async def test_the_keyboard_comes_to_the_content_at_once(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/")
        await visitor.page.keyboard.press("Tab")
        await expect(visitor.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.page.locator("main")).to_be_focused()
        await visitor.page.keyboard.press("Tab")

        await expect(visitor.page.locator("main a").first).to_be_focused()
