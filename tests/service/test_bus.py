"""Messages that are stored, sent and asked for, against a real NATS server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from deploy.setup.nats_users import nats_users_conf
from nompcore import messages as m
from nompcore import metrics
from nompcore import requests as r
from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.link import Link
from nompcore.subjects import (
    JOB,
    MINER,
    REPLICA_STATS,
    SERVICES,
    SHARE_BATCH,
    SHARES,
    TIP,
)
from tests.servers import NatsServer, wait_until
from tests.service.bus_samples import POOL, job, share_batch

Connect = Callable[..., Awaitable[Bus]]


async def test_a_stored_message_has_the_next_sequence_and_is_stored_once_for_its_id(
    connect_bus: Connect,
) -> None:
    stratum = await connect_bus("stratum")

    first = await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL, msg_id="a")
    again = await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL, msg_id="a")
    second = await stratum.publish(SHARE_BATCH, share_batch(2), pool=POOL, msg_id="b")

    assert (first, again, second) == (1, 1, 2)


async def test_the_last_message_of_a_pool_is_there_for_who_comes_late(connect_bus: Connect) -> None:
    jobmaker = await connect_bus("jobmaker")
    await jobmaker.publish(JOB, job(7), pool=POOL)
    await jobmaker.publish(JOB, job(8), pool=POOL)

    stratum = await connect_bus("stratum")

    assert await stratum.last(JOB, POOL) == job(8)
    assert await stratum.last(JOB, "another") is None


async def test_a_subscriber_sees_live_messages_of_all_pools_also_those_of_streams(
    connect_bus: Connect,
) -> None:
    stratum, jobmaker = await connect_bus("stratum"), await connect_bus("jobmaker")
    seen: list[m.Message] = []

    async def note(message: m.Message) -> None:
        seen.append(message)

    await stratum.subscribe(JOB, note)
    await jobmaker.subscribe(TIP, note)
    await jobmaker.publish(JOB, job(1), pool=POOL)
    await jobmaker.send(TIP, m.Tip(pool="another"), pool="another")

    await wait_until(lambda: len(seen) == 2)
    assert job(1) in seen
    assert m.Tip(pool="another") in seen


async def test_a_message_for_one_replica_names_it_in_its_subject(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum = await connect_bus("stratum")
    async with nats_server.operator() as client:
        heard = await client.subscribe("nomp.>")
        await client.flush()
        await client.flush()  # the first ping overtakes the subscription
        stats = m.ReplicaStats(
            pool=POOL, replica="s1", connections=1, workers=1, accepted=0, rejected={}, blocks=0, time_ms=1
        )
        await stratum.send(REPLICA_STATS, stats, pool=POOL, replica="s1")
        message = await heard.next_msg(timeout=30)

    assert message.subject == f"nomp.{POOL}.stratum.s1"
    assert json.loads(message.data)["replica"] == "s1"


async def test_a_handler_that_fails_or_gets_rubbish_goes_on_with_the_next_message(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    jobmaker = await connect_bus("jobmaker")
    sources: list[str] = []

    async def note(tip: m.Tip) -> None:
        sources.append(tip.source)
        if tip.source == "bad":
            raise RuntimeError("a bug of the handler")

    errors = metrics.BUS_HANDLER_ERRORS.labels(TIP.pattern)
    undecodable = metrics.BUS_UNDECODABLE.labels(TIP.pattern)
    before = errors._value.get(), undecodable._value.get()
    await jobmaker.subscribe(TIP, note)
    await jobmaker.send(TIP, m.Tip(pool=POOL, source="bad"), pool=POOL)
    async with nats_server.operator() as client:
        await client.publish(TIP.of(POOL), b"rubbish")
        await client.flush()
        await client.flush()  # the first ping overtakes the rubbish
    await jobmaker.send(TIP, m.Tip(pool=POOL, source="good"), pool=POOL)

    await wait_until(lambda: sources == ["bad", "good"])
    assert (errors._value.get(), undecodable._value.get()) == (before[0] + 1, before[1] + 1)


async def test_requests_are_answered_by_one_of_the_replicas(connect_bus: Connect) -> None:
    api = await connect_bus("api")
    answered: list[str] = []
    for replica in ("p1", "p2"):
        payouts = await connect_bus("payouts", replica=replica)

        async def answer(request: r.MinerRequest, replica: str = replica) -> r.MinerReply:
            answered.append(replica)
            return r.MinerReply(address=request.address, known=True, balance_sats=5)

        await payouts.serve(MINER, answer, POOL)

    replies = [await api.request(MINER, r.MinerRequest(address=f"a{n}"), pool=POOL) for n in range(8)]

    assert [reply.address for reply in replies] == [f"a{n}" for n in range(8)]
    assert len(answered) == 8


async def test_a_request_that_nobody_serves_fails_at_once(connect_bus: Connect) -> None:
    api = await connect_bus("api")

    async with asyncio.timeout(20):
        with pytest.raises(BusUnavailable, match=r"rpc\.miner"):
            await api.request(MINER, r.MinerRequest(address="a"), pool=POOL, timeout_seconds=600)


async def test_a_handlers_error_reaches_the_client_as_text_and_a_bug_without_details(
    connect_bus: Connect,
) -> None:
    api, payouts = await connect_bus("api"), await connect_bus("payouts")

    async def refuse(request: r.MinerRequest) -> r.MinerReply:
        raise BusError("no such miner") if request.address == "a" else RuntimeError("inside knowledge")

    await payouts.serve(MINER, refuse, POOL)

    with pytest.raises(BusError, match="no such miner"):
        await api.request(MINER, r.MinerRequest(address="a"), pool=POOL)
    with pytest.raises(BusError, match="internal error") as caught:
        await api.request(MINER, r.MinerRequest(address="b"), pool=POOL)
    assert "inside knowledge" not in str(caught.value)


async def test_every_service_answers_the_ping_of_the_nats_tool(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    await connect_bus("notifier", replica="n1")

    async with nats_server.operator() as client:
        answer = json.loads((await client.request("$SRV.PING.notifier", timeout=30)).data)

    assert (answer["name"], answer["metadata"]) == ("notifier", {"replica": "n1"})


async def test_a_stream_with_another_configuration_is_left_alone_with_a_warning(
    connect_bus: Connect, nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with nats_server.operator() as client:
        await client.jetstream().add_stream(name="SHARES", subjects=[SHARE_BATCH.wildcard], max_age=60)

    with caplog.at_level(logging.WARNING):
        stratum = await connect_bus("stratum")

    assert await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL) == 1
    assert [vars(record)["stream"] for record in caplog.records if "stream" in vars(record)] == [SHARES.name]


async def test_who_cuts_a_stream_lifts_its_age_limit_and_nothing_else(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    async with nats_server.operator() as client:
        await client.jetstream().add_stream(
            name="SHARES", subjects=[SHARE_BATCH.wildcard], max_age=1209600, max_bytes=10**8
        )
        await client.jetstream().publish(SHARE_BATCH.of(POOL), b"{}")

        await connect_bus("payouts")

        info = await client.jetstream().stream_info("SHARES")
    assert (info.config.max_age, info.config.max_bytes, info.state.messages) == (0, 10**8, 1)


async def test_a_service_that_may_not_change_a_stream_says_what_an_operator_should_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = NatsServer(tmp_path / "nats", nats_users_conf(dict.fromkeys(SERVICES, "secret"), "secret"))
    await server.start()
    try:
        async with bus_of(server.url_for("operator", "secret"), "stratum") as operator:
            await operator._link.js.add_stream(
                name="SHARES", subjects=[SHARE_BATCH.wildcard], max_age=1209600
            )
        with caplog.at_level(logging.ERROR):
            async with bus_of(server.url_for("payouts", "secret"), "payouts") as payouts:
                await payouts.ensure()
                await payouts.cut(SHARE_BATCH, POOL, 5)  # it may remove messages all the same
        async with bus_of(server.url_for("operator", "secret"), "payouts") as operator:
            await operator.ensure()
            info = await operator._link.js.stream_info("SHARES")
    finally:
        await server.stop()
    assert any("nats stream edit" in record.message for record in caplog.records)
    assert info.config.max_age == 0


@contextlib.asynccontextmanager
async def bus_of(url: str, service: str) -> AsyncIterator[Bus]:
    """A connection, for as long as the block takes."""
    bus = await Bus.connect(url, service=service, replica="test")
    try:
        yield bus
    finally:
        await bus.drain()


async def test_an_answer_that_comes_with_the_order_to_end_does_not_undo_it(nats_url: str) -> None:
    """`asyncio.wait_for` of Python 3.11, which the NATS client uses, gives the answer, the order is lost."""
    link = Link("api", "test")
    await link.connect(nats_url)
    waiting = asyncio.Event()

    async def ask() -> None:
        async with link.exchange("ask"):
            waiting.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(ask())
        await waiting.wait()
        asking.cancel()
        await asyncio.wait([asking])
    assert asking.cancelled()
    await link.close()
