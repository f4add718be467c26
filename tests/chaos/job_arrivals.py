"""Jobs as a miner gets them: which replica made them, and when they came."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nompcore.bus import Bus
from nompcore.messages import Job
from nompcore.subjects import JOB
from services.jobmaker.job_ids import MAKER_DIGITS, JobIds
from tests.servers import wait_until


@dataclass(frozen=True, slots=True)
class Arrival:
    """A job and when it came, in monotonic seconds."""

    job: Job
    at: float


class JobArrivals:
    """Every job since `listen`."""

    def __init__(self) -> None:
        self.all: list[Arrival] = []

    async def listen(self, bus: Bus) -> None:
        """Start to see jobs."""
        await bus.subscribe(JOB, self._on_job)

    async def first(self, wanted: Callable[[Arrival], bool], what: str) -> Arrival:
        """The first job that is as wanted, once there is one."""
        await wait_until(lambda: any(map(wanted, self.all)), what=what)
        return next(filter(wanted, self.all))

    async def _on_job(self, job: Job) -> None:
        self.all.append(Arrival(job, time.monotonic()))


def maker_of(job: Job) -> str:
    """What the ids of all jobs of one replica and pool end in."""
    return job.job_id[-MAKER_DIGITS:]


def mark_of(replica: str, pool: str) -> str:
    """What the ids of this replica's jobs for the pool end in."""
    return JobIds(replica, pool).next(0)[-MAKER_DIGITS:]
