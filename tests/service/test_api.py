"""The api's endpoints over real NATS and HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from nompcore.requests import BlocksReply, PageRequest
from nompcore.subjects import BLOCK_LIST, REPLICA_STATS
from tests.servers import wait_until
from tests.service.api_service import (
    POOL_PATH,
    RunningApi,
    assert_problem,
    full_api,
    running_api,
    store_snapshots,
    writer,
)
from tests.unit import api_samples as samples


@pytest.fixture
async def api_alone(nats_url: str) -> AsyncIterator[RunningApi]:
    """The api with snapshots, while payouts is away."""
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
    async with running_api(nats_url) as running:
        await running.gatherer.gather()
        yield running


# ---- /api/v1 ----


async def test_pools_are_listed_with_live_figures(api: RunningApi) -> None:
    (pool,) = (await api.client.get("/api/v1/pools")).json()["pools"]

    assert (pool["name"], pool["coin"], pool["symbol"]) == ("litecoin", "Litecoin", "LTC")
    assert (pool["hashrate"], pool["hashrate_text"]) == (2_500_000.0, "2.50 MH/s")
    assert (pool["miners"], pool["workers"], pool["stale"]) == (2, 3, False)
    assert pool["network"]["height"] == 2_950_123
    assert pool["round"]["effort_percent"] == 25.0
    assert pool["paid"] == {"sats": 7_506_250_000, "coins": "75.06250000"}
    assert pool["ports"][0]["url"] == "stratum+tcp://pool.example:3032"


async def test_one_pool_has_its_replicas_and_workers(api: RunningApi, nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await bus.send(REPLICA_STATS, samples.replica_stats(), pool=samples.POOL, replica="host-1")
        pulses = api.portal.state.pools[samples.POOL].pulses
        await wait_until(lambda: bool(pulses), what="the pulse is heard")

    pool = (await api.client.get(POOL_PATH)).json()

    assert [replica["name"] for replica in pool["replicas"]] == ["host-1"]
    assert pool["top_workers"][1]["worker"] == samples.HOSTILE_WORKER


async def test_blocks_come_in_pages(api: RunningApi) -> None:
    page = (await api.client.get(f"{POOL_PATH}/blocks", params={"offset": 5, "limit": 200})).json()

    assert (page["total"], page["offset"], page["limit"]) == (7, 5, 200)
    (block,) = page["blocks"]
    assert (block["hash"], block["status"]) == (samples.BLOCK_HASH, "pending")
    assert block["reward"] == {"sats": 1_250_000_000, "coins": "12.50000000"}
    assert block["time"] == "2025-11-24T15:00:00.123000Z"


async def test_payments_come_in_pages_with_every_output(api: RunningApi) -> None:
    page = (await api.client.get(f"{POOL_PATH}/payments")).json()

    assert (page["total"], page["offset"], page["limit"]) == (1, 0, 50)
    (payment,) = page["payments"]
    assert payment["txid"] == samples.TXID
    assert payment["total"]["sats"] == sum(output["amount"]["sats"] for output in payment["outputs"])


async def test_a_miner_has_balances_workers_and_payments(api: RunningApi) -> None:
    miner = (await api.client.get(f"{POOL_PATH}/miners/{samples.ADDRESS}")).json()

    assert miner["address"] == samples.ADDRESS
    assert miner["balance"] == {"sats": 150_000_000, "coins": "1.50000000"}
    assert miner["workers"][0]["ip"] == "203.0.113.x"
    assert miner["payments"][0]["amount"]["coins"] == "2.00000001"


async def test_hidden_ips_leave_no_trace_in_any_answer(nats_url: str) -> None:
    async with full_api(nats_url, samples.portal_config(miner_ips="hidden")) as api:
        miner = await api.client.get(f"{POOL_PATH}/miners/{samples.ADDRESS}")
        query = {"pool": samples.POOL, "address": samples.ADDRESS}
        page = await api.client.get("/miners", params=query, follow_redirects=True)

    assert miner.status_code == page.status_code == 200
    assert "203.0.113" not in miner.text + page.text


async def test_an_address_nobody_mined_with_is_not_found(api: RunningApi) -> None:
    assert_problem(await api.client.get(f"{POOL_PATH}/miners/Lnobody"), 404, "unknown miner")


@pytest.mark.parametrize("suffix", ["", "/blocks", "/payments", "/miners/Lone"])
async def test_an_unknown_pool_is_not_found(api: RunningApi, suffix: str) -> None:
    assert_problem(await api.client.get(f"/api/v1/pools/nopool{suffix}"), 404, "unknown pool")


@pytest.mark.parametrize("query", ["limit=201", "limit=0", "offset=-1", "limit=x", "offset=99999999"])
async def test_pages_are_bounded(api: RunningApi, query: str) -> None:
    assert_problem(await api.client.get(f"{POOL_PATH}/blocks?{query}"), 422, "invalid parameter")


@pytest.mark.parametrize("address", ["a" * 129, "%3Cscript%3E", "a.b", "%00"])
async def test_text_that_cannot_be_an_address_is_refused(api: RunningApi, address: str) -> None:
    answer = await api.client.get(f"{POOL_PATH}/miners/{address}")

    assert_problem(answer, 422, "invalid parameter")
    assert "<script>" not in answer.text


async def test_unknown_paths_and_methods_are_problems_too(api: RunningApi) -> None:
    assert_problem(await api.client.get("/api/nothing"), 404, "not found")
    assert_problem(await api.client.post("/api/stats"), 405, "method not allowed")


@pytest.mark.parametrize("suffix", ["/blocks", "/payments", "/miners/LaddressOne"])
async def test_without_payouts_details_are_unavailable(api_alone: RunningApi, suffix: str) -> None:
    answer = await api_alone.client.get(f"{POOL_PATH}{suffix}")

    assert_problem(answer, 503, "payouts unavailable")
    assert "retry-after" in answer.headers


async def test_a_payouts_that_hangs_is_unavailable_too(api_alone: RunningApi, nats_url: str) -> None:
    hanging = asyncio.Event()

    async def never(_: PageRequest) -> BlocksReply:
        await hanging.wait()
        return samples.blocks_reply()

    async with writer(nats_url) as bus:
        await bus.serve(BLOCK_LIST, never, samples.POOL)
        answer = await api_alone.client.get(f"{POOL_PATH}/blocks")
        hanging.set()

    assert_problem(answer, 503, "payouts unavailable")


async def test_without_payouts_live_figures_are_still_served(api_alone: RunningApi) -> None:
    pool = (await api_alone.client.get(POOL_PATH)).json()

    assert (pool["hashrate"], pool["stale"]) == (2_500_000.0, False)


async def test_health_tells_every_dependency(api: RunningApi) -> None:
    health = (await api.client.get("/health")).json()

    assert health == {
        "status": "ok",
        "nats_connected": True,
        "listeners": 0,
        "pools": {
            samples.POOL: {
                "network_age_seconds": 1.0,
                "pool_age_seconds": 2.0,
                "stale": False,
                "replicas": 0,
                "payouts_answers": True,
            }
        },
    }


# ---- what every answer carries, and what none does ----

EVERY_PATH = (
    "/",
    "/live",
    f"/miners?pool={samples.POOL}&address={samples.ADDRESS}",
    "/docs",
    "/openapi.json",
    "/health",
    "/api/stats",
    "/api/pool_stats",
    "/api/v1/pools",
    POOL_PATH,
    f"{POOL_PATH}/blocks",
    f"{POOL_PATH}/payments",
    f"{POOL_PATH}/miners/{samples.ADDRESS}",
    "/static/pool.css",
    "/static/pool.js",
    "/nothing",
)


async def test_every_answer_is_open_to_readers_and_guarded(api: RunningApi) -> None:
    for path in EVERY_PATH:
        headers = (await api.client.get(path, headers={"Origin": "https://elsewhere.example"})).headers

        assert headers["access-control-allow-origin"] == "*", path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path


async def test_no_answer_holds_a_secret_or_an_inner_address(api: RunningApi) -> None:
    for path in EVERY_PATH:
        text = (await api.client.get(path)).text

        for secret in ("rpc-secret-never-shown", "litecoinrpc", "10.1.2."):
            assert secret not in text, path


async def test_metrics_of_this_process_are_not_public(api: RunningApi) -> None:
    assert "nomp_api_requests" not in (await api.client.get("/metrics")).text


BELOW_A_POOL = ("blocks", "events", "history", "miners", "network", "payments", "ports", "workers")


async def test_the_openapi_document_names_every_endpoint(api: RunningApi) -> None:
    document: dict[str, Any] = (await api.client.get("/openapi.json")).json()

    assert set(document["paths"]) == {
        "/api/stats",
        "/api/pool_stats",
        "/api/live_stats",
        "/api/blocks",
        "/api/getblocksstats",
        "/api/payments",
        "/api/worker_stats",
        "/api/v1/coins",
        "/api/v1/rounds",
        "/api/v1/status",
        "/api/v1/switches",
        "/api/v1/switches/{switch}",
        "/api/v1/events",
        "/api/v1/pools",
        "/api/v1/pools/{pool}",
        *(f"/api/v1/pools/{{pool}}/{part}" for part in BELOW_A_POOL),
        "/api/v1/pools/{pool}/miners/{address}",
        "/api/v1/pools/{pool}/miners/{address}/challenges",
        "/api/v1/pools/{pool}/miners/{address}/subscriptions",
        "/api/v1/pools/{pool}/miners/{address}/events",
        "/api/v1/pools/{pool}/miners/{address}/history",
        "/api/v1/pools/{pool}/miners/{address}/payments",
        "/api/v1/pools/{pool}/miners/{address}/payments.csv",
        "/health",
    }
