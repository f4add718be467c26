"""Buckets and object stores, against a real NATS server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nompcore import messages as m
from nompcore.bucket_watch import Change, Present
from nompcore.bus import Bus
from nompcore.errors import BusError
from nompcore.subjects import (
    BANS,
    STATS,
    TEMPLATES,
)
from tests.servers import NatsServer, wait_until
from tests.service.bus_samples import job

Connect = Callable[..., Awaitable[Bus]]


async def test_a_bucket_changes_a_key_only_from_the_revision_it_is_told(connect_bus: Connect) -> None:
    bucket = (await connect_bus("jobmaker")).bucket(STATS)

    first = await bucket.create("k.1", b"a")
    assert first is not None
    assert await bucket.create("k.1", b"b") is None
    second = await bucket.update("k.1", b"c", first)
    assert second is not None
    assert await bucket.update("k.1", b"d", first) is None
    entry = await bucket.get("k.1")
    assert entry is not None
    assert (entry.value, entry.revision) == (b"c", second)
    assert await bucket.delete("k.1", first) is False
    assert await bucket.delete("k.1", second) is True
    assert await bucket.get("k.1") is None
    assert await bucket.create("k.1", b"e") is not None


async def test_a_snapshot_in_a_bucket_is_a_message(connect_bus: Connect) -> None:
    jobmaker, api = await connect_bus("jobmaker"), await connect_bus("api")

    await jobmaker.bucket(STATS).store("k", job(5))

    assert await api.bucket(STATS).load("k", m.Job) == job(5)
    assert await api.bucket(STATS).load("other", m.Job) is None


async def test_a_watcher_is_told_what_is_there_and_every_change_also_that_an_entry_ended(
    connect_bus: Connect,
) -> None:
    writer, watcher = await connect_bus("stratum"), await connect_bus("stratum")
    bans = writer.bucket(BANS)
    await bans.put("a", b"1")
    await bans.put("b", b"2")
    await bans.delete("b")
    news = watcher.bucket(BANS).watch()

    async with asyncio.timeout(30):
        assert await anext(news) == Present({"a": b"1"})
        await bans.put("c", b"3", ttl_seconds=0.1)  # a second, the shortest there is
        assert await anext(news) == Change("c", b"3")
        assert await anext(news) == Change("c", None)
        await bans.put("a", b"4")
        assert await anext(news) == Change("a", b"4")
        await bans.delete("a")
        assert await anext(news) == Change("a", None)
    assert await bans.get("c") is None


async def test_a_watcher_begins_anew_after_nats_was_away(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    bus = await connect_bus("stratum")
    bans = bus.bucket(BANS)
    await bans.put("a", b"1")
    await bans.put("b", b"2")
    news = bans.watch()

    async with asyncio.timeout(30):
        assert await anext(news) == Present({"a": b"1", "b": b"2"})
        await nats_server.restart_after_kill()
        await wait_until(lambda: bus.connected, what="NATS is back")
        await bans.delete("b")  # before the watcher, which is idle, listens again
        assert await anext(news) == Present({"a": b"1"})
        await bans.put("b", b"3")
        assert await anext(news) == Change("b", b"3")


async def test_only_where_entries_end_they_take_a_time_to_live(connect_bus: Connect) -> None:
    stats = (await connect_bus("jobmaker")).bucket(STATS)

    with pytest.raises(BusError, match="TTL"):
        await stats.put("k", b"1", ttl_seconds=1)


@pytest.mark.parametrize("size", [0, 1, 128 * 1024, 128 * 1024 + 1, 3_000_000])
async def test_an_object_of_any_size_comes_back_as_it_was(connect_bus: Connect, size: int) -> None:
    objects = (await connect_bus("jobmaker")).objects(TEMPLATES)
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    await objects.put("template 1/x", data)

    assert await objects.get("template 1/x") == data
    assert await objects.get("template 2") is None


async def test_an_object_is_larger_than_what_a_server_takes_at_once(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats", "max_payload: 64KB")
    try:
        await server.start()
        bus = await Bus.connect(server.url, service="jobmaker", replica="jobmaker-1")
        await bus.ensure()
        objects = bus.objects(TEMPLATES)
        await objects.put("t1", b"y" * 300_000)

        assert await objects.get("t1") == b"y" * 300_000
        async with server.operator() as client:
            state = (await client.jetstream().stream_info("OBJ_templates")).state
        assert state.messages == 5 + 1
        await bus.drain()
    finally:
        await server.stop()


async def test_the_nats_tools_client_reads_our_objects(connect_bus: Connect, nats_server: NatsServer) -> None:
    await (await connect_bus("jobmaker")).objects(TEMPLATES).put("t1", b"y" * 300_000)

    async with nats_server.operator() as client:
        store = await client.jetstream().object_store(TEMPLATES.name)
        async with asyncio.timeout(30):
            result = await store.get("t1")

    assert result.data == b"y" * 300_000


async def test_an_object_with_a_missing_chunk_does_not_exist(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    objects = (await connect_bus("jobmaker")).objects(TEMPLATES)
    await objects.put("t1", b"y" * 300_000)

    async with nats_server.operator() as client:
        await client.jetstream().delete_msg("OBJ_templates", 2)

    assert await objects.get("t1") is None


async def test_an_object_with_another_chunk_is_told_as_damaged(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    objects = (await connect_bus("jobmaker")).objects(TEMPLATES)
    await objects.put("t1", b"y" * 100)

    async with nats_server.operator() as client:
        stream = client.jetstream()
        chunk = await stream.get_msg("OBJ_templates", seq=1)
        assert chunk.subject is not None
        await stream.publish(chunk.subject, b"z" * 100)
        await stream.delete_msg("OBJ_templates", 1)

    with pytest.raises(BusError, match="digest"):
        await objects.get("t1")
