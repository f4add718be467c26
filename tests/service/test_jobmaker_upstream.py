"""A pool's work from upstream pools, over real NATS: jobs, shares, fail-over, the daemon, another replica."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nats
import pytest

from nompcore.bus import Bus
from nompcore.coinbase import CoinbaseSpec, build_coinbase
from nompcore.config.upstream import UPSTREAM_EXTRANONCES, UpstreamPool, UpstreamSection
from nompcore.messages import Job
from nompcore.subjects import JOBMAKER, LEADERS, TEMPLATES, UPSTREAM_SHARE
from nompcore.upstream import UpstreamShare
from nompcore.upstream_job import UpstreamNotify
from services.jobmaker import leadership
from services.jobmaker.pool_work import PoolWork
from services.jobmaker.template_store import TemplateStore
from services.jobmaker.upstream import desk
from services.jobmaker.upstream.choice import ChoicePace
from tests import certificates
from tests.servers import wait_until
from tests.servers.relay_daemon import RelayDaemon
from tests.servers.scripted_upstream import ScriptedUpstream
from tests.service.pool_stage import PoolStage, at_work, set_up, simulated_chain

Connect = Callable[..., Awaitable[Bus]]

NOTIFY = UpstreamNotify(
    job_id="bf",
    prevhash_hex="11" * 32,
    coinb1_hex=build_coinbase(CoinbaseSpec(7_001, 10**8, bytes(25))).coinb1.hex(),
    coinb2_hex="ab" * 30,
    merkle_branch_hex=("cd" * 32,),
    version=0x20000000,
    nbits_hex="1c00ffff",
    ntime=1_700_000_000,
    clean_jobs=False,
)


# On a busy machine a leader of a second and a half loses its lease now and then, and its connections with it.
LASTING = replace(LEADERS, name="lasting-leaders", ttl_seconds=60)
HANDED_ON = replace(LEADERS, name="handed-on-leaders", ttl_seconds=6)


@pytest.fixture(autouse=True)
async def quick(monkeypatch: pytest.MonkeyPatch, nats_url: str) -> None:
    """Decisions within a test's time, by one leader."""
    monkeypatch.setattr(desk, "CHOICE_PACE", ChoicePace(patience=0.3, steady=0.6))
    monkeypatch.setattr(leadership, "LEADERS", LASTING)
    client = await nats.connect(nats_url)
    for row in (LASTING, HANDED_ON):
        await client.jetstream().create_key_value(bucket=row.name, ttl=row.ttl_seconds)
    await client.close()


@contextlib.asynccontextmanager
async def upstreams(count: int) -> AsyncIterator[list[ScriptedUpstream]]:
    servers = [ScriptedUpstream() for _ in range(count)]
    for server in servers:
        server.notify = NOTIFY
        await server.start()
    try:
        yield servers
    finally:
        for server in servers:
            await server.stop()


def section(servers: list[ScriptedUpstream], **keys: Any) -> UpstreamSection:
    pools = [UpstreamPool(host="127.0.0.1", port=server.port, user="us.rig") for server in servers]
    return UpstreamSection(pools=pools, **keys)


@contextlib.asynccontextmanager
async def pool_on(directory: Path, nats_url: str, upstream: UpstreamSection) -> AsyncIterator[PoolStage]:
    """A pool at work whose daemon has a chain of two blocks."""
    async with (
        simulated_chain(directory / "sim") as sim,
        RelayDaemon(sim.config()).serving() as relay,
        set_up(sim, nats_url, relay=relay, upstream=upstream, version_mask=0x00FFE000) as stage,
        at_work(stage),
    ):
        yield stage


def share_of(job: Job, number: int = 0) -> UpstreamShare:
    return UpstreamShare(
        pool=job.pool,
        replica="stratum-1",
        worker="a.rig",
        job_id=job.job_id,
        extranonce1_hex="0a10",
        extranonce2_hex=f"{number:04x}",
        ntime_hex="6553f100",
        nonce_hex="deadbeef",
        block_hash_display=f"{number:064x}",
        share_difficulty=9.0,
        time_ms=1,
        version_bits_hex="00002000",
    )


