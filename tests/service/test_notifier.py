"""Events on real NATS to a real HTTP receiver."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.messages import Tip
from nompcore.subjects import (
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    BLOCK_SUBMITTED,
    JOBMAKER,
    NOTIFIER,
    PAYMENT_FAILED,
    PAYMENT_SENT,
    PAYOUTS,
    TIP,
)
from services.notifier.delivery import MAX_AGE_SECONDS, Delivery, LogChannel
from services.notifier.metrics import DELIVERY_FAILURES, EXPIRED, GIVEN_UP
from services.notifier.webhooks import ATTEMPTS, Webhook
from tests.counted import counted_over_all
from tests.servers import NatsServer, free_port, wait_until
from tests.service.edge_process import EdgeProcess
from tests.service.http_sink import HttpSink, http_sink
from tests.unit import notifier_samples as events
from tests.unit.api_samples import NOW_MS, POOL, pool_config
from tests.unit.config_dir import PORTAL_FILE, ConfigDir

ALL_EVENTS = ["block.confirmed", "block.orphaned", "block.submitted", "payment.failed", "payment.sent"]


@asynccontextmanager
async def bus_of(nats_url: str, service: str) -> AsyncIterator[Bus]:
    """A service's connection, with its streams."""
    bus = await Bus.connect(nats_url, service=service, replica="test")
    await bus.ensure()
    yield bus
    await bus.drain()


async def publish_all(nats_url: str) -> None:
    """One of each event, as their producers publish them."""
    async with bus_of(nats_url, JOBMAKER) as jobmaker, bus_of(nats_url, PAYOUTS) as payouts:
        await jobmaker.publish(BLOCK_SUBMITTED, events.block_submitted(), pool=POOL)
        await payouts.publish(BLOCK_CONFIRMED, events.block_confirmed(), pool=POOL)
        await payouts.publish(BLOCK_ORPHANED, events.block_orphaned(), pool=POOL)
        await payouts.publish(PAYMENT_SENT, events.payment_sent(), pool=POOL)
        await payouts.publish(PAYMENT_FAILED, events.payment_failed(), pool=POOL)


@asynccontextmanager
async def delivering(
    nats_url: str,
    *sinks: HttpSink,
    first_pause_seconds: float = 0.01,
    now_ms: Callable[[], int] = lambda: NOW_MS,
) -> AsyncIterator[None]:
    """The queues of the log and of the sinks at work."""
    stop = asyncio.Event()
    async with bus_of(nats_url, NOTIFIER) as bus, httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        hooks = [
            Webhook(client, SecretStr(sink.url), stop, first_pause_seconds=first_pause_seconds)
            for sink in sinks
        ]
        delivery = Delivery(bus, {POOL: pool_config()}, now_ms)
        running = group.create_task(delivery.run([LogChannel(), *hooks], stop))
        yield
        stop.set()
        await running


async def test_every_event_reaches_every_channel(nats_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "services.notifier")
    async with http_sink() as one, http_sink() as other, delivering(nats_url, one, other):
        await publish_all(nats_url)
        await wait_until(lambda: len(one.bodies) == len(other.bodies) == 5, what="all deliveries")
        await wait_until(lambda: sum(r.message == "news" for r in caplog.records) == 5, what="all log lines")

    assert one.events == other.events == ALL_EVENTS
    confirmed = next(body for body in one.bodies if body["event"] == "block.confirmed")
    assert confirmed["text"] == "litecoin: block 100 confirmed, 12.50000000 LTC credited"
    assert confirmed["data"]["reward_sats"] == 1_250_000_000
    alarms = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.__dict__["event"] for record in alarms] == ["payment.failed"]


async def test_events_from_before_the_start_are_delivered_once(nats_url: str) -> None:
    async with http_sink() as sink:
        await publish_all(nats_url)
        async with delivering(nats_url, sink):
            await wait_until(lambda: len(sink.bodies) == 5, what="deliveries after the start")
        await publish_all(nats_url)
        async with delivering(nats_url, sink):
            await wait_until(lambda: len(sink.bodies) == 10, what="deliveries after the second start")

    assert sink.requests == 10


async def test_a_receiver_that_is_down_gets_the_news_when_it_is_back(nats_url: str) -> None:
    async with http_sink(503, 429) as sink, delivering(nats_url, sink):
        async with bus_of(nats_url, PAYOUTS) as payouts:
            await payouts.publish(PAYMENT_SENT, events.payment_sent(), pool=POOL)
        await wait_until(lambda: len(sink.bodies) == 1, what="the delivery")

    assert sink.requests == 3


