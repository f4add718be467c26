"""Bans shared over a real NATS: one replica's is everybody's, and all end together."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.jetstream import bucket_config
from nompcore.messages import Ban
from nompcore.subjects import BANS, STRATUM
from nompcore.wire import encode
from services.stratum import ban_list as module
from services.stratum.ban_list import BanList
from services.stratum.ip_group import ban_key
from tests.servers import NatsServer, wait_until

Connect = Callable[..., Awaitable[Bus]]

HOUR = 3600.0
BAD, V6 = "203.0.113.7", "2001:db8:0:1::/64"

READS_ONLY = """
authorization { users: [
  { user: "stratum", password: "p", permissions: { publish: { deny: "$KV.bans.>" } } }
  { user: "operator", password: "p" }
] }
no_auth_user: "operator"
"""


@dataclass(slots=True)
class Replica:
    bus: Bus
    bans: BanList
    heard: list[str] = field(default_factory=list)


@pytest.fixture
async def replicas(connect_bus: Connect) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two running ban lists."""
    async with asyncio.TaskGroup() as tasks:
        made, running = [], []
        for name in ("one", "two"):
            bus = await connect_bus(STRATUM, replica=name)
            replica = Replica(bus, BanList(bus, name))
            replica.bans.on_banned.append(replica.heard.append)
            running.append(tasks.create_task(replica.bans.run()))
            made.append(replica)
        yield made[0], made[1]
        for task in running:
            task.cancel()


@pytest.mark.parametrize("group", [BAD, V6])
async def test_a_ban_holds_here_at_once_and_everywhere_soon(
    replicas: tuple[Replica, Replica], group: str
) -> None:
    one, two = replicas

    one.bans.ban(group, "junk", "btc", HOUR)

    assert one.bans.is_banned(group)
    assert one.heard == [group]
    await wait_until(lambda: two.bans.is_banned(group), what="the other replica has it")
    assert two.heard == [group]
    assert not two.bans.is_banned("203.0.113.8")
    assert one.heard == [group]


async def test_it_ends_everywhere_when_its_time_is_over(replicas: tuple[Replica, Replica]) -> None:
    one, two = replicas
    one.bans.ban(BAD, "junk", "btc", 1.0)
    await wait_until(lambda: two.heard == [BAD], what="the other replica has it")

    await wait_until(lambda: not one.bans.is_banned(BAD) and not two.bans.is_banned(BAD), what="it ended")
    await wait_until(lambda: len(one.bans) == len(two.bans) == 0, what="it is forgotten")


async def test_an_operator_bans_and_unbans_with_a_plain_client(
    replicas: tuple[Replica, Replica], nats_server: NatsServer
) -> None:
    async with nats_server.operator() as client:
        bucket = await client.jetstream().key_value(BANS.name)
        await bucket.put(ban_key(BAD), b"because")
        await bucket.put("no-address", b"because")
        await wait_until(lambda: all(one.bans.is_banned(BAD) for one in replicas), what="both have it")

        await bucket.delete(ban_key(BAD))

        await wait_until(lambda: not any(one.bans.is_banned(BAD) for one in replicas), what="it is lifted")


async def test_a_ban_made_without_nats_is_shared_later_and_one_lifted_meanwhile_is_lifted(
    replicas: tuple[Replica, Replica], nats_server: NatsServer
) -> None:
    one, two = replicas
    two.bans.ban(V6, "junk", "btc", HOUR)
    await wait_until(lambda: one.bans.is_banned(V6), what="the first ban is shared")
    await nats_server.kill()
    await wait_until(lambda: not one.bus.connected and not two.bus.connected, what="NATS is away")

    one.bans.ban(BAD, "junk", "btc", HOUR)
    assert one.bans.is_banned(BAD)
    assert one.bans.is_banned(V6)
    await nats_server.start()
    async with nats_server.operator() as client:
        bucket = await client.jetstream().key_value(BANS.name)
        await bucket.delete(ban_key(V6))

    await wait_until(lambda: two.bans.is_banned(BAD), what="the ban made meanwhile is shared")
    await wait_until(lambda: not one.bans.is_banned(V6) and not two.bans.is_banned(V6), what="it is lifted")
    assert one.bans.is_banned(BAD)


async def test_who_starts_later_knows_the_bans(
    replicas: tuple[Replica, Replica], connect_bus: Connect
) -> None:
    one, two = replicas
    one.bans.ban(BAD, "junk", "btc", HOUR)
    await wait_until(lambda: two.bans.is_banned(BAD), what="it is shared")
    late = BanList(await connect_bus(STRATUM, replica="late"), "late")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(late.run())

        await wait_until(lambda: late.is_banned(BAD), what="it is known")
        running.cancel()


async def test_an_entry_that_outlives_its_ban_throws_nobody_out(
    replicas: tuple[Replica, Replica], nats_server: NatsServer
) -> None:
    ended = Ban(group=BAD, reason="junk", pool="btc", replica="three", until_ms=1)
    async with nats_server.operator() as client:
        bucket = await client.jetstream().key_value(BANS.name)
        await bucket.put(ban_key(BAD), encode(ended))
        await bucket.put(ban_key(V6), b"because")

    await wait_until(
        lambda: all(one.bans.is_banned(V6) for one in replicas), what="the later one is heard of"
    )

    assert [one.heard for one in replicas] == [[V6], [V6]]


