"""The endpoints of NOMP's forks over real NATS and HTTP, as their clients ask."""

from __future__ import annotations

import httpx

from tests.service.api_service import RunningApi, running_api, store_snapshots, writer
from tests.unit import api_samples as samples


def types_of(record: dict[str, object]) -> dict[str, type]:
    return {key: type(value) for key, value in record.items()}


async def test_a_client_of_the_forks_finds_every_field_with_its_type(api: RunningApi) -> None:
    stats: dict[str, dict[str, dict[str, object]]] = (
        await api.client.get(f"/api/worker_stats?{samples.ADDRESS}.rig1")
    ).json()

    assert stats == samples.nomp_vector("nomp_fork_worker_stats.json")
    (worker,) = stats["workers"].values()
    assert types_of(worker) == {
        "name": str,
        "diff": int,
        "shares": float,
        "invalidshares": int,
        "currRoundShares": float,
        "currRoundTime": int,
        "hashrate": float,
        "hashrateString": str,
        "luckDays": str,
        "luckHours": str,
        "paid": int,
        "balance": int,
    }


async def test_a_request_without_an_address_is_answered_as_the_forks_do(api: RunningApi) -> None:
    for query in ("", "?", "?%3Cscript%3E"):
        answer = await api.client.get(f"/api/worker_stats{query}")
        assert (answer.status_code, answer.json()) == (200, {"result": "error"})


async def test_a_stranger_has_nothing(api: RunningApi) -> None:
    stats = (await api.client.get("/api/worker_stats?Lnobody")).json()

    assert (stats["miner"], stats["balance"], stats["workers"]) == ("Lnobody", 0.0, {})


async def test_blocks_have_the_forks_keys_and_texts(api: RunningApi) -> None:
    blocks = (await api.client.get("/api/blocks")).json()

    (text,) = blocks.values()
    assert list(blocks) == ["litecoin-2950100"]
    assert text.split(":")[:3] == [samples.BLOCK_HASH, samples.TXID, "2950100"]
    assert (await api.client.get("/api/getblocksstats")).json() == blocks


async def test_payments_have_the_forks_fields(api: RunningApi) -> None:
    (pool,) = (await api.client.get("/api/payments")).json()

    assert (pool["name"], set(pool)) == ("litecoin", {"name", "pending", "payments"})
    assert pool["pending"]["confirms"] == {samples.BLOCK_HASH: "22"}
    (payment,) = pool["payments"]
    assert payment == {
        "time": samples.NOW_MS - 60_000,
        "txid": samples.TXID,
        "shares": 0,
        "paid": 3.00000001,
        "miners": 2,
        "blocks": [],
        "amounts": {"LaddressTwo": 1.0, samples.ADDRESS: 2.00000001},
        "balances": {},
        "work": {},
    }


async def test_without_payouts_only_the_miner_cannot_be_told(nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        answers: list[httpx.Response] = [
            await api.client.get(path) for path in ("/api/worker_stats?Lone", "/api/blocks", "/api/payments")
        ]

    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].headers["retry-after"] == "5"
