"""The way of a miner's wish: signed over HTTP, told by the notifier, ended by the link in the message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.setup.nats_users import nats_users_conf
from nompcore.bus import Bus
from nompcore.config import MinerNoticesConfig
from nompcore.requests import MinerPayment, MinerReply, MinerRequest
from nompcore.subjects import API, MINER, NOTIFIER, PAYOUTS, SERVICES, STATS, TOLD, pool_key, subscriber_key
from services.notifier.subscribers.outlets import Outlets
from services.notifier.subscribers.teller import Teller
from tests.servers import NatsServer, wait_until
from tests.service.api_service import running_api
from tests.service.http_sink import http_sink
from tests.service.signing_miner import ADDRESS, PATH, signature
from tests.unit import api_samples as samples

Connect = Callable[..., Awaitable[Bus]]


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """NATS as it is set up: each service may do what the table of subjects says."""
    server = NatsServer(tmp_path / "guarded", nats_users_conf(dict.fromkeys(SERVICES, "secret"), "secret"))
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


async def test_from_a_signature_to_a_message_to_its_end(guarded: NatsServer, connect_bus: Connect) -> None:
    urls = {service: guarded.url_for(service, "secret") for service in SERVICES}
    payouts, notifier = [await connect_bus(service, url=urls[service]) for service in (PAYOUTS, NOTIFIER)]
    payments: list[MinerPayment] = []
    looks = 0

    async def miner(request: MinerRequest) -> MinerReply:
        nonlocal looks
        looks += 1
        return MinerReply(address=request.address, known=True, payments=payments)

    async def nothing_is_known() -> bool:
        return await notifier.bucket(TOLD).get(subscriber_key(samples.POOL, ADDRESS)) is None

    def pay(name: str) -> None:
        txid = "cd" * 32
        payments.insert(
            0, MinerPayment(payment_id=name, txid_display=txid, amount_sats=1, state="broadcast", time_ms=1)
        )

    async def some_looks() -> None:
        enough = looks + 6
        await wait_until(lambda: looks >= enough, what="looks at the address")

    await payouts.serve(MINER, miner, samples.POOL)
    await payouts.bucket(STATS).store(pool_key(samples.POOL), samples.pool_snapshot())
    notices = MinerNoticesConfig(public_url="https://pool.example", networks=("127.0.0.0/8",))
    config = replace(samples.portal_config(), miner_notices=notices)
    teller = Teller(notifier, config, Outlets(notices), lambda: samples.NOW_MS, "one", look_seconds=0.05)
    stop = asyncio.Event()
    async with http_sink() as sink, running_api(urls[API], config) as api, asyncio.TaskGroup() as tasks:
        tasks.create_task(teller.run(stop))
        want = {"kind": "subscribe", "channel": "webhook", "target": sink.url, "events": ["paid"]}
        text = (await api.client.post(f"{PATH}/challenges", json={"want": want})).json()["text"]
        signed = {"text": text, "signature": signature(text)}
        assert (await api.client.post(f"{PATH}/subscriptions", json=signed)).status_code == 201
        await some_looks()
        pay("p1")
        await wait_until(lambda: len(sink.bodies) == 1, what="the message")
        assert (sink.bodies[0]["event"], sink.bodies[0]["address"]) == ("paid", ADDRESS)

        link = sink.bodies[0]["unsubscribe"].removeprefix(notices.public_url)
        assert (await api.client.post(link)).status_code == 200
        await wait_until(nothing_is_known, what="the notifier has forgotten the address")
        before = looks
        pay("p2")
        stop.set()

    assert (looks, sink.requests) == (before, 1)
