"""/api/v1 beside pools, blocks and payments: lists, exports, tags, limits, over real NATS and HTTP."""

from __future__ import annotations

import csv
import io

import httpx
import msgspec
import pytest

from nompcore.requests import MinerReply, MinerRequest
from nompcore.subjects import MINER
from services.api.serving.client_address import TrustedProxies
from services.api.serving.rate_limit import Gate
from services.api.v1.miners import CSV_PAGE
from tests.counted import counted
from tests.service.api_service import RunningApi, running_api, store_snapshots, writer
from tests.unit import api_samples as samples

POOL_PATH = f"/api/v1/pools/{samples.POOL}"
MINER_PATH = f"{POOL_PATH}/miners/{samples.ADDRESS}"


async def test_coins_have_what_a_wallet_needs(api: RunningApi) -> None:
    (coin,) = (await api.client.get("/api/v1/coins")).json()["coins"]

    assert (coin["name"], coin["symbol"], coin["algorithm"]) == ("Litecoin", "LTC", "scrypt")
    assert coin["networks"]["main"]["pubkey_versions"] == [48]
    assert coin["networks"]["main"]["bech32_prefix"] == "ltc"
    assert coin["networks"]["test"]["pubkey_versions"] == [111]
    assert coin["pools"] == [samples.POOL]


async def test_ports_have_difficulty_vardiff_and_tls(api: RunningApi) -> None:
    first, second = (await api.client.get(f"{POOL_PATH}/ports")).json()["ports"]

    assert (first["port"], first["difficulty"], first["tls"]) == (3032, 32.0, "off")
    assert first["vardiff"] == {
        "minimum": 8.0,
        "maximum": 512.0,
        "target_seconds": 15.0,
        "retarget_seconds": 90.0,
        "variance_percent": 30.0,
    }
    assert (second["vardiff"], second["tls_url"]) == (None, None)


async def test_the_network_and_its_past(api: RunningApi) -> None:
    network = (await api.client.get(f"{POOL_PATH}/network")).json()
    whole = (await api.client.get(f"{POOL_PATH}/history")).json()["points"]
    late = (await api.client.get(f"{POOL_PATH}/history", params={"since": 1_763_999_980})).json()["points"]
    averaged = (await api.client.get(f"{POOL_PATH}/history", params={"points": 1})).json()["points"]

    assert (network["height"], network["difficulty"]) == (2_950_123, 2307.0)
    assert [point["hashrate"] for point in whole] == [2_000_000.0, 2_250_000.0]
    assert [point["workers"] for point in late] == [3]
    assert [(point["hashrate"], point["workers"]) for point in averaged] == [(2_125_000.0, 2.5)]


async def test_rounds_and_the_status_of_every_part(api: RunningApi) -> None:
    (current,) = (await api.client.get("/api/v1/rounds")).json()["rounds"]
    status = (await api.client.get("/api/v1/status")).json()

    assert (current["pool"], current["effort_percent"]) == (samples.POOL, 25.0)
    assert current["since"] == "2025-11-24T15:00:00.123000Z"
    assert current["block_every_seconds"] == pytest.approx(2307 * 2**32 / 2.5e6)
    assert {part["service"] for part in status["services"]} == {
        "api",
        "stratum",
        "jobmaker",
        "payouts",
        "notifier",
    }
    assert [daemon["state"] for daemon in status["daemons"]] == ["ok", "unreachable"]


async def test_blocks_come_with_effort_and_luck_and_the_way_to_other_pages(api: RunningApi) -> None:
    answer = await api.client.get(f"{POOL_PATH}/blocks", params={"offset": 2, "limit": 2})
    page = answer.json()

    assert page["blocks"][0]["effort_percent"] == 50.0
    assert page["luck"] == [
        {"last": 16, "blocks": 1, "percent": 200.0},
        {"last": 64, "blocks": 1, "percent": 200.0},
    ]
    assert page["links"]["next"] == f"{POOL_PATH}/blocks?offset=4&limit=2"
    assert f'<{POOL_PATH}/blocks?offset=6&limit=2>; rel="last"' in answer.headers["link"]


