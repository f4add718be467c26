"""Orders given in the admin center: to real stratum replicas and miners, and to payouts; each is logged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.bus import Bus
from nompcore.control import AdminAction
from nompcore.messages import PaymentFailed
from nompcore.subjects import JOB, JOBMAKER, PAYMENT_FAILED, STRATUM
from services.api.admin.payments_desk import ORDERS
from tests.servers import wait_until
from tests.service.admin_stage import AdminStage, Browser, admin_stage
from tests.stratum_client import WORKER, Clients, StratumClient
from tests.stratum_process import StratumProcess
from tests.stratum_work import ADDRESS, POOL, make_job
from tests.unit import api_samples as samples


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[AdminStage]:
    async with admin_stage(tmp_path) as stage:
        yield stage


class Miners:
    """Two stratum replicas and the miners of a pool, with an operator who has logged in."""

    def __init__(self, stage: AdminStage, operator: Browser, replicas: list[StratumProcess]) -> None:
        self.stage = stage
        self.operator = operator
        self.replicas = replicas
        self.clients = Clients()

    async def join(self, replica: StratumProcess, worker: str = WORKER) -> StratumClient:
        """A miner."""
        client = await self.clients.connect(replica.port)
        await client.subscribe()
        assert (await client.call("mining.authorize", worker, "x"))["result"] is True
        return client

    async def shown(self, search: str = "") -> str:
        """The page of connections."""
        return (await self.operator.get(f"/admin/connections?pool={POOL}&search={search}")).text

    async def order(self, name: str, **fields: str) -> str:
        """What an order brought, as the page says it."""
        answer = await self.operator.order(name, pool=POOL, **fields)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
async def miners(stage: AdminStage, tmp_path: Path) -> AsyncIterator[Miners]:
    url = stage.nats.url_for(STRATUM, f"{STRATUM}-password")
    replicas = [StratumProcess(tmp_path / name, url) for name in ("one", "two")]
    jobs_url = stage.nats.url_for(JOBMAKER, f"{JOBMAKER}-password")
    jobs = await Bus.connect(jobs_url, service=JOBMAKER, replica="test")
    await jobs.ensure()
    await jobs.publish(JOB, make_job(), pool=POOL)
    for name, replica in zip(("one", "two"), replicas, strict=True):
        replica._environ["NOMP_REPLICA"] = name
        await replica.start()
    operator = await stage.start(NOMP_CONFIG_DIR=str(tmp_path / "one"))
    await operator.log_in()
    made = Miners(stage, operator, replicas)

    async def both_are_heard() -> bool:
        page = (await operator.get("/admin")).text
        return 'class="name">one' in page and 'class="name">two' in page

    await wait_until(both_are_heard, what="pulses of both replicas")
    try:
        yield made
    finally:
        await made.clients.close()
        for replica in replicas:
            await replica.end()
        await jobs.drain()


async def is_closed(client: StratumClient) -> bool:
    """Whether the server hangs up; one that does not fails the test by its time-out."""
    try:
        await client.notification("never sent")
    except ConnectionResetError:
        return True
    return False


def outcomes(actions: list[AdminAction]) -> list[tuple[str, str]]:
    return [(one.action, one.outcome) for one in actions]


async def test_a_miner_is_found_and_thrown_out(miners: Miners) -> None:
    one, two = miners.replicas
    kicked, stays = await miners.join(one), await miners.join(two, f"{ADDRESS}.stays")

    everybody, found = await miners.shown(), await miners.shown("rig")
    page = found.partition('name="connection" value="')[2]
    text = await miners.order("kick", replica="one", connection=page.partition('"')[0])

    assert f"{ADDRESS}.stays" in everybody
    assert f"{ADDRESS}.stays" not in found
    assert "1 connections, page 1 of 1" in found
    assert "1 connections closed on 1 replicas" in text
    assert await is_closed(kicked)
    assert (await stays.call("mining.authorize", WORKER, "x"))["result"] is True
    assert outcomes(await miners.stage.actions())[-2:] == [("kick", "asked"), ("kick", "done")]


async def test_a_worker_is_thrown_out_of_every_replica(miners: Miners) -> None:
    clients = [await miners.join(replica) for replica in miners.replicas]

    text = await miners.order("kick", worker=ADDRESS)

    assert "2 connections closed on 2 replicas" in text
    assert all([await is_closed(client) for client in clients])


async def test_a_ban_reaches_every_replica_and_is_lifted_everywhere(miners: Miners) -> None:
    one, two = miners.replicas
    clients = [await miners.join(one), await miners.join(two)]

    await miners.order("ban", ip="127.0.0.1", hours="2", reason="floods the pool")

    assert all([await is_closed(client) for client in clients])
    page = (await miners.operator.get("/admin/bans")).text
    assert "127.0.0.1" in page
    assert "floods the pool" in page
    assert "<td>2 h<td>" in page
    text = await miners.order("unban", ip="127.0.0.1")
    assert "the ban of 127.0.0.1 is lifted" in text
    for replica in miners.replicas:
        await miners.join(replica)
    assert "Nobody." in (await miners.operator.get("/admin/bans")).text


async def test_an_order_without_sense_is_refused_and_logged(miners: Miners) -> None:
    answers = [
        await miners.operator.order("kick", pool=POOL),
        await miners.operator.order("kick", pool="no-such-pool", ip="127.0.0.1"),
        await miners.operator.order("kick", pool=POOL, replica="three", ip="127.0.0.1"),
        await miners.operator.order("ban", pool=POOL, ip="rubbish", hours="1", reason="r"),
        await miners.operator.order("ban", pool=POOL, ip="203.0.113.7", hours="x", reason="r"),
        await miners.operator.order("ban", pool=POOL, ip="203.0.113.7", hours="0", reason="r"),
        await miners.operator.order("ban", pool=POOL, ip="203.0.113.7", hours="1"),
        await miners.operator.order("unban", ip="<script>alert(1)</script>"),
    ]
    unknown = await miners.operator.order("shutdown")

    assert [answer.status_code for answer in [*answers, unknown]] == [409] * 9
    refused = [one for one in await miners.stage.actions() if one.outcome == "refused"]
    assert len(refused) == len(answers)
    assert all(one.text for one in refused)
    log = (await miners.operator.get("/admin/log")).text
    assert "&lt;script&gt;" in log
    assert "<script>alert" not in log


async def test_every_order_about_payments_is_passed_on_with_the_name_of_who_gave_it(
    stage: AdminStage,
) -> None:
    await stage.serve_payments()
    operator = await stage.start()
    await operator.log_in()
    fields = {"pool": samples.POOL, "reason": "the wallet moves", "amount_sats": "1200"}

    answers = [await operator.order(order, **fields, author="eve") for order in ORDERS]

    assert [answer.status_code for answer in answers] == [200] * len(ORDERS)
    assert [(one.action, one.author, one.reason, one.amount_sats) for one in stage.asked] == [
        (order, "ann", "the wallet moves", 1200) for order in ORDERS
    ]
    logged = (await stage.actions())[2:]
    assert outcomes(logged) == [(order, outcome) for order in ORDERS for outcome in ("asked", "done")]
    for begun, done in zip(logged[::2], logged[1::2], strict=True):
        assert (begun.who, begun.ip, begun.asked["reason"]) == ("ann", "127.0.0.1", "the wallet moves")
        assert (done.action_id, done.text) == (begun.action_id, f"{begun.action} was done")


async def test_what_an_upstream_pool_paid_is_entered_where_there_is_one(stage: AdminStage) -> None:
    await stage.serve_payments()
    ordinary = await stage.start()
    stage.pool_keys["upstream"] = {"pools": [{"host": "pool.example", "port": 3333, "user": "us"}]}
    upstream = await stage.start()
    forms = []
    for operator in (ordinary, upstream):
        await operator.log_in()
        forms.append((await operator.get(f"/admin/pools/{samples.POOL}")).text)
    reward = {"txid_display": "ab" * 32, "amount_sats": "1200", "reason": "week 47"}

    answer = await upstream.order("upstream-reward", pool=samples.POOL, **reward)

    assert ['action="/admin/do/upstream-reward"' in form for form in forms] == [False, True]
    assert "upstream-reward was done" in answer.text
    (asked,) = [one for one in stage.asked if one.action == "upstream-reward"]
    assert (asked.txid_display, asked.amount_sats, asked.author) == ("ab" * 32, 1200, "ann")


async def test_payouts_that_does_not_answer_is_told_and_logged(stage: AdminStage) -> None:
    operator = await stage.start()
    await operator.log_in()

    answer = await operator.order("pause", pool=samples.POOL, reason="r")
    page = await operator.get(f"/admin/pools/{samples.POOL}")

    assert answer.status_code == 409
    assert "no answer" in answer.text
    assert "no answer" in page.text
    assert outcomes(await stage.actions())[-2:] == [("pause", "asked"), ("pause", "refused")]


async def test_the_check_says_what_services_would_say(stage: AdminStage) -> None:
    operator = await stage.start()
    await operator.log_in()
    well = await operator.order("check-config")
    file = stage.directory / "api-0" / "pool_configs" / "litecoin.json"
    file.write_text(file.read_text().replace('"coin": "litecoin.json"', '"coin": "no-such.json"'))

    ill = await operator.order("check-config")

    assert "the files are in order" in well.text
    assert ill.status_code == 409
    assert "pool_configs/litecoin.json: coin" in ill.text


async def test_an_alarm_is_shown_and_streamed(stage: AdminStage) -> None:
    operator = await stage.start()
    await operator.log_in()
    alarm = PaymentFailed(pool=samples.POOL, payment_id="p-1", reason="the wallet is <empty>", time_ms=1)

    async with operator.client.stream("GET", "/admin/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        chunks = events.aiter_text()
        heard = await anext(chunks)
        await stage.payouts.publish(PAYMENT_FAILED, alarm, pool=samples.POOL)
        while "payment-failed" not in heard:
            heard += await anext(chunks)
    page = (await operator.get("/admin")).text

    assert '"reason":"the wallet is <empty>"' in heard
    assert "the wallet is &lt;empty&gt;" in page
