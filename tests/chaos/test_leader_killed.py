"""kill -9 the jobmaker that leads, again and again, just when a block is found on its job."""

from __future__ import annotations

import asyncio
import time
from random import Random

import pytest

from nompcore.messages import BlockFound, Job
from nompcore.subjects import LEADERS
from nompcore.work_queue import ACK_WAIT_SECONDS
from tests.chaos.block_accounts import Finder, knows, outcomes
from tests.chaos.job_arrivals import JobArrivals, maker_of, mark_of
from tests.servers import wait_until
from tests.servers.jobmaker_process import POOL, JobmakerProcess
from tests.service.jobmaker_rig import Rig

SEED = 20260101
KILLS = 20
REPLICAS = ("jobmaker-1", "jobmaker-2")
RENEWAL_SECONDS = LEADERS.ttl_seconds / 3
"""Between renewals of the lease: the kill comes at any time in it, and the lease ends later or sooner."""
SPREAD_SECONDS = 0.1
"""The kill comes so long before or after the found block is published: also while the block is in hand."""

SUBMITTED_SECONDS = ACK_WAIT_SECONDS + 30.0
"""What the leader had in hand comes to the other replica after the first part of that."""


class Replicas:
    """Two jobmakers, and the one that leads dies."""

    def __init__(self, rig: Rig, jobs: JobArrivals) -> None:
        self.jobs = jobs
        self._rig = rig
        self._by_mark: dict[str, JobmakerProcess] = {}

    async def start(self) -> None:
        """Start both."""
        for replica in REPLICAS:
            self._by_mark[mark_of(replica, POOL)] = await self._rig.jobmaker(replica=replica)
        for process in self._by_mark.values():
            await _until_warm(process, "")

    async def kill_maker_of(self, job: Job, delay_seconds: float) -> float:
        """Kill who made the job; returns when, in monotonic seconds."""
        await asyncio.sleep(delay_seconds)
        killed_at = time.monotonic()
        await self._by_mark[maker_of(job)].kill()
        return killed_at

    async def first_job_after(self, killed_at: float, dead: Job) -> float:
        """When the other replica's first job came, once it has."""
        arrival = await self.jobs.first(
            lambda each: each.at > killed_at and maker_of(each.job) != maker_of(dead),
            "a job of the replica that lives",
        )
        return arrival.at

    async def restart_maker_of(self, job: Job) -> None:
        """Start it again; returns when it stands by, ready to lead."""
        process = self._by_mark[maker_of(job)]
        before = process.output
        await process.start()
        await _until_warm(process, before)


async def _until_warm(process: JobmakerProcess, before: str) -> None:
    """Both daemons were met since it printed `before`."""
    await wait_until(
        lambda: process.output[len(before) :].count('"state": "ok"') >= 2,
        what="a jobmaker that knows both daemons",
    )


@pytest.mark.timeout(900)
async def test_every_block_on_a_dead_leaders_job_is_accepted(rig: Rig) -> None:
    print(f"seed {SEED}")
    random, jobs = Random(SEED), JobArrivals()
    await jobs.listen(rig.miners.bus)
    replicas, finder = Replicas(rig, jobs), Finder(rig.miners.coin)
    await replicas.start()
    job = await rig.miners.job()
    jobless, unsubmitted = [], []
    for _ in range(KILLS):
        found = finder.find(job)
        killed_at, published_at = await kill_around_the_find(rig, replicas, found, job, random)
        job_at, submitted_at = await asyncio.gather(
            replicas.first_job_after(killed_at, job), _submitted_at(rig, found)
        )
        jobless.append(job_at - killed_at)
        unsubmitted.append(submitted_at - published_at)
        assert (await rig.miners.fate_of(found)).status == "accepted"
        await replicas.restart_maker_of(job)
        job = await rig.miners.job(lambda new, found=found: new.height == found.height + 1)  # type: ignore[misc]
    tell("from kill to the next job", jobless)
    tell("from find to submission", unsubmitted)

    ended = await outcomes(rig)

    assert [(outcome.status, outcome.in_chain) for outcome in ended.values()] == [("accepted", True)] * KILLS
    ids = [each.job.job_id for each in jobs.all]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids), "a later job has a later id"


async def kill_around_the_find(
    rig: Rig, replicas: Replicas, found: BlockFound, job: Job, random: Random
) -> tuple[float, float]:
    """The leader dies before or after its block is published; returns both times, monotonic."""
    await asyncio.sleep(random.uniform(0, RENEWAL_SECONDS))
    moment = random.uniform(-SPREAD_SECONDS, SPREAD_SECONDS)
    return await asyncio.gather(
        replicas.kill_maker_of(job, max(0.0, moment)), _publish_after(rig, found, max(0.0, -moment))
    )


async def _publish_after(rig: Rig, found: BlockFound, delay_seconds: float) -> float:
    await asyncio.sleep(delay_seconds)
    published_at = time.monotonic()
    await rig.miners.publish(found)
    return published_at


async def _submitted_at(rig: Rig, found: BlockFound) -> float:
    """When the block was at a daemon, in monotonic seconds."""
    await wait_until(
        lambda: knows(rig.node, found.block_hash_display), seconds=SUBMITTED_SECONDS, what="a submission"
    )
    return time.monotonic()


def tell(what: str, seconds: list[float]) -> None:
    """The figures; `pytest -s` shows them."""
    each = " ".join(f"{value:.2f}" for value in seconds)
    print(f"seconds {what}: {each}; worst {max(seconds):.2f}")
