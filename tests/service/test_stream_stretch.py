"""Reading what a stream holds now between two places, without waiting for more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable, StreamGap, StreamReset
from nompcore.stream_reader import BATCH_MESSAGES, STRETCH_INACTIVE_SECONDS
from nompcore.subjects import SHARE_BATCH
from tests.servers import NatsServer, wait_until
from tests.service.bus_samples import POOL, share_batch
from tests.service.test_stream_reader import ids, publish

Connect = Callable[..., Awaitable[Bus]]


async def test_a_stretch_is_what_lies_between_two_places_of_one_pool(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(4))
    await publish(stratum, range(2), pool="another")
    await publish(stratum, range(4, 8))

    stretch = await payouts.stretch(SHARE_BATCH, POOL, 2, up_to=8)

    assert ids(stretch) == [2, 3, 4, 5]
    assert [stored.sequence for stored in stretch] == [3, 4, 7, 8]
    assert ids(await payouts.stretch(SHARE_BATCH, POOL, 9)) == [7]


async def test_nothing_is_waited_for(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(1))
    await publish(stratum, range(3), pool="another")

    assert await payouts.stretch(SHARE_BATCH, POOL, 1) == []
    assert await payouts.stretch(SHARE_BATCH, POOL, 1, up_to=900) == []


async def test_a_long_stretch_comes_whole_and_in_order(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    count = 2 * BATCH_MESSAGES + 3
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(stratum.publish(SHARE_BATCH, share_batch(number), pool=POOL))

    whole = await payouts.stretch(SHARE_BATCH, POOL, 0, up_to=count, limit=count)
    first = await payouts.stretch(SHARE_BATCH, POOL, 0)

    assert [stored.sequence for stored in whole] == list(range(1, count + 1))
    assert first == whole[:BATCH_MESSAGES]


async def test_a_stretch_leaves_no_consumer_behind(connect_bus: Connect, nats_server: NatsServer) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(3))

    for after in range(3):
        assert await payouts.stretch(SHARE_BATCH, POOL, after)

    async with nats_server.operator() as client:

        async def none_is_left() -> bool:
            return (await client.jetstream().stream_info("SHARES")).state.consumer_count == 0

        await wait_until(none_is_left, seconds=STRETCH_INACTIVE_SECONDS / 2, what="no consumer of a stretch")


async def test_what_is_gone_is_told(connect_bus: Connect, nats_server: NatsServer) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(6))
    async with nats_server.operator() as client:
        await client.jetstream().purge_stream("SHARES", seq=4)

    with pytest.raises(StreamGap):
        await payouts.stretch(SHARE_BATCH, POOL, 1)
    with pytest.raises(StreamReset):
        await payouts.stretch(SHARE_BATCH, POOL, 7)


async def test_an_outage_is_no_empty_stretch(connect_bus: Connect, nats_server: NatsServer) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, range(2))
    await nats_server.kill()

    with pytest.raises(BusUnavailable):
        await payouts.stretch(SHARE_BATCH, POOL, 0)
