"""What an operator asks a replica: who is connected, whom to throw out, whom to ban. With NATS as shipped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.setup.nats_users import nats_users_conf
from nompcore.bus import Bus
from nompcore.control import StratumControl, StratumControlReply
from nompcore.errors import BusError
from nompcore.subjects import API, JOBMAKER, SERVICES, STRATUM, STRATUM_CONTROL
from tests.servers import NatsServer, wait_until
from tests.stratum_client import WORKER, StratumClient
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage
from tests.stratum_work import ADDRESS, POOL, make_job

HOUR = 3600.0


class Control:
    """The api's place: it asks replicas by name."""

    def __init__(self, nats: NatsServer, jobs: Bus, api: Bus, directory: Path) -> None:
        self.stage = Stage(directory, nats, jobs)
        self._url = nats.url_for(STRATUM, f"{STRATUM}-password")
        self._api = api
        self._directory = directory
        self.processes: list[StratumProcess] = []

    async def start(self, name: str) -> StratumProcess:
        """A replica of that name, with a job."""
        process = StratumProcess(self._directory / name, self._url)
        process._environ["NOMP_REPLICA"] = name
        self.processes.append(process)
        await process.start()
        return process

    async def ask(self, replica: str, action: str, **fields: Any) -> StratumControlReply:
        """The replica's answer."""
        request = StratumControl(action=action, **fields)
        return await self._api.request(STRATUM_CONTROL, request, pool=POOL, replica=replica)


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[Control]:
    """One NATS user a service, as in production."""
    passwords = {service: f"{service}-password" for service in SERVICES}
    nats = NatsServer(tmp_path / "nats", nats_users_conf(passwords, "operator-password"))
    await nats.start()
    jobs, api = [
        await Bus.connect(nats.url_for(name, f"{name}-password"), service=name, replica="test")
        for name in (JOBMAKER, API)
    ]
    for bus in (jobs, api):
        await bus.ensure()
    made = Control(nats, jobs, api, tmp_path)
    await made.stage.publish(make_job())
    try:
        yield made
    finally:
        for process in made.processes:
            await process.end()
        await made.stage.clients.close()
        for bus in (jobs, api):
            await bus.drain()
        await nats.stop()


async def miner(control: Control, process: StratumProcess, worker: str = WORKER) -> StratumClient:
    """Somebody who mines."""
    client = await control.stage.clients.connect(process.port)
    await client.subscribe()
    assert (await client.call("mining.authorize", worker, "x"))["result"] is True
    return client


async def is_closed(client: StratumClient) -> bool:
    """Whether the server hangs up; a server that does not fails the test by its time-out."""
    try:
        await client.notification("never sent")
    except ConnectionResetError:
        return True
    return False


async def test_a_miner_is_found_by_a_part_of_its_name_and_pages_are_bounded(control: Control) -> None:
    process = await control.start("one")
    for number in range(3):
        await miner(control, process, f"{ADDRESS}.rig{number}")
    await miner(control, process, f"{ADDRESS}.other")

    everybody = await control.ask("one", "connections", limit=1000)
    page = await control.ask("one", "connections", search="RIG", offset=1, limit=1)
    by_ip = await control.ask("one", "connections", search="127.0.0")

    assert (everybody.total, page.total, by_ip.total) == (4, 3, 4)
    assert [row.workers for row in page.connections] == [[f"{ADDRESS}.rig1"]]
    assert len({row.connection for row in everybody.connections}) == 4
    assert {row.ip for row in everybody.connections} == {"127.0.0.1"}
    assert {row.port for row in everybody.connections} == {process.port}


async def test_a_kick_closes_the_connection_it_names_and_no_other(control: Control) -> None:
    process = await control.start("one")
    kicked, stays = await miner(control, process), await miner(control, process, f"{ADDRESS}.two")
    (row,) = (await control.ask("one", "connections", search=WORKER)).connections

    reply = await control.ask("one", "kick", connection=row.connection)

    assert reply.affected == 1
    assert await is_closed(kicked)
    assert (await stays.call("mining.authorize", WORKER, "x"))["result"] is True
    assert (await control.ask("one", "kick", connection=row.connection)).affected == 0


@pytest.mark.parametrize("whom", [{"worker": WORKER}, {"worker": ADDRESS}, {"ip": "127.0.0.1"}])
async def test_a_kick_closes_all_of_a_worker_an_address_or_an_ip(
    control: Control, whom: dict[str, str]
) -> None:
    process = await control.start("one")
    clients = [await miner(control, process) for _ in range(2)]

    assert (await control.ask("one", "kick", **whom)).affected == 2
    assert all([await is_closed(client) for client in clients])


async def test_a_ban_reaches_the_other_replica_and_is_lifted_on_both(control: Control) -> None:
    one, two = await control.start("one"), await control.start("two")
    there = await miner(control, two)

    await control.ask("one", "ban", ip="127.0.0.1", seconds=HOUR, reason="floods", author="ann")

    assert await is_closed(there)
    (ban,) = (await control.ask("two", "bans")).bans
    assert (ban.group, ban.reason, ban.replica) == ("127.0.0.1", "floods", "one")
    assert await is_closed(await control.stage.clients.connect(one.port))
    assert (await control.ask("two", "unban", ip="127.0.0.1")).done == "the ban of 127.0.0.1 is lifted"
    await miner(control, two)

    async def is_lifted() -> bool:
        return (await control.ask("one", "bans")).total == 0

    await wait_until(is_lifted, what="it is lifted on the other as well")
    await miner(control, one)


@pytest.mark.parametrize(
    ("action", "fields", "text"),
    [
        ("shutdown", {}, "is none of"),
        ("kick", {}, "give either"),
        ("kick", {"worker": WORKER, "ip": "127.0.0.1"}, "give either"),
        ("kick", {"ip": "rubbish"}, "expected an IPv4 or IPv6 address"),
        ("ban", {"ip": "", "seconds": HOUR, "reason": "r"}, "expected an IPv4 or IPv6 address"),
        ("ban", {"ip": "203.0.113.7", "seconds": 0.0, "reason": "r"}, "a ban lasts"),
        ("ban", {"ip": "203.0.113.7", "seconds": HOUR}, "reason is missing"),
        ("unban", {"ip": "203.0.113"}, "expected an IPv4 or IPv6 address"),
    ],
)
async def test_an_order_that_cannot_be_followed_is_refused(
    control: Control, action: str, fields: dict[str, Any], text: str
) -> None:
    process = await control.start("one")
    client = await miner(control, process)

    with pytest.raises(BusError, match=text):
        await control.ask("one", action, **fields)

    assert (await client.call("mining.authorize", WORKER, "x"))["result"] is True
    await wait_until(lambda: bool(process.logged("request failed")), what="it is logged")
