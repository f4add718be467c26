"""An upstream pool that drags us down: too easy, or job upon job; and a new leader that finds none."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nompcore.subjects import JOBMAKER, LEADERS, TEMPLATES
from services.jobmaker import leadership
from services.jobmaker.pool_work import PoolWork
from services.jobmaker.template_store import TemplateStore
from services.jobmaker.upstream import desk
from services.jobmaker.upstream.choice import ChoicePace
from services.jobmaker.upstream.pacing import CLEAN_AT_ONCE, INTERVAL_SECONDS
from tests.servers import wait_until
from tests.servers.relay_daemon import RelayDaemon
from tests.servers.scripted_upstream import ScriptedUpstream
from tests.service.pool_stage import at_work, set_up, simulated_chain
from tests.service.test_jobmaker_upstream import (
    NOTIFY,
    Connect,
    pool_on,
    quick,
    section,
    upstreams,
)

__all__ = ["quick"]  # a fixture

STORM = 1_000
PASSED_OVER, ENDED = "nomp_jobmaker_upstream_jobs_passed_over_total", "nomp_jobmaker_upstream_ended_total"
MESSAGES = "nomp_jobmaker_upstream_messages_total"


def name_of(server: ScriptedUpstream) -> str:
    return f"127.0.0.1:{server.port}"


async def test_a_pool_that_is_too_easy_is_no_upstream_pool(tmp_path: Path, nats_url: str) -> None:
    async with upstreams(2) as (first, second):
        first.difficulty = 1e-9
        async with pool_on(tmp_path, nats_url, section([first, second], min_difficulty=8)) as stage:
            job = await stage.miners.job()
            assert stage.count(ENDED, upstream=name_of(first), why="too-easy") >= 1
            assert not first.submissions

            second.say("mining.set_difficulty", 7.9)
            second.send_job(replace(NOTIFY, job_id="c0"))
            await stage.wait_for_count(1, ENDED, upstream=name_of(second), why="too-easy")
            second.send_job(replace(NOTIFY, job_id="c1"))
            await stage.miners.job(lambda new: new.job_id != job.job_id)  # connected again, at 8 again
            assert {new.forward_target_hex for new in stage.miners.jobs} == {job.forward_target_hex}


async def test_a_pool_that_hangs_up_as_soon_as_it_has_given_work_gives_none(
    tmp_path: Path, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "CHOICE_PACE", ChoicePace(patience=1.5, steady=60))
    async with upstreams(2) as (first, second):
        first.hangs_up, second.extranonce1_hex = True, "22"
        async with pool_on(tmp_path, nats_url, section([first, second])) as stage:
            job = await stage.miners.job(lambda new: new.coinb1_hex == NOTIFY.coinb1_hex + "22" + "00000000")
            enough = len(first.logins) + 1
            await wait_until(lambda: len(first.logins) >= enough, what="the first one is tried again")
            second.send_job(replace(NOTIFY, job_id="c0", ntime=NOTIFY.ntime + 1))
            newest = await stage.miners.job(lambda new: new.ntime > job.ntime)

        since = stage.miners.jobs.index(job)
        assert [new.job_id for new in stage.miners.jobs[since:]] == [job.job_id, newest.job_id]


async def test_of_what_a_pool_tells_people_the_log_has_little(
    tmp_path: Path, nats_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with upstreams(1) as (server,), pool_on(tmp_path, nats_url, section([server])) as stage:
        await stage.miners.job()
        for number in range(STORM):
            server.say("client.show_message", f"maintenance {number}")
        await stage.wait_for_count(STORM, MESSAGES, upstream=name_of(server))

    told = [record for record in caplog.records if record.msg == "message of the upstream pool"]
    assert [vars(record)["text"] for record in told[:1]] == ["maintenance 0"]
    assert len(told) < STORM / 10  # one, and one more each ten seconds on a slow machine


@pytest.mark.parametrize("clean_jobs", [False, True])
async def test_job_upon_job_reaches_our_miners_as_few(
    tmp_path: Path, nats_url: str, *, clean_jobs: bool
) -> None:
    async with upstreams(1) as (server,), pool_on(tmp_path, nats_url, section([server])) as stage:
        job = await stage.miners.job()
        began = time.monotonic()

        for ntime in range(job.ntime + 1, job.ntime + STORM + 1):
            server.send_job(replace(NOTIFY, ntime=ntime, clean_jobs=clean_jobs))
            await asyncio.sleep(0)  # each of them by itself

        newest = await stage.miners.job(lambda new: new.ntime == job.ntime + STORM)
        assert newest.clean_jobs == clean_jobs
        sent = len(stage.miners.jobs) - 1
        assert sent <= CLEAN_AT_ONCE + (time.monotonic() - began) / INTERVAL_SECONDS  # on a slow machine too
        assert sent + stage.count(PASSED_OVER, upstream=name_of(server)) == STORM


async def test_a_new_leader_goes_on_with_the_daemon_where_the_last_one_had_come_to_it(
    tmp_path: Path, nats_url: str, connect_bus: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for the upstream pools once more, while there may be a new block."""
    monkeypatch.setattr(leadership, "LEADERS", LEADERS)
    async with (
        upstreams(1) as (server,),
        simulated_chain(tmp_path / "sim") as sim,
        RelayDaemon(sim.config()).serving() as relay,
        set_up(sim, nats_url, relay=relay, upstream=section([server], fall_back_to_daemon=True)) as stage,
    ):
        await server.stop()
        monkeypatch.setattr(desk, "CHOICE_PACE", ChoicePace(patience=3600, steady=0.6))
        bus = await connect_bus(JOBMAKER, replica="jobmaker-2")
        second = PoolWork(bus, "jobmaker-2", stage.work.pool, TemplateStore(bus.objects(TEMPLATES)))
        async with at_work(stage):
            own = await stage.miners.job()
            assert own.forward_target_hex == ""
        stop = asyncio.Event()
        leading = asyncio.create_task(second.run(stop))
        await stage.new_tip()

        await stage.miners.job(
            lambda new: new.prevhash_hex != own.prevhash_hex and not new.forward_target_hex
        )
        await server.start()
        await stage.miners.job(lambda new: new.forward_target_hex != "")
        stop.set()
        await leading
        await second.close()
