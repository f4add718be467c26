"""The web site, as a browser without JavaScript gets it; tests/browser has what happens with it."""

from __future__ import annotations

import pytest

from services.api.site.routes import OLD_PATHS
from tests.service.api_service import RunningApi, running_api
from tests.service.site_page import MINER_PAGE, PAGES, POOL_PAGE, Page, page
from tests.unit import api_samples as samples


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", ("Litecoin", "live", "2.50 MH/s", "2307", "25.0 %", "PROP", "fee 1.5 %", "1 h ago")),
        (
            POOL_PAGE,
            (
                "2\N{NARROW NO-BREAK SPACE}950\N{NARROW NO-BREAK SPACE}123",
                "1 of 2 ok",
                "stratum+tcp://pool.example:3032",
                "<your LTC address>.<rig>",
                "22/100",
                "12.5",
                "75.0625",
            ),
        ),
        (f"{POOL_PAGE}/workers", ("1.50 MH/s", "LaddressTwo", "1 to 3 of 3", "3 s ago")),
        (f"{POOL_PAGE}/blocks", ("1 to 7 of 7", "pending", "12.5", "abababab")),
        (f"{POOL_PAGE}/payments", ("3.00000001", "confirmed", "1 to 1 of 1", "1 min ago")),
        (MINER_PAGE, (samples.ADDRESS, "1.50 MH/s", "1.5 LTC", "203.0.113.x", "2.00000001", "3 s ago")),
        (
            "/getting-started",
            ("cpuminer -a scrypt -o stratum+tcp://pool.example:3032 -u YOUR_LTC_ADDRESS.rig1",),
        ),
        ("/mining-key", ("Litecoin", "48", "50 5", "ltc")),
        ("/status", ("Stratum", "unreachable", "running", "Not everything is in order.")),
    ],
)
async def test_a_page_shows(api: RunningApi, path: str, shown: tuple[str, ...]) -> None:
    answer = await api.client.get(path)
    text = Page(answer.text).text

    assert answer.status_code == 200
    for part in shown:
        assert part in text, part


async def test_the_curve_is_drawn_by_the_server(api: RunningApi) -> None:
    home = await page(api, "/")

    assert ("polyline", "points", "0.0,8.2 300.0,2.0") in home.attributes


async def test_charts_have_the_history_and_the_blocks(api: RunningApi) -> None:
    charts = (await api.client.get(f"/charts/{samples.POOL}")).json()

    assert charts["hashrate"] == [[1_763_999_970, 1_763_999_985], [2_000_000, 2_250_000]]
    assert charts["workers"][1] == [2, 3]
    assert (charts["effort"][1], charts["luck"][1]) == ([50], [200])
    assert charts["difficulty"][0] == charts["effort"][0] == [samples.NOW_MS / 1000 - 3600]
    assert (await api.client.get("/charts/nopool")).status_code == 404


async def test_charts_of_a_miner_have_its_past_and_names_of_its_workers(api: RunningApi) -> None:
    answer = await api.client.get(f"/charts/{samples.POOL}/miners/{samples.ADDRESS}")
    charts = answer.json()

    assert answer.headers["cache-control"] == "max-age=60"
    assert charts["hashrate"][1] == charts["rigs"][1] == [None, 1_500_000, 0]
    assert charts["names"] == {"rigs": ["<script>alert(1)</script>"]}
    assert (await api.client.get("/charts/nopool/miners/a")).status_code == 404
    assert (await api.client.get(f"/charts/{samples.POOL}/miners/nobody")).json()["hashrate"] == [[], []]


async def test_markup_in_worker_names_is_text(api: RunningApi) -> None:
    workers = await page(api, f"{POOL_PAGE}/workers")
    miner = await page(api, MINER_PAGE)

    assert "b" not in workers.tags
    assert samples.HOSTILE_WORKER in workers.text
    assert "<script>alert(1)</script>" in miner.text
    assert miner.tags.count("script") == workers.tags.count("script") + 1  # what draws its charts


async def test_markup_in_a_looked_up_address_does_not_come_back(api: RunningApi) -> None:
    answer = await api.client.get("/miners", params={"address": "<img src=x>"})

    assert answer.status_code == 422
    assert "<img src=x>" not in answer.text


async def test_pages_need_nothing_inline_and_nothing_foreign(api: RunningApi) -> None:
    for path in PAGES:
        shown = await page(api, path)
        own = [value for _, name, value in shown.attributes if name in ("src", "action", "data-charts")]
        styles = [value for tag, name, value in shown.attributes if tag == "link" and name == "href"]

        assert all(value.startswith("/") for value in own + styles), path
        assert "style" not in shown.tags, path
        assert not [name for _, name, _ in shown.attributes if name == "style" or name.startswith("on")], path
        assert shown.tags.count("script") == sum(
            (tag, name) == ("script", "src") for tag, name, _ in shown.attributes
        ), path


async def test_every_link_and_file_of_ours_is_there(api: RunningApi) -> None:
    found: set[str] = set()
    for path in PAGES:
        shown = await page(api, path)
        found |= {
            value.partition("#")[0]
            for _, name, value in shown.attributes
            if name in ("src", "href", "action", "data-charts") and value.startswith("/")
        }

    assert len(found) >= 15
    for link in found - {"/miners/LaddressTwo"}:  # whom the payouts of the samples does not know
        expected = 405 if link.endswith("/sign") else 200  # that form is posted
        assert (await api.client.get(link)).status_code == expected, link


async def test_parts_that_change_can_be_told_apart(api: RunningApi) -> None:
    for path in PAGES:
        ids = [value for _, name, value in (await page(api, path)).attributes if name == "id"]

        assert len(ids) == len(set(ids)), path


@pytest.mark.parametrize("login", [" LaddressOne.rig1 ", "LaddressOne", "LaddressOne.rig.1"])
async def test_a_miner_is_found_by_what_its_program_logs_in_with(api: RunningApi, login: str) -> None:
    answer = await api.client.get("/miners", params={"address": login})

    assert answer.status_code == 303
    assert answer.headers["location"] == MINER_PAGE


@pytest.mark.parametrize("old", [*OLD_PATHS, "/workers/LaddressOne"])
async def test_the_paths_of_nomp_lead_to_pages(api: RunningApi, old: str) -> None:
    answer = await api.client.get(old)

    assert answer.status_code == 308
    assert (await api.client.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/miners/Lnobody", 404, "unknown miner"),
        ("/miners/a%20b", 422, "not an address"),
        (f"/miners/{'L' * 129}", 422, "not an address"),
        ("/pools/nopool", 404, "unknown pool"),
        ("/pools/nopool/blocks", 404, "unknown pool"),
    ],
)
async def test_a_page_that_is_not_there_says_why(api: RunningApi, path: str, status: int, title: str) -> None:
    answer = await api.client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert title in Page(answer.text).text


@pytest.mark.parametrize("number", ["0", "-1", "x", "20001", "9" * 40])
async def test_a_page_number_that_cannot_be_is_refused(api: RunningApi, number: str) -> None:
    answer = await api.client.get(f"{POOL_PAGE}/blocks", params={"page": number})

    assert answer.status_code == 422


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
        statuses = {path: (await api.client.get(path)).status_code for path in (*PAGES, "/health")}
        docs = await page(api, "/docs")

    assert {path for path, status in statuses.items() if status == 200} == {"/docs", "/health"}
    assert "form" not in docs.tags
