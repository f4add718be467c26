"""When to ask the leading daemon for a template, and what becomes of it (spec 2.6).

A template is fetched when the daemon has a new tip, when somebody says so (a `tip` message, a submitted
block), when the transactions are due for a refresh and when the job is due for a rebroadcast. In between,
daemons are only asked for their tip, which costs them next to nothing, while a template is megabytes.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time

from nompcore.config.pool import PoolConfig
from nompcore.encoding import stratum_prevhash_hex
from nompcore.errors import BusError, DaemonError, EncodingError, TemplateError
from nompcore.messages import Job
from nompcore.template import Template
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.daemons import PoolDaemons
from services.jobmaker.decision import Decision, Pace, Work, decide
from services.jobmaker.leadership import Leadership
from services.jobmaker.metrics import JOB_FAILURES, TEMPLATE_SECONDS
from services.jobmaker.publication import Publication
from services.jobmaker.wakeup import Wakeup

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""After a job could not be published. Miners keep working on the old one meanwhile."""

MIN_FETCH_SECONDS = 1.0
"""Between fetches that only time asks for, where no polling interval says more."""


def work_of(template: Template, daemon: str) -> Work:
    """What the decision needs to know of a template."""
    digest = hashlib.sha256(b"".join(transaction.txid_le for transaction in template.transactions))
    digest.update(template.witness_commitment or b"")
    return Work(stratum_prevhash_hex(template.prevhash_display), template.height, digest.digest(), daemon)


class Watcher:
    """Keeps one pool's job up to date while this replica leads."""

    def __init__(
        self, pool: PoolConfig, daemons: PoolDaemons, leadership: Leadership, publication: Publication
    ) -> None:
        self.wakeup = Wakeup()
        self._pool = pool
        self._daemons = daemons
        self._leadership = leadership
        self._publication = publication
        self._pace = Pace(pool.tx_refresh_interval_seconds, pool.job_rebroadcast_timeout_seconds)
        self._fetch_seconds = max(
            pool.tx_refresh_interval_seconds, pool.block_refresh_interval_seconds or MIN_FETCH_SECONDS
        )
        self._term = 0  # of leadership; 0 before the first
        self._work: Work | None = None
        self._published_at = 0.0  # monotonic seconds, as is everything that ends in _at
        self._fetched_at = 0.0
        self._fetched_tip_display = ""
        self._fetch_now = False
        self._repeat_now = False

    def look_now(self) -> None:
        """Fetch a template at once."""
        self._fetch_now = True
        self._daemons.look_now()
        self.wakeup.ring()

    async def repeat_job(self) -> None:
        """Publish the current job again: the bus was away and may have forgotten it."""
        self._repeat_now = True
        self.wakeup.ring()

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await self.wakeup.sleep(self._seconds_until_due())
            try:
                await self._look()
            except (BusError, TemplateError, EncodingError) as error:
                self._count_failure(error)
                await asyncio.sleep(RETRY_SECONDS)
                self.wakeup.ring()

    async def _look(self) -> None:
        if not self._leadership.held:
            return
        if self._term != self._leadership.term:
            await self._take_over()
        if self._repeat_now:
            await self._publication.repeat()
            self._repeat_now = False
        leader = self._daemons.leading()
        if leader is not None and self._is_due(leader):
            await self._fetch(leader)

    async def _take_over(self) -> None:
        """Continue from the job that miners have, whoever made it."""
        term = self._leadership.term
        job = await self._publication.inherit()
        self._work = None
        if job is not None:
            self._work = Work(job.prevhash_hex, job.height, b"", "")
            self._published_at = _monotonic_of(job)
        self._fetch_now = True
        self._repeat_now = False  # a new job follows anyway
        self._term = term

    async def _fetch(self, leader: WatchedDaemon) -> None:
        started_at = time.monotonic()
        self._fetch_now = False
        try:
            template = await leader.template()
        except (DaemonError, TemplateError) as error:
            self._fetch_now = True  # of the next daemon, or of this one when it is healthy again
            self._count_failure(error)
            return
        work = work_of(template, leader.name)
        decision = decide(self._work, work, started_at - self._published_at, self._pace)
        if decision is not Decision.NOTHING:
            await self._publish(template, work, decision)
            TEMPLATE_SECONDS.labels(self._pool.name).observe(time.monotonic() - started_at)
        self._fetched_at = started_at
        self._fetched_tip_display = template.prevhash_display

    async def _publish(self, template: Template, work: Work, decision: Decision) -> None:
        try:
            await self._publication.publish(template, decision)
        except BaseException:
            self._fetch_now = True
            raise
        self._work = work
        self._published_at = time.monotonic()

    def _is_due(self, leader: WatchedDaemon) -> bool:
        if self._fetch_now or self._work is None or leader.tip_display != self._fetched_tip_display:
            return True
        return self._seconds_until_due_by_time() <= 0

    def _seconds_until_due(self) -> float | None:
        """How long to sleep if nobody rings; None where only a ring can change anything."""
        if not self._leadership.held or self._daemons.leading() is None:
            return None
        return max(0.0, self._seconds_until_due_by_time())

    def _seconds_until_due_by_time(self) -> float:
        now = time.monotonic()
        # Since the later of the two, or the job would be a moment too young when the template comes.
        due = max(self._fetched_at, self._published_at) + self._fetch_seconds
        if self._pace.job_rebroadcast_seconds > 0:
            rebroadcast_due = self._published_at + self._pace.job_rebroadcast_seconds
            due = min(due, max(rebroadcast_due, self._fetched_at + MIN_FETCH_SECONDS))
        return due - now

    def _count_failure(self, error: Exception) -> None:
        why = type(error).__name__
        JOB_FAILURES.labels(self._pool.name, why).inc()
        log.warning("no new job", extra={"why": why, "detail": str(error)})


def _monotonic_of(job: Job) -> float:
    """When another process published the job, on this process's clock; clocks may differ by a little."""
    return time.monotonic() - max(0.0, time.time() - job.created_ms / 1000)