async def forward(stage: PoolStage, share: UpstreamShare) -> None:
    await stage.miners.bus.publish(UPSTREAM_SHARE, share, pool=stage.name, msg_id=share.block_hash_display)


async def fates(stage: PoolStage, count: int) -> dict[str, float]:
    """Of all shares so far, once there are so many."""
    metric, kinds = "nomp_jobmaker_upstream_shares_total", ("accepted", "rejected", "stale", "unanswered")
    await wait_until(
        lambda: sum(stage.count(metric, result=kind) for kind in kinds) >= count, what=f"{count} fates"
    )
    return {kind: stage.count(metric, result=kind) for kind in kinds if stage.count(metric, result=kind)}


async def test_jobs_come_down_and_shares_go_up(tmp_path: Path, nats_url: str) -> None:
    async with upstreams(1) as (server,), pool_on(tmp_path, nats_url, section([server])) as stage:
        job = await stage.miners.job()
        assert server.logins == [["us.rig", "x"]]
        assert job.coinb1_hex == NOTIFY.coinb1_hex + "08000002" + "00000000"
        assert (job.height, job.clean_jobs, job.version_mask_hex) == (7_001, True, "00ffe000")

        await forward(stage, share_of(job))
        assert await fates(stage, 1) == {"accepted": 1}
        assert server.submissions == [
            ["us.rig", "bf", "00000000" + "0a10" + "0000", "6553f100", "deadbeef", "00002000"]
        ]

        server.verdict = lambda params: (None, [21, "job not found", None])
        await forward(stage, share_of(job, 1))
        await fates(stage, 2)
        server.verdict = lambda params: (False, [23, "low difficulty share", None])
        await forward(stage, share_of(job, 2))
        assert await fates(stage, 3) == {"accepted": 1, "stale": 1, "rejected": 1}

        server.say("mining.set_difficulty", 16)
        server.send_job(replace(NOTIFY, job_id="c0"))
        harder = await stage.miners.job(lambda new: new.job_id != job.job_id)
        assert not harder.clean_jobs
        assert int(harder.forward_target_hex, 16) == int(job.forward_target_hex, 16) // 2

        server.say("mining.set_extranonce", "0a", 4)
        server.send_job(replace(NOTIFY, job_id="c1"))
        other = await stage.miners.job(lambda new: new.job_id != harder.job_id)
        assert (other.clean_jobs, other.coinb1_hex) == (True, NOTIFY.coinb1_hex + "0a")

        await forward(stage, share_of(harder, 3))  # of the extranonce1 before
        assert (await fates(stage, 4))["stale"] == 2
        assert len(server.submissions) == 3


async def test_the_second_pool_steps_in_and_the_first_one_comes_back(tmp_path: Path, nats_url: str) -> None:
    async with (
        upstreams(2) as (first, second),
        pool_on(tmp_path, nats_url, section([first, second])) as stage,
    ):
        second.extranonce1_hex = "22"
        job = await stage.miners.job()
        assert not second.is_used

        await first.stop()
        away = await stage.miners.job(lambda new: new.job_id != job.job_id)
        assert (away.clean_jobs, away.coinb1_hex) == (True, NOTIFY.coinb1_hex + "22" + "00000000")
        await forward(stage, share_of(job))
        assert await fates(stage, 1) == {"stale": 1}

        await first.start()
        back = await stage.miners.job(lambda new: new.job_id != away.job_id)
        assert (back.clean_jobs, back.coinb1_hex) == (True, job.coinb1_hex)
        await wait_until(lambda: not second.is_used, what="the second pool is left")


async def test_a_pool_without_room_for_us_is_no_upstream_pool(tmp_path: Path, nats_url: str) -> None:
    async with upstreams(2) as (first, second):
        first.extranonce2_size = 3
        async with pool_on(tmp_path, nats_url, section([first, second])) as stage:
            await stage.miners.job()
            assert stage.count(
                "nomp_jobmaker_upstream_ended_total", upstream=f"127.0.0.1:{first.port}", why="garbled"
            )


