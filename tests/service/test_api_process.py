"""`python -m services.api` from start to stop."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.servers import NatsServer, free_port, wait_until
from tests.service.api_service import store_snapshots, writer
from tests.service.edge_process import EdgeProcess
from tests.unit import api_samples as samples
from tests.unit.config_dir import PORTAL_FILE, ConfigDir


async def test_the_process_serves_measures_and_leaves_when_told(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    api_port, metrics_port = free_port(), free_port()
    config = ConfigDir()
    config.put(PORTAL_FILE, "website", "stats", "updateInterval", value=1)
    ports = {"API_PORT": str(api_port), "METRICS_PORT": str(metrics_port)}
    process = EdgeProcess("api", tmp_path / "api", config, nats_server.url, **ports)
    async with writer(nats_server.url) as bus:
        await store_snapshots(bus)
    await process.start()

    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{api_port}") as client,
        client.stream("GET", "/api/live_stats") as stream,
    ):
        stats = (await client.get("/api/stats")).json()
        health = await client.get("/health")
        metrics = (await client.get(f"http://127.0.0.1:{metrics_port}/metrics")).text
        chunks = stream.aiter_bytes()
        heard = [await anext(chunks), await anext(chunks)]
        await process.stop()
        rest = b"".join([chunk async for chunk in chunks])

    assert stats["pools"]["litecoin"]["hashrate"] == samples.pool_snapshot().hashrate
    assert health.status_code == 200
    assert "nomp_ready 1.0" in metrics
    assert 'nomp_api_requests_total{route="/health",status="200"} 1.0' in metrics
    assert heard[0] == b"\n"
    assert heard[1].startswith(b'data: {"time":')
    assert rest.count(b"data: ") * 2 == rest.count(b"\n")
    assert '"message": "stopped"' in process.output
    assert "Traceback" not in process.output
    assert "a password of our own" not in process.output


async def test_the_process_limits_each_client_behind_its_proxy(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    api_port = free_port()
    limits = {"API_RATE": "0.001", "API_BURST": "1", "API_PROXY_NETWORKS": "127.0.0.1"}
    process = EdgeProcess(
        "api",
        tmp_path / "api",
        ConfigDir(),
        nats_server.url,
        API_PORT=str(api_port),
        METRICS_PORT="0",
        **limits,
    )
    await process.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api_port}") as client:
        clients = ("203.0.113.1", "203.0.113.2", "203.0.113.1")
        answers = [await client.get("/api/stats", headers={"X-Forwarded-For": name}) for name in clients]
    await process.stop()

    assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_an_outage_of_nats_is_survived_by_the_process(nats_server: NatsServer, tmp_path: Path) -> None:
    api_port = free_port()
    ports = {"API_PORT": str(api_port), "METRICS_PORT": "0"}
    process = EdgeProcess("api", tmp_path / "api", ConfigDir(), nats_server.url, **ports)
    await process.start()

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api_port}") as client:

        async def health_is(status: int) -> bool:
            return (await client.get("/health")).status_code == status

        await nats_server.stop()
        await wait_until(lambda: health_is(503), what="unhealthy without NATS")
        page = await client.get("/")
        await nats_server.start()
        await wait_until(lambda: health_is(200), what="healthy again")
    await process.stop()

    assert page.status_code == 200
    assert '"message": "stopped"' in process.output