async def test_miners_and_workers_are_listed_without_asking_payouts(nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        miners = (await api.client.get(f"{POOL_PATH}/miners", params={"limit": 1})).json()
        workers = (await api.client.get(f"{POOL_PATH}/workers")).json()

    assert (miners["total"], [miner["address"] for miner in miners["miners"]]) == (3, [samples.ADDRESS])
    assert miners["links"]["next"] == f"{POOL_PATH}/miners?offset=1&limit=1"
    assert workers["workers"][0]["worker"] == "LaddressOne.rig1"


async def test_a_miner_knows_its_shares_and_what_it_is_paid_next(api: RunningApi) -> None:
    miner = (await api.client.get(MINER_PATH)).json()

    assert miner["shares"] == {
        "valid": 1000,
        "invalid": 3,
        "invalid_by_reason": {"duplicate": 1, "stale": 2},
    }
    assert miner["best_share_difficulty"] == 4096.5
    assert miner["next_payment"] == {
        "amount": {"sats": 150_000_000, "coins": "1.50000000"},
        "missing": {"sats": 0, "coins": "0.00000000"},
        "within_seconds": 30.0,
    }


# ---- a miner's payments ----

MANY = 2 * CSV_PAGE + 1


async def serve_many_payments(request: MinerRequest) -> MinerReply:
    """A payouts that pages."""
    (payment,) = samples.miner_reply().payments
    numbers = range(request.payments_offset, min(request.payments_offset + request.payments_limit, MANY))
    payments = [msgspec.structs.replace(payment, payment_id=f"p-{number}") for number in numbers]
    return msgspec.structs.replace(samples.miner_reply(), payments=payments, payments_total=MANY)


async def test_a_miners_payments_come_in_pages_and_as_one_file(nats_url: str) -> None:
    async with writer(nats_url) as bus, running_api(nats_url) as api:
        await bus.serve(MINER, serve_many_payments, samples.POOL)
        page = (await api.client.get(f"{MINER_PATH}/payments", params={"offset": 1000})).json()
        file = await api.client.get(f"{MINER_PATH}/payments.csv")

    assert (page["total"], [payment["id"] for payment in page["payments"]]) == (MANY, ["p-1000"])
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [row["payment_id"] for row in rows] == [f"p-{number}" for number in range(MANY)]


@pytest.mark.parametrize("suffix", ["", "/payments", "/payments.csv"])
async def test_without_payouts_nothing_about_a_miners_money_is_said(nats_url: str, suffix: str) -> None:
    async with running_api(nats_url) as api:
        answer = await api.client.get(f"{MINER_PATH}{suffix}")

    assert (answer.status_code, answer.json()["title"]) == (503, "payouts unavailable")


@pytest.mark.parametrize("path", ["/ports", "/network", "/history", "/miners", "/workers", "/events"])
async def test_an_unknown_pool_is_not_found(api: RunningApi, path: str) -> None:
    answer = await api.client.get(f"/api/v1/pools/nopool{path}")

    assert (answer.status_code, answer.json()["title"]) == (404, "unknown pool")


async def test_a_network_nobody_heard_of_is_not_known(nats_url: str) -> None:
    async with running_api(nats_url) as api:
        answer = await api.client.get(f"{POOL_PATH}/network")

    assert (answer.status_code, answer.json()["title"]) == (503, "network unknown")


# ---- tags ----


@pytest.mark.parametrize(
    "path",
    ["/api/stats", "/api/blocks", "/api/v1/pools", f"{POOL_PATH}/blocks", f"{MINER_PATH}/payments.csv"],
)
async def test_an_answer_that_is_known_already_is_not_sent_again(api: RunningApi, path: str) -> None:
    first = await api.client.get(path)
    again = await api.client.get(path, headers={"If-None-Match": first.headers["etag"]})
    other = await api.client.get(path, headers={"If-None-Match": '"other"'})

    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert (again.content, again.headers["etag"]) == (b"", first.headers["etag"])
    assert again.headers["cache-control"] == first.headers["cache-control"] == "no-cache"
    assert again.headers.get("link") == first.headers.get("link")


async def test_errors_have_no_tag(api: RunningApi) -> None:
    assert "etag" not in (await api.client.get("/api/v1/pools/nopool")).headers


# ---- limits ----


async def test_who_asks_too_often_is_told_when_to_come_back(nats_url: str) -> None:
    before = counted("nomp_api_rate_limited_total")
    async with running_api(nats_url, gate=Gate(0.5, 2, clock=lambda: 0.0)) as api:
        answers = [
            await api.client.get("/api/stats", headers={"Origin": "https://x.example"}) for _ in range(3)
        ]
        health = await api.client.get("/health")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused: httpx.Response = answers[2]
    assert (refused.headers["content-type"], refused.json()["status"]) == ("application/problem+json", 429)
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["access-control-allow-origin"] == "*"
    assert health.status_code == 200
    assert counted("nomp_api_rate_limited_total") == before + 1


async def statuses_of(api: RunningApi, *clients: str) -> list[int]:
    return [
        (await api.client.get("/api/stats", headers={"X-Forwarded-For": client})).status_code
        for client in clients
    ]


async def test_behind_a_listed_proxy_each_client_has_its_own_limit(nats_url: str) -> None:
    gate = Gate(1, 1, TrustedProxies(["127.0.0.0/8"]), clock=lambda: 0.0)
    async with running_api(nats_url, gate=gate) as api:
        statuses = await statuses_of(api, "203.0.113.1", "203.0.113.2", "203.0.113.1")

    assert statuses == [200, 200, 429]


async def test_a_client_that_only_claims_to_be_a_proxy_is_one_client(nats_url: str) -> None:
    async with running_api(nats_url, gate=Gate(1, 1, clock=lambda: 0.0)) as api:
        statuses = await statuses_of(api, "203.0.113.1", "203.0.113.2")

    assert statuses == [200, 429]
