"""A pool's dealings with its upstream pools while this replica leads: who gives the work, and their jobs."""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec

from nompcore.bus import Bus
from nompcore.coinbase import ExtranonceSizes
from nompcore.config.pool import PoolConfig
from nompcore.config.upstream import UpstreamSection
from nompcore.ending import end_tasks
from nompcore.errors import BusError, EncodingError
from nompcore.messages import Job
from nompcore.subjects import UPSTREAM_SHARE
from nompcore.upstream_job import build_upstream_job
from services.jobmaker.leadership import DaemonTurn, Leadership
from services.jobmaker.metrics import JOB_FAILURES
from services.jobmaker.publication import Publication
from services.jobmaker.upstream.choice import (
    DAEMON,
    ChoicePace,
    Source,
    Standing,
    choose,
    how_many,
    seconds_until_due,
)
from services.jobmaker.upstream.connection import UpstreamPace
from services.jobmaker.upstream.dialogue import UpstreamWork
from services.jobmaker.upstream.floor import difficulty_floor, require_worth
from services.jobmaker.upstream.forwarding import Forwarding
from services.jobmaker.upstream.job_book import JobBook, UpstreamJob
from services.jobmaker.upstream.link import UpstreamLink
from services.jobmaker.upstream.metrics import DIFFICULTY, SOURCE
from services.jobmaker.upstream.pacing import JobPacing
from services.jobmaker.upstream.repeats import Repeats
from services.jobmaker.upstream.tally import UpstreamTally
from services.jobmaker.wakeup import Wakeup

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""After a job could not be published. Miners keep working on the old one meanwhile."""

SUBMISSIONS_AT_ONCE = 64
"""Shares whose answers are waited for: a hundred a second and more where the way takes half of one."""

ACK_WAIT_SECONDS = 5.0
"""A share in the hands of a leader that died comes to the next one after this long."""

CHOICE_PACE, UPSTREAM_PACE = ChoicePace(), UpstreamPace()


class UpstreamDesk:
    """Only the leader is connected; another replica stands by."""

    def __init__(
        self,
        bus: Bus,
        pool: PoolConfig,
        section: UpstreamSection,
        leadership: Leadership,
        daemon_turn: DaemonTurn,
        publication: Publication,
        *,
        choice_pace: ChoicePace | None = None,
    ) -> None:
        self.wakeup = Wakeup()
        self.tally = UpstreamTally()
        self.difficulty = 0.0  # of the current job at the upstream pool; 0 while there is none
        self._bus = bus
        self._pool = pool
        self._section = section
        self._leadership = leadership
        self._daemon_turn = daemon_turn
        self._publication = publication
        self._pace = choice_pace or CHOICE_PACE
        self._floor = difficulty_floor(section, pool.ports.values())
        self._pacing = JobPacing()
        self._links = [
            UpstreamLink(
                pool.name,
                upstream,
                pool.version_mask,
                UPSTREAM_PACE,
                self._pace,
                self._check,
                self.wakeup.ring,
            )
            for upstream in section.pools
        ]
        self._running: list[asyncio.Task[None]] = []  # of the first links
        self._current: Source = None
        self._anew = True  # the next job has nothing to do with the last
        self._repeat_now = False
        self._book = JobBook()
        self._repeats = Repeats()
        self._forwarding = Forwarding(pool.name, pool.extranonces, self._book, self.tally, self._source_link)

    @property
    def source_name(self) -> str:
        """Where the work comes from, for people."""
        link = self._source_link()
        return link.upstream.name if link is not None else DAEMON if self._current == DAEMON else ""

    @property
    def since_ms(self) -> int:
        """When that upstream pool began to give work, 0 where there is none."""
        link = self._source_link()
        return link.since_ms if link is not None else 0

    @property
    def trouble(self) -> str:
        """Why the work does not come from the first one."""
        return "" if self._current == 0 else self._links[0].trouble

    async def repeat_job(self) -> None:
        """Publish the current job again: the bus was away and may have forgotten it."""
        self._repeat_now = True
        self.wakeup.ring()

    async def run(self) -> None:
        """Lead whenever this replica does, for ever."""
        while True:
            await self.wakeup.sleep(None)
            if self._leadership.held:
                await self._lead()

    async def _lead(self) -> None:
        """Until the lease is lost."""
        stop = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                shares = tasks.create_task(self._hand_in(stop), name=f"upstream shares {self._pool.name}")
                try:
                    await self._look_until_lost(tasks)
                finally:
                    await end_tasks(self._running)
                    stop.set()
                    self._running = []
                await shares
        finally:
            self._turn_to(None)

    async def _hand_in(self, stop: asyncio.Event) -> None:
        await self._bus.work(
            UPSTREAM_SHARE.only(self._pool.name),
            f"upstream-{self._pool.name}",
            self._forwarding.handle,
            stop,
            ack_wait_seconds=ACK_WAIT_SECONDS,
            handlers=SUBMISSIONS_AT_ONCE,
        )

    async def _look_until_lost(self, tasks: asyncio.TaskGroup) -> None:
        has_inherited = False
        while self._leadership.held:
            try:
                if not has_inherited:
                    self._go_on_from(await self._publication.inherit())
                    has_inherited = True
                await self._look(tasks)
            except (BusError, EncodingError) as error:
                JOB_FAILURES.labels(self._pool.name, type(error).__name__).inc()
                log.warning("no new job", extra={"why": type(error).__name__, "detail": str(error)})
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self.wakeup.sleep(self._seconds_until_due(time.monotonic()))

    def _go_on_from(self, job: Job | None) -> None:
        """Where miners have the daemon's job, the leader before has waited for the upstream pools already."""
        if job is None or job.forward_target_hex or not self._section.fall_back_to_daemon:
            return
        if ExtranonceSizes(job.extranonce1_size, job.extranonce2_size) == self._pool.extranonces:
            self._turn_to(DAEMON)

    async def _look(self, tasks: asyncio.TaskGroup) -> None:
        now = time.monotonic()
        may_fall_back = self._section.fall_back_to_daemon
        self._turn_to(choose(self._standings(), self._current, now, self._pace, may_fall_back=may_fall_back))
        await self._connect_to(how_many(self._standings(), self._current, now, self._pace), tasks)
        link = self._source_link()
        work = link.offered(anew=self._anew) if link is not None else None
        if link is not None and work is not None and self._wait_with(work, now) <= 0:
            self._pacing.sent(now)
            link.taken()
            await self._publish(work)
        elif self._repeat_now and link is not None:
            await self._publication.repeat()
        self._repeat_now = False

    def _wait_with(self, work: UpstreamWork, now: float) -> float:
        """Seconds, as our miners were sent others just now."""
        return self._pacing.wait(now, clean_jobs=work.clean_jobs or self._anew)

    def _seconds_until_due(self, now: float) -> float | None:
        """When the clock alone makes a difference; None when only an upstream pool can."""
        due = seconds_until_due(self._standings(), now, self._pace)
        link = self._source_link()
        work = link.offered(anew=self._anew) if link is not None else None
        if work is None:
            return due
        wait = self._wait_with(work, now)
        return wait if due is None else min(due, wait)

    async def _connect_to(self, count: int, tasks: asyncio.TaskGroup) -> None:
        while len(self._running) < count:
            link = self._links[len(self._running)]
            link.begin()
            self._running.append(tasks.create_task(link.run(), name=f"upstream {link.upstream.name}"))
        superfluous, self._running = self._running[count:], self._running[:count]
        await end_tasks(superfluous)

    def _turn_to(self, source: Source) -> None:
        """The work comes from elsewhere, or from nowhere, from now on."""
        if source == self._current:
            return
        self._set_source_gauge(0)
        self._current, self._anew = source, True
        self._book.forget()
        self._set_difficulty(0.0)
        self._set_source_gauge(1)
        log.info("work comes from elsewhere", extra={"pool": self._pool.name, "source": self.source_name})
        if source == DAEMON:
            self._daemon_turn.begin()
        else:
            self._daemon_turn.end()

    def _set_source_gauge(self, value: int) -> None:
        if self.source_name:
            SOURCE.labels(self._pool.name, self.source_name).set(value)

    async def _publish(self, work: UpstreamWork) -> None:
        clean_jobs, self._anew = work.clean_jobs or self._anew, True  # until it is published
        job = self._job(work, self._publication.next_job_id(), clean_jobs=clean_jobs)
        job = self._repeats.told(self._beside_our_own(job))
        if clean_jobs:
            self._book.forget()
        self._book.add(job.job_id, UpstreamJob(work.notify.job_id, work.terms))
        await self._publication.publish_job(job, "upstream")
        self._anew = False
        self._set_difficulty(work.terms.difficulty)

    def _beside_our_own(self, job: Job) -> Job:
        """Not a clean one beside the daemon's jobs of the same block: what is found on them is ours."""
        before = self._publication.job
        if before is None or before.forward_target_hex or before.prevhash_hex != job.prevhash_hex:
            return job
        return msgspec.structs.replace(job, clean_jobs=False)

    def _set_difficulty(self, difficulty: float) -> None:
        self.difficulty = difficulty
        DIFFICULTY.labels(self._pool.name).set(difficulty)

    def _check(self, work: UpstreamWork) -> None:
        """Raises EncodingError for work that cannot be used, UpstreamTooEasy for what is not worth it."""
        require_worth(work.terms.difficulty, self._floor)
        self._job(work, "", clean_jobs=True)

    def _job(self, work: UpstreamWork, job_id: str, *, clean_jobs: bool) -> Job:
        return build_upstream_job(
            work.notify,
            work.terms,
            pool=self._pool.name,
            coin=self._pool.coin,
            job_id=job_id,
            extranonces=self._pool.extranonces,
            clean_jobs=clean_jobs,
            created_ms=time.time_ns() // 1_000_000,
        )

    def _source_link(self) -> UpstreamLink | None:
        return self._links[self._current] if isinstance(self._current, int) else None

    def _standings(self) -> list[Standing]:
        return [link.standing for link in self._links]
