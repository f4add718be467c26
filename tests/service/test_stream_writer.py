"""Publication into streams at its edges, against a real NATS server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nompcore import messages as m
from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.subjects import SHARE_BATCH, SHARES
from tests.servers import NatsServer, wait_until
from tests.service.bus_samples import POOL, share_batch

Connect = Callable[..., Awaitable[Bus]]


async def publish(bus: Bus, number: int) -> int:
    """A batch with its own id."""
    return await bus.publish(SHARE_BATCH, share_batch(number), pool=POOL, msg_id=f"id {number}")


async def test_each_of_many_at_once_learns_its_own_sequence(connect_bus: Connect) -> None:
    stratum = await connect_bus("stratum")

    sequences = await asyncio.gather(*(publish(stratum, number) for number in range(1, 51)))

    assert sequences == list(range(1, 51))  # they left in this order
    assert await asyncio.gather(*(publish(stratum, number) for number in range(1, 51))) == sequences


async def test_without_an_id_nothing_is_taken_for_a_repetition(connect_bus: Connect) -> None:
    stratum = await connect_bus("stratum")

    stored = [await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL, msg_id=no) for no in (None, "")]

    assert stored == [1, 2]


async def test_the_answer_to_one_that_was_given_up_is_nobodys(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum = await connect_bus("stratum")
    nats_server.freeze()
    with pytest.raises(BusUnavailable, match="no answer in time"):
        await stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL, timeout_seconds=0.1)
    nats_server.thaw()

    assert await publish(stratum, 2) == 2


async def test_the_end_of_the_connection_is_the_end_of_waiting(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum = await connect_bus("stratum")
    nats_server.freeze()
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(
            _outcome(
                stratum.publish(SHARE_BATCH, share_batch(1), pool=POOL, msg_id="id 1", timeout_seconds=600)
            )
        )
        await asyncio.sleep(0)  # it is on its way
        await nats_server.restart_after_kill()

    assert isinstance(waiting.result(), BusUnavailable)
    await wait_until(lambda: stratum.connected)
    assert await publish(stratum, 1) == 1  # whether it had arrived or not
    assert await publish(stratum, 2) == 2


async def test_without_its_stream_it_can_be_tried_again(connect_bus: Connect) -> None:
    stratum = await connect_bus("stratum")
    await stratum._link.js.delete_stream(SHARES.name)

    with pytest.raises(BusUnavailable, match="publish"):
        await publish(stratum, 1)

    await stratum.ensure()
    assert await publish(stratum, 1) == 1


async def test_what_is_larger_than_the_server_takes_is_refused_before_it_leaves(connect_bus: Connect) -> None:
    stratum = await connect_bus("stratum")
    huge = m.ShareBatch(pool=POOL, batch_id="x" * stratum._link.nc.max_payload, replica="r1", shares=[])

    with pytest.raises(BusError, match="maximum payload"):
        await stratum.publish(SHARE_BATCH, huge, pool=POOL)

    assert await publish(stratum, 1) == 1


@pytest.mark.parametrize(("pool", "msg_id"), [("a b", "id"), ("a\r\nPING", "id"), ("a", "id\r\nX: y")])
async def test_nothing_but_a_message_can_be_written(connect_bus: Connect, pool: str, msg_id: str) -> None:
    stratum = await connect_bus("stratum")

    with pytest.raises(ValueError, match="no subject or message id"):
        await stratum.publish(SHARE_BATCH, share_batch(1), pool=pool, msg_id=msg_id)


async def _outcome(awaitable: Awaitable[int]) -> object:
    try:
        return await awaitable
    except BusError as error:
        return error
