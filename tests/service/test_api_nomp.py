"""NOMP's endpoints over real NATS and HTTP: `tests/vectors/nomp_*.json` holds names and types of spec 6.5."""

from __future__ import annotations

import asyncio
import json

from tests.service.api_service import RunningApi, full_api
from tests.unit import api_samples as samples


async def test_stats_have_nomps_names_types_and_values(api: RunningApi) -> None:
    answer = await api.client.get("/api/stats")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == samples.nomp_vector("nomp_stats.json")


async def test_pool_stats_have_nomps_names_types_and_values(api: RunningApi) -> None:
    answer = await api.client.get("/api/pool_stats")

    assert answer.json() == samples.nomp_vector("nomp_pool_stats.json")


async def test_history_is_fetched_only_once(api: RunningApi) -> None:
    await api.gatherer.gather()

    assert len((await api.client.get("/api/pool_stats")).json()) == 2


async def test_live_stats_stream_a_newline_at_once_and_then_the_stats_of_every_update(nats_url: str) -> None:
    config, stop = samples.portal_config(update_interval_seconds=0.1), asyncio.Event()
    async with full_api(nats_url, config) as api, api.client.stream("GET", "/api/live_stats") as stream:
        chunks = stream.aiter_bytes()
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert await anext(chunks) == b"\n"
        async with asyncio.TaskGroup() as group:
            group.create_task(api.gatherer.run(stop))
            received = [await anext(chunks), await anext(chunks)]
            stop.set()

    for chunk in received:
        assert chunk.startswith(b"data: ")
        assert chunk.endswith(b"\n\n")
        assert json.loads(chunk.removeprefix(b"data: ")) == samples.nomp_vector("nomp_stats.json")


async def test_a_stream_ends_when_the_service_stops(api: RunningApi) -> None:
    async with api.client.stream("GET", "/api/live_stats") as stream:
        chunks = stream.aiter_bytes()
        await anext(chunks)
        api.portal.hub.close()
        assert [chunk async for chunk in chunks] == []
