"""An upstream pool that gives a job twice, or half a line; and where work goes over to it from the daemon."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from nompcore.config.upstream import UpstreamPool
from services.jobmaker.upstream.connection import SILENT, UpstreamConnection, UpstreamPace
from tests.servers.relay_daemon import PassOn
from tests.service.test_jobmaker_upstream import (
    NOTIFY,
    fates,
    forward,
    pool_on,
    quick,
    section,
    share_of,
    upstreams,
)

__all__ = ["quick"]  # a fixture


async def test_beside_the_daemons_jobs_of_the_same_block_none_is_clean(tmp_path: Path, nats_url: str) -> None:
    """A block that a miner finds on them in that moment is ours."""
    async with upstreams(1) as (server,):
        await server.stop()
        async with pool_on(tmp_path, nats_url, section([server], fall_back_to_daemon=True)) as stage:
            own = await stage.miners.job()
            assert own.forward_target_hex == ""
            assert (own.created_ms % 2**32).to_bytes(4, "little").hex() in own.coinb1_hex  # work of its own
            server.notify = replace(NOTIFY, prevhash_hex=own.prevhash_hex)
            await server.start()

            theirs = await stage.miners.job(lambda new: new.forward_target_hex != "")
            assert not theirs.clean_jobs
            await forward(stage, share_of(theirs))
            assert await fates(stage, 1) == {"accepted": 1}


async def test_a_job_given_twice_is_the_same_work(tmp_path: Path, nats_url: str) -> None:
    async with upstreams(1) as (server,), pool_on(tmp_path, nats_url, section([server])) as stage:
        job = await stage.miners.job()

        server.say("mining.set_version_mask", "0000e000")
        again = await stage.miners.job(lambda new: new.job_id != job.job_id)
        assert (again.same_work_as, again.version_mask_hex) == (job.job_id, "0000e000")
        assert again.ntime == job.ntime + 1

        server.send_job(replace(NOTIFY, ntime=NOTIFY.ntime + 7))
        later = await stage.miners.job(lambda new: new.job_id != again.job_id)
        assert (later.same_work_as, later.ntime) == ("", NOTIFY.ntime + 7)


async def test_a_template_that_was_under_way_is_no_job_once_an_upstream_pool_gives_work(
    tmp_path: Path, nats_url: str
) -> None:
    async with upstreams(1) as (server,):
        await server.stop()
        async with pool_on(tmp_path, nats_url, section([server], fall_back_to_daemon=True)) as stage:
            await stage.miners.job()
            released, held = asyncio.Event(), asyncio.Event()

            async def hold(params: list[Any]) -> object:
                if "longpollid" not in params[0]:
                    held.set()
                await released.wait()
                raise PassOn

            stage.relay.answers["getblocktemplate"] = hold
            await held.wait()
            await stage.new_tip()
            await server.start()
            theirs = await stage.miners.job(lambda new: new.forward_target_hex != "")

            released.set()
            await stage.wait_for_count(1, "nomp_jobmaker_job_failures_total", why="LeaseLost")
            assert stage.miners.jobs[-1].job_id == theirs.job_id


async def test_a_line_that_never_ends_is_silence() -> None:
    notify = ["b", "11" * 32, "0100", "abcd", [], "20000000", "1c00ffff", "6553f100", True]
    answers = ({"id": 1, "result": [[], "08000002", 4]}, {"id": 3, "result": True})

    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.write(json.dumps({"id": None, "method": "mining.notify", "params": notify}).encode() + b"\n")
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        ended.set()

    pool = UpstreamPool(host="127.0.0.1", port=3333, user="us")
    pace = UpstreamPace(silence_seconds=0.2)
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server, asyncio.timeout(20):
        connection = UpstreamConnection(pool, 0, pace, lambda said: None)
        ending = await connection.last("127.0.0.1", server.sockets[0].getsockname()[1])
        await ended.wait()

    assert ending.why == SILENT
