"""The web site while figures are missing, old or out of the ordinary."""

from __future__ import annotations

import asyncio

from nompcore.requests import MinerReply, MinerRequest
from nompcore.subjects import MINER
from tests.service.api_service import full_api, running_api, store_snapshots, writer
from tests.service.site_page import MINER_PAGE, PAGES, POOL_PAGE, Page, page
from tests.unit import api_samples as samples


async def test_without_payouts_pages_say_so_and_show_the_rest(nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        pool = await page(api, POOL_PAGE)
        answers = {
            path: await api.client.get(path)
            for path in (MINER_PAGE, f"{POOL_PAGE}/blocks", f"{POOL_PAGE}/payments")
        }
        others = {path: (await api.client.get(path)).status_code for path in PAGES if path not in answers}

    assert "payouts unavailable" in pool.text
    assert "2.50 MH/s" in pool.text
    assert set(others.values()) == {200}
    for path, answer in answers.items():
        assert answer.status_code == 503, path
        assert answer.headers["retry-after"] == "5", path
        assert "payouts unavailable" in Page(answer.text).text, path


async def test_a_payouts_that_hangs_does_not_hang_the_page(nats_url: str) -> None:
    async def never(_: MinerRequest) -> MinerReply:
        await asyncio.Event().wait()
        raise AssertionError("an event that nobody sets was set")

    async with writer(nats_url) as bus, running_api(nats_url) as api:
        await bus.serve(MINER, never, samples.POOL)
        answer = await api.client.get(MINER_PAGE)

    assert answer.status_code == 503
    assert "payouts unavailable" in Page(answer.text).text


async def test_a_pool_that_was_never_heard_of_has_pages_too(nats_url: str) -> None:
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        pool, workers = await page(api, POOL_PAGE), await page(api, f"{POOL_PAGE}/workers")
        home = await page(api, "/")

    assert "waiting for figures" in home.text
    assert "No block found yet." in pool.text
    assert "Nobody mines here at the moment." in workers.text


async def test_old_figures_are_called_old(nats_url: str) -> None:
    async with full_api(nats_url) as api:
        live = api.portal.state.pools[samples.POOL]
        live.pool = samples.pool_snapshot(time_ms=samples.NOW_MS - 7200_000)
        api.portal.state.gathered(samples.NOW_MS)
        home = await page(api, "/")

    assert "figures are old: 2 h ago" in home.text


async def test_a_round_longer_than_average_shows_its_effort_and_a_full_bar(nats_url: str) -> None:
    async with full_api(nats_url) as api:
        live = api.portal.state.pools[samples.POOL]
        live.pool = samples.pool_snapshot(round_difficulty=6921.0 * samples.SCRYPT_MULTIPLIER)
        api.portal.state.gathered(samples.NOW_MS)
        home = await page(api, "/")

    assert "300 %" in home.text
    assert ("progress", "value", "100") in home.attributes
