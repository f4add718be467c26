"""The api over a real NATS, served on a real port, and a payouts that answers from samples."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from nompcore.bus import Bus
from nompcore.config import PortalConfig
from nompcore.requests import (
    BlocksReply,
    HistoryReply,
    HistoryRequest,
    MinerHistoryReply,
    MinerHistoryRequest,
    MinerReply,
    MinerRequest,
    PageRequest,
    PaymentsReply,
)
from nompcore.subjects import (
    API,
    BLOCK_LIST,
    HISTORY,
    MINER,
    MINER_HISTORY,
    PAYMENT_LIST,
    PAYOUTS,
    STATS,
    network_key,
    pool_key,
)
from services.api.app import create_app
from services.api.nomp.nomp_api import NompAnswers
from services.api.serving.head_deadline import HeadDeadlineProtocol
from services.api.serving.listening import HttpServer, listen
from services.api.serving.rate_limit import Gate
from services.api.state.gatherer import Gatherer
from services.api.state.portal import Portal, open_portal
from tests.unit import api_samples as samples

POOL_PATH = f"/api/v1/pools/{samples.POOL}"


class RunningApi:
    """A served portal; `client` asks it."""

    def __init__(self, portal: Portal, gatherer: Gatherer, client: httpx.AsyncClient, port: int) -> None:
        self.portal = portal
        self.gatherer = gatherer
        self.client = client
        self.port = port


@asynccontextmanager
async def running_api(
    nats_url: str,
    config: PortalConfig | None = None,
    protocol: type[HeadDeadlineProtocol] = HeadDeadlineProtocol,
    gate: Gate | None = None,
) -> AsyncIterator[RunningApi]:
    """The api with a clock that stands at `samples.NOW_MS`; gathers when a test says so."""
    bus = await Bus.connect(nats_url, service=API, replica="test")
    await bus.ensure()
    portal = open_portal(config or samples.portal_config(), bus, lambda: samples.NOW_MS)
    answers = NompAnswers(portal)
    gatherer = Gatherer(portal, answers)
    await gatherer.subscribe()
    listener, stop = listen("127.0.0.1", 0), asyncio.Event()
    port: int = listener.getsockname()[1]
    async with asyncio.TaskGroup() as group, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        group.create_task(HttpServer(create_app(portal, answers, gate), protocol).serve_until(stop, listener))
        try:
            yield RunningApi(portal, gatherer, client, port)
        finally:
            portal.close_streams()
            stop.set()
    await bus.drain()


@asynccontextmanager
async def writer(nats_url: str) -> AsyncIterator[Bus]:
    """A connection of payouts, which owns the snapshots."""
    bus = await Bus.connect(nats_url, service=PAYOUTS, replica="test")
    await bus.ensure()
    yield bus
    await bus.drain()


async def store_snapshots(bus: Bus) -> None:
    """What jobmaker and payouts would have written."""
    await bus.bucket(STATS).store(pool_key(samples.POOL), samples.pool_snapshot())
    await bus.bucket(STATS).store(network_key(samples.POOL), samples.network_snapshot())


async def serve_samples(bus: Bus) -> None:
    """Answer as payouts does."""

    async def blocks(_: PageRequest) -> BlocksReply:
        return samples.blocks_reply()

    async def payments(_: PageRequest) -> PaymentsReply:
        return samples.payments_reply()

    async def miner(request: MinerRequest) -> MinerReply:
        if request.address != samples.ADDRESS:
            return MinerReply(address=request.address, known=False)
        return samples.miner_reply()

    async def miner_history(request: MinerHistoryRequest) -> MinerHistoryReply:
        if request.address != samples.ADDRESS:
            return MinerHistoryReply(step_seconds=600, first_ms=0, hashrates=[], workers=[])
        return samples.miner_history_reply()

    async def history(request: HistoryRequest) -> HistoryReply:
        return HistoryReply(points=[p for p in samples.history() if p.time_ms >= request.since_ms])

    await bus.serve(BLOCK_LIST, blocks, samples.POOL)
    await bus.serve(PAYMENT_LIST, payments, samples.POOL)
    await bus.serve(MINER, miner, samples.POOL)
    await bus.serve(HISTORY, history, samples.POOL)
    await bus.serve(MINER_HISTORY, miner_history, samples.POOL)


@asynccontextmanager
async def full_api(nats_url: str, config: PortalConfig | None = None) -> AsyncIterator[RunningApi]:
    """The api with everything it needs, after one gathering."""
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
        await serve_samples(bus)
        async with running_api(nats_url, config) as api:
            await api.gatherer.gather()
            yield api


def assert_problem(response: httpx.Response, status: int, title: str) -> None:
    """An answer that says what is wrong (RFC 9457)."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["title"], body["type"]) == (status, title, "about:blank")
