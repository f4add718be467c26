"""Several replicas as one: shared bans and sessions, with only the stratum user's NATS permissions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.setup.nats_users import nats_users_conf
from nompcore.bus import Bus
from nompcore.errors import RejectReason
from nompcore.subjects import BANS, SERVICES, STRATUM
from services.stratum.ip_group import ban_key
from tests.servers import NatsServer, wait_until
from tests.stratum_client import WORKER, StratumClient
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage, metrics
from tests.stratum_work import EASY, ERRORS, make_job

GARBAGE = b"GET / HTTP/1.1\r\n"
STRICT = {"enabled": True, "time": 3, "junkLimit": 2}


class Replicas:
    """Two stratum processes with ports and configurations of their own."""

    def __init__(self, stage: Stage, nats: NatsServer, directory: Path) -> None:
        self.stage = stage
        self._url = nats.url_for(STRATUM, f"{STRATUM}-password")
        self._directory = directory
        self.processes: list[StratumProcess] = []

    async def start(self, name: str, **pool_keys: object) -> StratumProcess:
        """One more."""
        process = StratumProcess(self._directory / name, self._url, **pool_keys)  # type: ignore[arg-type]
        self.processes.append(process)
        await process.start()
        return process


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[Replicas]:
    """NATS as it is shipped, one user a service; the test is the operator."""
    passwords = {service: f"{service}-password" for service in SERVICES}
    nats = NatsServer(tmp_path / "nats", nats_users_conf(passwords, "operator-password"))
    await nats.start()
    bus = await Bus.connect(nats.url_for("operator", "operator-password"), service=STRATUM, replica="test")
    await bus.ensure()
    made = Replicas(Stage(tmp_path, nats, bus), nats, tmp_path)
    try:
        yield made
    finally:
        for process in made.processes:
            await process.end()
        await made.stage.end()
        await bus.drain()
        await nats.stop()


async def test_banned_on_one_replica_is_thrown_out_of_the_other_until_the_ban_ends(
    replicas: Replicas,
) -> None:
    stage = replicas.stage
    await stage.publish(make_job("1"))
    one = await replicas.start("one", banning=STRICT)
    two = await replicas.start("two", banning=STRICT)
    elsewhere = await stage.clients.mine(two.port)

    for _ in range(3):
        assert await (await stage.clients.connect(one.port, GARBAGE)).is_closed()

    assert await elsewhere.is_closed()
    assert await (await stage.clients.connect(one.port)).is_closed()
    assert await (await stage.clients.connect(two.port)).is_closed()
    assert 'stratum_bans_total{pool="btc",reason="junk"} 1.0' in await metrics(one)
    assert two.logged("session ended")[0]["reason"] == "banned"
    bucket = stage.bus.bucket(BANS)

    async def ended() -> bool:
        return await bucket.get(ban_key("127.0.0.1")) is None

    await wait_until(ended, what="the ban ends")

    async def welcome(process: StratumProcess) -> bool:
        try:
            await stage.clients.mine(process.port)
        except ConnectionError:
            return False
        return True

    for process in (one, two):
        await wait_until(lambda process=process: welcome(process), what="miners are welcome again")


async def test_an_operator_bans_with_the_nats_tool(replicas: Replicas) -> None:
    process = await replicas.start("one")
    miner = await replicas.stage.clients.mine(process.port)

    await replicas.stage.bus.bucket(BANS).put(ban_key("127.0.0.1"), b"rude")

    assert await miner.is_closed()


async def test_a_network_that_is_exempt_is_never_banned(replicas: Replicas) -> None:
    process = await replicas.start("one", banning={**STRICT, "exempt": ["127.0.0.0/8"]})
    for _ in range(5):
        assert await (await replicas.stage.clients.connect(process.port, GARBAGE)).is_closed()

    await replicas.stage.clients.mine(process.port)


async def resume(replicas: Replicas, process: StratumProcess, token: str) -> tuple[StratumClient, str]:
    """A new connection with an old token, and the extranonce1 it gets."""
    miner = await replicas.stage.clients.connect(process.port)
    reply = await miner.call("mining.subscribe", "test", token)
    miner.extranonce1_hex = reply["result"][1]
    return miner, reply["result"][0][0][1]


async def test_a_miner_goes_on_at_another_replica_with_all_it_had(replicas: Replicas) -> None:
    stage = replicas.stage
    job = await stage.publish(make_job("1"))
    one, two = await replicas.start("one"), await replicas.start("two")
    miner = await stage.clients.connect(one.port)
    reply = await miner.call("mining.subscribe", "test")
    token, miner.extranonce1_hex = reply["result"][0][0][1], reply["result"][1]
    assert (await miner.call("mining.authorize", WORKER, f"d={EASY * 2}"))["result"] is True
    first, second = miner.solutions(job, 2, EASY * 2)
    assert (await miner.reply(miner.submit(first)))["result"] is True
    await miner.close()

    again, new_token = await resume(replicas, two, token)

    assert again.extranonce1_hex == miner.extranonce1_hex
    assert new_token == token
    assert await again.notification("mining.set_difficulty") == [EASY * 2]
    params = await again.notification("mining.notify")
    assert params[0] != "1"
    assert params[7] > f"{job.ntime:08x}"
    assert (await again.reply(again.submit(first)))["error"] == ERRORS[RejectReason.DUPLICATE]
    assert (await again.reply(again.submit(second)))["result"] is True
    assert len(await stage.stored_shares(2)) == 2
    assert "stratum_sessions_resumed_total{" in await metrics(two)


async def test_a_token_is_good_for_one_connection(replicas: Replicas) -> None:
    await replicas.stage.publish(make_job("1"))
    one, two = await replicas.start("one"), await replicas.start("two")
    miner = await replicas.stage.clients.mine(one.port)
    _, token = await resume(replicas, one, "")
    owner = await replicas.stage.clients.connect(one.port)
    reply = await owner.call("mining.subscribe", "test")
    token = reply["result"][0][0][1]
    owner.extranonce1_hex = reply["result"][1]
    assert (await owner.call("mining.authorize", WORKER, "x"))["result"] is True

    thief, thiefs_token = await resume(replicas, two, token)

    assert thief.extranonce1_hex not in (owner.extranonce1_hex, miner.extranonce1_hex)
    assert thiefs_token != token
    await owner.close()
    heir, _ = await resume(replicas, two, token)
    late, _ = await resume(replicas, one, token)
    assert heir.extranonce1_hex == owner.extranonce1_hex
    assert late.extranonce1_hex != owner.extranonce1_hex


async def test_a_killed_replica_leaves_nothing_to_resume(replicas: Replicas) -> None:
    job = await replicas.stage.publish(make_job("1"))
    one, two = await replicas.start("one"), await replicas.start("two")
    miner = await replicas.stage.clients.connect(one.port)
    reply = await miner.call("mining.subscribe", "test")
    token, miner.extranonce1_hex = reply["result"][0][0][1], reply["result"][1]
    await miner.call("mining.authorize", WORKER, "x")
    (solution,) = miner.solutions(job, 1)
    assert (await miner.reply(miner.submit(solution)))["result"] is True
    await one.end()

    again, _ = await resume(replicas, two, token)

    assert again.extranonce1_hex != miner.extranonce1_hex
    assert (await again.call("mining.authorize", WORKER, "x"))["result"] is True
    assert (await again.reply(again.submit(again.solutions(job, 1)[0])))["result"] is True


async def test_a_drained_replica_hands_its_miners_over(replicas: Replicas) -> None:
    job = await replicas.stage.publish(make_job("1"))
    one, two = await replicas.start("one"), await replicas.start("two")
    miner = await replicas.stage.clients.connect(one.port)
    reply = await miner.call("mining.subscribe", "test")
    token, miner.extranonce1_hex = reply["result"][0][0][1], reply["result"][1]
    await miner.call("mining.authorize", WORKER, "x")
    first, second = miner.solutions(job, 2)

    one.terminate()
    assert await miner.notification("client.reconnect") == []
    assert (await miner.reply(miner.submit(first)))["result"] is True  # until it goes its shares count
    await miner.close()
    again, _ = await resume(replicas, two, token)

    assert again.extranonce1_hex == miner.extranonce1_hex
    # its workers came with it: no new login
    assert (await again.reply(again.submit(first)))["error"] == ERRORS[RejectReason.DUPLICATE]
    assert (await again.reply(again.submit(second)))["result"] is True
    assert await one.exit_code() == 0
