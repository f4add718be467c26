"""What the bus does while NATS is away, silent or says no, and after it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nompcore import messages as m
from nompcore import metrics
from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.subjects import (
    JOB,
    SHARE_BATCH,
    STATS,
    TIP,
)
from tests.servers import NatsServer, wait_until
from tests.service.bus_samples import POOL, job, share_batch

Connect = Callable[..., Awaitable[Bus]]


async def test_without_a_connection_a_publish_fails_at_once_and_a_signal_is_counted(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker = await connect_bus("jobmaker")
    dropped = metrics.BUS_DROPPED.labels(TIP.pattern)
    before = dropped._value.get()
    await nats_server.kill()
    await wait_until(lambda: not jobmaker.connected)

    async with asyncio.timeout(20):
        with pytest.raises(BusUnavailable, match="not connected"):
            await jobmaker.publish(JOB, job(1), pool=POOL, timeout_seconds=600)
        with pytest.raises(BusUnavailable):
            await jobmaker.bucket(STATS).get("k")
        await jobmaker.send(TIP, m.Tip(pool=POOL), pool=POOL)

    assert dropped._value.get() == before + 1


async def test_a_server_that_is_silent_makes_a_publish_fail_at_its_timeout(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum = await connect_bus("stratum")
    nats_server.freeze()

    with pytest.raises(BusUnavailable):
        await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL, msg_id="a", timeout_seconds=0.2)
    nats_server.thaw()

    # the message may have arrived after all: the same id makes the repetition harmless
    assert await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL, msg_id="a") == 1
    assert await stratum.publish(SHARE_BATCH, share_batch(2), pool=POOL, msg_id="b") == 2


async def test_after_a_crash_of_nats_streams_in_memory_exist_again_before_the_callbacks_run(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker, stratum = await connect_bus("jobmaker"), await connect_bus("stratum")
    await jobmaker.publish(JOB, job(1), pool=POOL)
    republished = asyncio.Event()

    async def republish() -> None:
        await jobmaker.publish(JOB, job(2), pool=POOL)
        republished.set()

    jobmaker.on_reconnect(republish)
    await nats_server.restart_after_kill()

    async with asyncio.timeout(30):
        await republished.wait()
    await wait_until(lambda: stratum.connected)
    assert await stratum.last(JOB, POOL) == job(2)


async def test_a_callback_that_fails_after_a_reconnection_does_not_keep_the_next_from_running(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum = await connect_bus("stratum")
    called = asyncio.Event()

    async def fail() -> None:
        raise RuntimeError("a bug of the callback")

    async def succeed() -> None:
        called.set()

    stratum.on_reconnect(fail)
    stratum.on_reconnect(succeed)
    await nats_server.restart_after_kill()

    async with asyncio.timeout(30):
        await called.wait()
    assert await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL) == 1


async def test_connecting_waits_for_a_server_that_comes_later(nats_server: NatsServer) -> None:
    await nats_server.stop()
    async with asyncio.TaskGroup() as tasks:
        connecting = tasks.create_task(Bus.connect(nats_server.url, service="api", replica="a1"))
        await asyncio.sleep(0)
        await nats_server.start()
        bus = await connecting

    assert bus.connected
    await bus.drain()


async def test_losing_the_right_to_connect_ends_the_watch_with_an_error(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum = await connect_bus("stratum")
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_outcome(stratum.watch()))
        nats_server.reload("authorization { user: somebody, password: else }")
        async with asyncio.timeout(60):
            outcome = await watching

    assert isinstance(outcome, BusError)


async def _outcome(awaitable: Awaitable[Any]) -> object:
    try:
        return await awaitable
    except BusError as error:
        return error


async def test_draining_ends_the_watch_without_an_error(connect_bus: Connect) -> None:
    stratum = await connect_bus("stratum")
    await stratum.drain()

    async with asyncio.timeout(30):
        await stratum.watch()