async def test_a_shorter_ban_does_not_replace_a_longer_one(
    replicas: tuple[Replica, Replica], nats_server: NatsServer
) -> None:
    one, two = replicas
    async with nats_server.operator() as client:
        bucket = await client.jetstream().key_value(BANS.name)
        await bucket.put(ban_key(BAD), b"for good")
        await wait_until(lambda: one.bans.is_banned(BAD), what="it is heard of")

        one.bans.ban(BAD, "junk", "btc", HOUR)
        one.bans.ban(V6, "junk", "btc", HOUR)
        await wait_until(lambda: two.bans.is_banned(V6), what="what was asked for later is shared")

        assert (await bucket.get(ban_key(BAD))).value == b"for good"


async def test_a_ban_that_waits_for_nats_is_not_lifted_by_the_end_of_an_older_one(
    connect_bus: Connect, tmp_path: Path
) -> None:
    server = NatsServer(tmp_path / "reads-only", READS_ONLY)
    await server.start()
    try:
        await connect_bus(STRATUM, url=server.url)
        bans = BanList(await connect_bus(STRATUM, url=server.url_for("stratum", "p")), "one")
        bans.ban(BAD, "junk", "btc", HOUR)
        async with asyncio.TaskGroup() as tasks, server.operator() as client:
            running = tasks.create_task(bans.run())
            bucket = await client.jetstream().key_value(BANS.name)
            await bucket.put(ban_key(BAD), b"older")
            await bucket.delete(ban_key(BAD))
            await bucket.put(ban_key(V6), b"because")

            await wait_until(lambda: bans.is_banned(V6), what="the last of them is heard of")
            assert bans.is_banned(BAD)
            running.cancel()
    finally:
        await server.stop()


async def test_bans_end_and_are_forgotten_without_nats(
    replicas: tuple[Replica, Replica], nats_server: NatsServer
) -> None:
    one, _ = replicas
    await nats_server.kill()
    await wait_until(lambda: not one.bus.connected, what="NATS is away")

    one.bans.ban(BAD, "junk", "btc", 0.1)
    one.bans.ban(V6, "junk", "btc", HOUR)

    await wait_until(lambda: len(one.bans) == 1, what="the short one is forgotten")
    assert one.bans.is_banned(V6)
    await nats_server.start()


async def test_bans_beyond_what_may_wait_hold_here_and_are_counted(
    connect_bus: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_UNTOLD", 1)
    bans = BanList(await connect_bus(STRATUM), "one")

    for group in (BAD, V6, BAD):
        bans.ban(group, "junk", "btc", HOUR)

    assert (bans.is_banned(BAD), bans.is_banned(V6), bans.unshared) == (True, True, 1)


async def test_bans_that_nats_refuses_hold_here_and_are_counted(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    async with nats_server.operator() as client:
        config = dataclasses.replace(bucket_config(BANS), allow_msg_ttl=None, subject_delete_marker_ttl=None)
        await client.jetstream().add_stream(config)
    bus = await connect_bus(STRATUM)
    bans = BanList(bus, "one")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bans.run())
        for group in (BAD, V6):
            bans.ban(group, "junk", "btc", HOUR)

        await wait_until(lambda: bans.unshared == 2, what="both were refused")
        await bus.bucket(BANS).put(ban_key("203.0.113.8"), b"because")
        await wait_until(lambda: bans.is_banned("203.0.113.8"), what="what is in KV is heard of")
        assert (bans.is_banned(BAD), bans.is_banned(V6)) == (True, True)
        running.cancel()


async def test_the_list_says_why_and_a_ban_is_lifted_by_any_replica(
    replicas: tuple[Replica, Replica],
) -> None:
    one, two = replicas
    one.bans.ban(BAD, "floods the pool", "btc", HOUR)
    await wait_until(lambda: two.bans.is_banned(BAD), what="the other replica has it")

    (ban,) = two.bans.listed()
    assert (ban.group, ban.reason, ban.pool, ban.replica) == (BAD, "floods the pool", "btc", "one")
    assert await two.bans.lift(BAD)

    assert not two.bans.is_banned(BAD)
    await wait_until(lambda: not one.bans.is_banned(BAD), what="it is lifted")
    assert list(one.bans.listed()) == list(two.bans.listed()) == []
    assert not await one.bans.lift(BAD)


async def test_a_ban_that_people_typed_is_listed_until_they_lift_it(
    replicas: tuple[Replica, Replica], nats_server: NatsServer
) -> None:
    one, _ = replicas
    async with nats_server.operator() as client:
        await (await client.jetstream().key_value(BANS.name)).put(ban_key(V6), b"because")
    await wait_until(lambda: one.bans.is_banned(V6), what="it is heard of")

    (ban,) = one.bans.listed()

    assert (ban.group, ban.reason, ban.until_ms) == (V6, "by an operator", module.UNTIL_LIFTED_MS)


async def test_a_ban_lifted_before_it_was_told_is_never_told(
    replicas: tuple[Replica, Replica], nats_server: NatsServer
) -> None:
    one, two = replicas
    await nats_server.kill()
    await wait_until(lambda: not one.bus.connected and not two.bus.connected, what="NATS is away")
    one.bans.ban(BAD, "junk", "btc", HOUR)
    one.bans.ban(V6, "junk", "btc", HOUR)

    with pytest.raises(BusUnavailable):
        await one.bans.lift(BAD)
    await nats_server.start()

    await wait_until(lambda: two.bans.is_banned(V6), what="the other ban is told")
    assert not one.bans.is_banned(BAD)
    assert not two.bans.is_banned(BAD)
