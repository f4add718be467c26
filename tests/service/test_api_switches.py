"""Switching ports in /api/v1, over real NATS."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as changed

from tests.service.api_service import full_api, running_api
from tests.service.switching_portal import (
    OTHER_POOL,
    SWITCH_NAME,
    WHY,
    pool_profit,
    profit_report,
    store_switch,
    switch_state,
    switching_config,
)

TWO_POOLS = switching_config(OTHER_POOL)


async def test_a_switch_tells_what_it_mines_and_why(nats_url: str) -> None:
    report = profit_report(
        pool_profit(OTHER_POOL, 1.6e-17), pool_profit("litecoin", 1.8e-17), pool_profit("x", 0.0, "no price")
    )
    await store_switch(nats_url, switch_state(), report)
    async with full_api(nats_url, TWO_POOLS) as api:
        answer = await api.client.get("/api/v1/switches")
        one = (await api.client.get(f"/api/v1/switches/{SWITCH_NAME}")).json()

    assert answer.status_code == 200
    assert answer.json() == {"switches": [one]}
    assert (one["name"], one["algorithm"], one["reason"], one["automatic"]) == ("scrypt", "scrypt", WHY, True)
    assert [port["url"] for port in one["ports"]] == ["stratum+tcp://pool.example:4444"]
    assert [pool["pool"] for pool in one["pools"]] == [OTHER_POOL, "litecoin"]
    assert one["current"]["pool"] == "litecoin"
    assert one["since"] == "2025-11-24T15:50:00.123000Z"
    profit = one["profit"]
    assert (profit["decision"], profit["choice"], profit["why"]) == ("switch", "litecoin", WHY)
    assert [round(pool["percent_of_best"] or 0, 2) for pool in profit["pools"]] == [88.89, 100.0, 0]
    assert profit["pools"][2]["percent_of_best"] is None


async def test_a_switch_that_nobody_moved_stands_at_its_first_pool(nats_url: str) -> None:
    async with full_api(nats_url, TWO_POOLS) as api:
        one = (await api.client.get(f"/api/v1/switches/{SWITCH_NAME}")).json()

    assert one["current"]["pool"] == OTHER_POOL
    assert (one["since"], one["author"], one["automatic"], one["profit"]) == (None, "", False, None)


async def test_strangers_are_not_told_which_operator_ordered_it_nor_why(nats_url: str) -> None:
    ordered = changed(switch_state(), author="ann@pool-host-1", reason="ticket 7", automatic=False)
    await store_switch(nats_url, ordered, profit_report())
    async with full_api(nats_url, TWO_POOLS) as api:
        all_of_them = await api.client.get("/api/v1/switches")
        one = await api.client.get(f"/api/v1/switches/{SWITCH_NAME}")

    assert "ann" not in all_of_them.text + one.text
    assert (one.json()["author"], one.json()["reason"], one.json()["automatic"]) == ("operator", "", False)


async def test_a_state_of_a_pool_that_is_gone_is_none(nats_url: str) -> None:
    await store_switch(nats_url, switch_state("feathercoin"), profit_report())
    async with full_api(nats_url, TWO_POOLS) as api:
        one = (await api.client.get(f"/api/v1/switches/{SWITCH_NAME}")).json()

    assert (one["current"]["pool"], one["since"], one["reason"]) == (OTHER_POOL, None, "")


async def test_a_portal_without_switches_has_none(nats_url: str) -> None:
    async with running_api(nats_url) as api:
        none = await api.client.get("/api/v1/switches")
        unknown = await api.client.get("/api/v1/switches/scrypt")

    assert none.json() == {"switches": []}
    assert (unknown.status_code, unknown.json()["title"]) == (404, "unknown switch")


async def test_old_reports_are_not_shown_where_profit_switching_is_off(nats_url: str) -> None:
    await store_switch(nats_url, switch_state(), profit_report())
    async with full_api(nats_url, replace(TWO_POOLS, profit_switch=None)) as api:
        one = (await api.client.get(f"/api/v1/switches/{SWITCH_NAME}")).json()

    assert (one["current"]["pool"], one["profit"]) == ("litecoin", None)