@pytest.mark.parametrize(("status", "attempts"), [(500, ATTEMPTS), (404, 1)])
async def test_news_nobody_takes_are_given_up_and_counted(nats_url: str, status: int, attempts: int) -> None:
    before = counted_over_all(GIVEN_UP)
    async with http_sink(always=status) as sink, delivering(nats_url, sink):
        async with bus_of(nats_url, PAYOUTS) as payouts:
            await payouts.publish(PAYMENT_SENT, events.payment_sent(), pool=POOL)
        await wait_until(lambda: counted_over_all(GIVEN_UP) == before + 1, what="the attempts end")

    assert sink.requests == attempts


async def test_a_stop_between_two_attempts_delivers_after_the_next_start(nats_url: str) -> None:
    async with bus_of(nats_url, PAYOUTS) as payouts:
        await payouts.publish(PAYMENT_SENT, events.payment_sent(), pool=POOL)
    async with http_sink(503) as sink:
        async with delivering(nats_url, sink, first_pause_seconds=3600):
            await wait_until(lambda: sink.requests == 1, what="the first attempt")
        async with delivering(nats_url, sink):
            await wait_until(lambda: len(sink.bodies) == 1, what="the delivery after the restart")

    assert sink.requests == 2


async def test_a_receiver_that_is_down_does_not_delay_the_others(nats_url: str) -> None:
    async with (
        http_sink(always=503) as down,
        http_sink() as up,
        delivering(nats_url, down, up, first_pause_seconds=3600),
    ):
        await publish_all(nats_url)
        await wait_until(lambda: len(up.bodies) == 5, what="deliveries to the one that is up")

    assert down.bodies == []


async def test_news_that_are_too_old_are_not_delivered_and_counted(nats_url: str) -> None:
    before = counted_over_all(EXPIRED)
    async with http_sink() as sink:
        await publish_all(nats_url)
        async with delivering(nats_url, sink, now_ms=lambda: NOW_MS + MAX_AGE_SECONDS * 1000 + 1):
            await wait_until(lambda: counted_over_all(EXPIRED) == before + 10, what="all are set aside")

    assert sink.requests == 0


async def test_a_receiver_that_does_not_listen_counts_as_a_failure(nats_url: str) -> None:
    before = counted_over_all(DELIVERY_FAILURES)
    nobody = HttpSink(free_port(), iter(()))
    async with delivering(nats_url, nobody, first_pause_seconds=3600):
        async with bus_of(nats_url, PAYOUTS) as payouts:
            await payouts.publish(PAYMENT_SENT, events.payment_sent(), pool=POOL)
        await wait_until(lambda: counted_over_all(DELIVERY_FAILURES) == before + 1, what="the failed attempt")


async def test_the_process_listens_delivers_and_leaves_when_told(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    port, metrics_port = free_port(), free_port()
    config = ConfigDir()
    config.put(PORTAL_FILE, "blockNotifyListener", "port", value=port)
    tips: list[Tip] = []

    async def hear(tip: Tip) -> None:
        tips.append(tip)

    async with http_sink() as of_config, http_sink() as of_environment:
        config.put(PORTAL_FILE, "webhooks", value=[of_config.url])
        environment = {"METRICS_PORT": str(metrics_port), "WEBHOOK_URL": of_environment.url}
        process = EdgeProcess("notifier", tmp_path / "notifier", config, nats_server.url, **environment)
        await process.start()
        async with bus_of(nats_server.url, JOBMAKER) as jobmaker, httpx.AsyncClient() as client:
            await jobmaker.subscribe(TIP, hear)
            fresh = events.block_submitted(time_ms=2**53)
            await jobmaker.publish(BLOCK_SUBMITTED, fresh, pool=POOL)
            await wait_until(lambda: bool(of_config.bodies and of_environment.bodies), what="deliveries")
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                json.dumps({"password": "secret of the listener", "coin": "ltc", "hash": ""}).encode() + b"\n"
            )
            await wait_until(lambda: bool(tips), what="the tip")
            writer.close()
            metrics = (await client.get(f"http://127.0.0.1:{metrics_port}/metrics")).text
        await process.stop()

    assert "nomp_notifier_notices_total 1.0" in metrics
    assert "nomp_ready 1.0" in metrics
    assert '"message": "news"' in process.output
    assert '"message": "stopped"' in process.output
    for secret in ("T0KEN", "secret of the listener"):
        assert secret not in process.output + metrics