async def test_the_daemon_steps_in_with_the_same_sizes(tmp_path: Path, nats_url: str) -> None:
    async with (
        upstreams(1) as (server,),
        pool_on(tmp_path, nats_url, section([server], fall_back_to_daemon=True)) as stage,
    ):
        job = await stage.miners.job()

        await server.stop()
        own = await stage.miners.job(lambda new: new.job_id != job.job_id)
        assert (own.clean_jobs, own.forward_target_hex, own.height) == (True, "", 3)
        sizes = (UPSTREAM_EXTRANONCES.extranonce1, UPSTREAM_EXTRANONCES.extranonce2)
        assert (own.extranonce1_size, own.extranonce2_size) == sizes
        assert own.coinb1_hex.endswith("08" + "00000000")
        assert own.template_id != ""

        await server.start()
        back = await stage.miners.job(lambda new: new.forward_target_hex != "")
        assert (back.clean_jobs, back.coinb1_hex) == (True, job.coinb1_hex)
        await stage.new_tip()
        again = replace(NOTIFY, job_id="d0")
        server.send_job(again)
        await stage.miners.job(lambda new: new.job_id not in (job.job_id, own.job_id, back.job_id))
        assert stage.miners.jobs[-1].forward_target_hex != ""


async def test_a_pool_may_send_us_to_another_port_of_its_own(tmp_path: Path, nats_url: str) -> None:
    async with upstreams(2) as (first, other), pool_on(tmp_path, nats_url, section([first])) as stage:
        other.extranonce1_hex = "33"
        job = await stage.miners.job()

        first.say("client.reconnect", "127.0.0.1", other.port, 0)

        there = await stage.miners.job(lambda new: new.job_id != job.job_id)
        assert there.coinb1_hex == NOTIFY.coinb1_hex + "33" + "00000000"


async def test_another_replica_logs_in_when_it_leads(
    tmp_path: Path, nats_url: str, connect_bus: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "LEADERS", HANDED_ON)
    async with (
        upstreams(1) as (server,),
        simulated_chain(tmp_path / "sim") as sim,
        RelayDaemon(sim.config()).serving() as relay,
        set_up(sim, nats_url, relay=relay, upstream=section([server])) as stage,
    ):
        bus = await connect_bus(JOBMAKER, replica="jobmaker-2")
        second = PoolWork(bus, "jobmaker-2", stage.work.pool, TemplateStore(bus.objects(TEMPLATES)))
        stop = asyncio.Event()
        async with at_work(stage):
            job = await stage.miners.job()
            standing_by = asyncio.create_task(second.run(stop))
        after = await stage.miners.job(lambda new: new.job_id != job.job_id)
        await forward(stage, share_of(job))
        await forward(stage, share_of(after, 1))

        assert (after.clean_jobs, len(server.logins)) == (True, 2)
        assert await fates(stage, 2) == {"stale": 1, "accepted": 1}
        stop.set()
        await standing_by
        await second.close()


async def test_tls_is_spoken_with_whom_it_can_be_checked_only(
    tmp_path: Path, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "NAME", "localhost")
    stranger, known = ScriptedUpstream(), ScriptedUpstream()
    for name, server in (("stranger", stranger), ("known", known)):
        certificate, key = certificates.make_certificate(tmp_path / name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.notify = NOTIFY
        await server.start(context)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "known" / "cert.pem"))
    pools = [
        UpstreamPool(host="localhost", port=each.port, user="us", tls=True) for each in (stranger, known)
    ]

    async with pool_on(tmp_path, nats_url, UpstreamSection(pools=pools)) as stage:
        await stage.miners.job()

        metric = "nomp_jobmaker_upstream_ended_total"
        assert stage.count(metric, upstream=f"localhost:{stranger.port}", why="unreachable") >= 1
        assert (stranger.logins, known.logins) == ([], [["us", "x"]])
    for server in (stranger, known):
        await server.stop()
