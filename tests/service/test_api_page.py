"""The web site, as a browser without and with JavaScript gets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html.parser import HTMLParser

import pytest

from tests.service.api_service import RunningApi, full_api, running_api, store_snapshots, writer
from tests.unit import api_samples as samples

PAGES = ("/", "/live", f"/miners?pool={samples.POOL}&address={samples.ADDRESS}", "/miners", "/docs")


@pytest.fixture
async def api(nats_url: str) -> AsyncIterator[RunningApi]:
    """The api with snapshots and an answering payouts."""
    async with full_api(nats_url) as running:
        yield running


class Page(HTMLParser):
    """Text, tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


async def page(api: RunningApi, path: str) -> Page:
    return Page((await api.client.get(path)).text)


async def test_the_home_page_shows_the_pool_alive(api: RunningApi) -> None:
    home = await page(api, "/")

    for shown in (
        "Litecoin",
        "live",
        "2.50 MH/s",
        "2\N{NARROW NO-BREAK SPACE}950\N{NARROW NO-BREAK SPACE}123",
        "2307",
        "1 of 2 ok",
        "25.0 %",
        "stratum+tcp://pool.example:3032",
        "<your LTC address>.<rig>",
        "22/100",
        "12.5",
        "75.0625 LTC",
        "1 h ago",
    ):
        assert shown in home.text, shown


async def test_the_curve_has_the_history(api: RunningApi) -> None:
    home = await page(api, "/")

    assert ("svg", "data-points", "2000000 2250000") in home.attributes


async def test_markup_in_worker_names_is_text(api: RunningApi) -> None:
    home = await page(api, "/")
    miner = await page(api, f"/miners?pool={samples.POOL}&address={samples.ADDRESS}")

    assert "b" not in home.tags
    assert samples.HOSTILE_WORKER in home.text
    assert "script" not in miner.tags
    assert "<script>alert(1)</script>" in miner.text


async def test_markup_in_a_looked_up_address_does_not_come_back(api: RunningApi) -> None:
    answer = await api.client.get("/miners", params={"pool": samples.POOL, "address": "<img src=x>"})

    assert answer.status_code == 422
    assert "<img src=x>" not in answer.text


async def test_pages_need_nothing_inline_and_nothing_foreign(api: RunningApi) -> None:
    for path in PAGES:
        shown = await page(api, path)
        own = [value for _, name, value in shown.attributes if name in ("src", "action", "data-source")]
        styles = [value for tag, name, value in shown.attributes if tag == "link" and name == "href"]

        assert all(value.startswith("/") for value in own + styles), path
        assert "style" not in shown.tags, path
        assert not [name for _, name, _ in shown.attributes if name == "style" or name.startswith("on")], path
        assert shown.tags.count("script") == sum(
            (tag, name) == ("script", "src") for tag, name, _ in shown.attributes
        ), path


async def test_every_file_a_page_names_is_there(api: RunningApi) -> None:
    home = await page(api, "/")
    files = {value for _, _, value in home.attributes if value.startswith(("/static/", "/live"))}

    assert len(files) >= 4
    for file in files:
        assert (await api.client.get(file)).status_code == 200, file


async def test_the_changing_part_is_the_same_as_in_the_page(api: RunningApi) -> None:
    part = (await api.client.get("/live")).text

    assert part.strip() in (await api.client.get("/")).text


async def test_a_looked_up_miner_has_a_page(api: RunningApi) -> None:
    miner = await page(api, f"/miners?pool={samples.POOL}&address={samples.ADDRESS}")

    for shown in (samples.ADDRESS, "1.50 MH/s", "1.5 LTC", "203.0.113.x", "2.00000001", "3 s ago"):
        assert shown in miner.text, shown


async def test_a_miner_is_found_by_what_its_program_logs_in_with(api: RunningApi) -> None:
    answer = await api.client.get("/miners", params={"pool": samples.POOL, "address": " LaddressOne.rig1 "})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "title"),
    [
        ({"pool": "nopool", "address": "Lone"}, 404, "unknown pool"),
        ({"pool": samples.POOL, "address": "Lnobody"}, 404, "unknown miner"),
        ({"pool": samples.POOL}, 422, "not an address"),
        ({}, 404, "unknown pool"),
    ],
)
async def test_a_lookup_that_fails_says_why(
    api: RunningApi, query: dict[str, str], status: int, title: str
) -> None:
    answer = await api.client.get("/miners", params=query)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert title in Page(answer.text).text


async def test_without_payouts_the_page_says_so_and_shows_the_rest(nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        home = await page(api, "/")
        lookup = await api.client.get("/miners", params={"pool": samples.POOL, "address": samples.ADDRESS})

    assert "payouts unavailable" in home.text
    assert "2.50 MH/s" in home.text
    assert lookup.status_code == 503
    assert "payouts unavailable" in Page(lookup.text).text


async def test_a_pool_that_was_never_heard_of_has_a_page_too(nats_url: str) -> None:
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        home = await page(api, "/")

    assert "waiting for figures" in home.text
    assert "No block found yet." in home.text


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


async def test_the_api_reference_names_every_route_and_object(api: RunningApi) -> None:
    document = (await api.client.get("/openapi.json")).json()
    docs = await page(api, "/docs")

    for path in document["paths"]:
        assert path in docs.text, path
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema:
            assert ("section", "id", name) in docs.attributes, name


async def test_without_the_web_site_the_api_and_its_reference_remain(nats_url: str) -> None:
    async with running_api(nats_url, samples.portal_config(enabled=False)) as api:
        statuses = {
            path: (await api.client.get(path)).status_code
            for path in ("/", "/live", "/miners", "/docs", "/health")
        }

    assert statuses == {"/": 404, "/live": 404, "/miners": 404, "/docs": 200, "/health": 200}
