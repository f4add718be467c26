"""The stratum service among peers that mean ill or speak nonsense, and behind a proxy."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.stratum.dialogue import MAX_UNANSWERED
from tests.servers import NatsServer
from tests.stratum_stage import Stage, metrics, open_stage
from tests.stratum_work import (
    MAIN_ADDRESS,
    make_job,
)


@pytest.fixture
async def stage(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Stage]:
    """NATS, miners, and stratum when the test starts it."""
    async with open_stage(tmp_path, nats_server) as stage:
        yield stage


async def test_a_worker_whose_address_is_not_the_coins_is_refused(stage: Stage) -> None:
    process = await stage.start()
    miner = await stage.clients.connect(process.port)

    reply = await miner.call("mining.authorize", f"{MAIN_ADDRESS}.rig", "secret-password")

    assert reply["result"] is False
    assert reply["error"][0] == 24
    assert "secret-password" not in process.output


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\n",
    b'{"id":1,"method":"mining.submit"\n',
    b'{"id":1,"method":"mining.submit","params":' + b"[" * 5000 + b"]" * 5000 + b"}\n",
    b"[" * 20000,
    b'{"id":1,"method":"mining.subscribe","params":[]}\n' * 3 + b"\xff\xfe\n",
]
SURVIVED = [
    b'{"id":1,"method":"mining.submit","params":[null,null]}\n',
    b'{"id":1,"method":"mining.authorize"}\n',
    b'{"id":1,"method":"no.such"}\n',
    b'{"id":1,"met',
]


async def test_garbage_never_costs_another_miner_a_share(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    solutions = miner.solutions(job, 4 * len(GARBAGE + SURVIVED))
    replies = []
    for number, garbage in enumerate((GARBAGE + SURVIVED) * 4):
        vandal = await stage.clients.connect(process.port, garbage)
        replies.append(await miner.reply(miner.submit(solutions[number])))
        if garbage in GARBAGE:
            assert await vandal.is_closed()
        await vandal.close()

    assert [reply["result"] for reply in replies] == [True] * len(solutions)
    assert len(await stage.stored_shares(len(solutions))) == len(solutions)
    page = await metrics(process)
    assert 'stratum_hangups_total{pool="btc",reason="malformed"} 24.0' in page
    assert 'stratum_hangups_total{pool="btc",reason="flood"} 4.0' in page


async def test_a_peer_that_does_not_read_is_closed_and_others_mine_on(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    deaf = await stage.clients.connect(process.port)

    async def shout() -> None:
        submits = b'{"id":1,"method":"mining.submit","params":[]}\n' * 1000
        while not process.logged("connection closed"):
            deaf.send_bytes(submits)
            await asyncio.sleep(0.01)

    await asyncio.wait_for(shout(), 30)
    reply = await miner.reply(miner.submit(miner.solutions(job, 1)[0]))

    assert reply["result"] is True
    assert process.logged("connection closed")[0]["reason"] == "slow-reader"
    await deaf.close()


async def test_a_flood_of_shares_waits_in_its_own_socket(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    flooder, other = await stage.clients.mine(process.port), await stage.clients.mine(process.port)
    solutions = flooder.solutions(job, MAX_UNANSWERED + 10)
    stage.nats.freeze()

    request_ids = [flooder.submit(solution) for solution in solutions]
    ping = flooder.send("mining.ping")
    for _ in range(20):
        assert (await other.call("mining.ping"))["result"] == "pong"
    stage.nats.thaw()
    replies = [await flooder.reply(request_ids[0])]
    assert not flooder.has_heard(ping)  # it was read when there was room again
    replies += [await flooder.reply(one) for one in request_ids[1:]]

    assert [reply["result"] for reply in replies] == [True] * len(solutions)
    assert (await flooder.reply(ping))["result"] == "pong"


@pytest.mark.parametrize(
    ("header", "ip"),
    [
        (b"PROXY TCP4 203.0.113.7 192.0.2.1 56324 3333\r\n", "203.0.113.7"),
        (
            b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"
            + bytes([203, 0, 113, 8, 192, 0, 2, 1])
            + struct.pack("!HH", 56324, 3333),
            "203.0.113.8",
        ),
        (b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00", "127.0.0.1"),
    ],
)
async def test_the_proxy_header_names_the_miner(stage: Stage, header: bytes, ip: str) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start(tcpProxyProtocol=True)
    miner = await stage.clients.mine(process.port, first_bytes=header)

    assert (await miner.reply(miner.submit(miner.solutions(job, 1)[0])))["result"] is True

    (share,) = await stage.stored_shares(1)
    assert share.ip == ip
    bare = await stage.clients.connect(process.port, b'{"id":1,"method":"mining.subscribe"}\n')
    assert await bare.is_closed()
