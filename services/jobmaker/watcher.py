"""When to ask the leading daemon for a template, and what becomes of it (spec 2.6).

A template is fetched when the daemon has a new tip, when somebody announces a block, when the transactions
are due for a refresh and when the job is due for a rebroadcast. In between, daemons are only asked for their
tip, which costs them next to nothing, while a template is megabytes. A long poll brings its template with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time

from nompcore.config.pool import PoolConfig
from nompcore.encoding import stratum_prevhash_hex
from nompcore.errors import BusError, DaemonError, DaemonUnfit, EncodingError, LeaseLost, TemplateError
from nompcore.messages import Job
from nompcore.template import Template
from services.jobmaker.announcements import Announcements
from services.jobmaker.daemon_watch import NEVER_LOOKED, WatchedDaemon
from services.jobmaker.daemons import PoolDaemons
from services.jobmaker.decision import Decision, Pace, Work, decide
from services.jobmaker.leadership import Turn
from services.jobmaker.metrics import JOB_FAILURES, NEWS_KNOWN, TEMPLATE_SECONDS
from services.jobmaker.offer import Offer
from services.jobmaker.publication import Draft, Publication
from services.jobmaker.template_check import TemplateCheck, TemplateRefused
from services.jobmaker.wakeup import Wakeup

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""After a job could not be published. Miners keep working on the old one meanwhile."""

MIN_FETCH_SECONDS = 1.0
"""Between fetches that only time asks for, where no polling interval says more."""

BARE_FIRST_TRANSACTIONS = 100
"""From so many on, a new tip's first job is an empty block: the full one takes tens of ms to store."""


def work_of(template: Template, daemon: str) -> Work:
    """What the decision needs to know of a template."""
    digest = hashlib.sha256(b"".join(transaction.txid_le for transaction in template.transactions))
    digest.update(template.witness_commitment or b"")
    return Work(stratum_prevhash_hex(template.prevhash_display), template.height, digest.digest(), daemon)


class Watcher:
    """Keeps one pool's job up to date while this replica leads."""

    def __init__(
        self,
        pool: PoolConfig,
        daemons: PoolDaemons,
        leadership: Turn,
        publication: Publication,
        check: TemplateCheck,
    ) -> None:
        self.wakeup = Wakeup()
        self._pool = pool
        self._daemons = daemons
        self._leadership = leadership
        self._publication = publication
        self._check = check
        self._pace = Pace(pool.tx_refresh_interval_seconds, pool.job_rebroadcast_timeout_seconds)
        self._fetch_seconds = max(
            pool.tx_refresh_interval_seconds, pool.block_refresh_interval_seconds or MIN_FETCH_SECONDS
        )
        self._announcements = Announcements()
        self._brought: tuple[WatchedDaemon, Offer] | None = None  # by a long poll
        self._term = 0  # of leadership; 0 before the first
        self._work: Work | None = None
        self._published_at = 0.0  # monotonic seconds, as is everything that ends in _at
        self._fetched_at = 0.0
        self._fetched_tip_display = ""
        self._fetch_now = False
        self._repeat_now = False

    def hear(self, block_hash_display: str, source: str, *, trusted: bool = True) -> None:
        """Somebody says that there is a new block; an empty hash says only that something is new.

        Who is not trusted makes daemons be asked for their tip only: a template costs a thousand times that.
        """
        if not self._announcements.hear(block_hash_display, self._fetched_tip_display, time.monotonic()):
            NEWS_KNOWN.labels(self._pool.name, source).inc()
            return
        self._fetch_now = self._fetch_now or trusted
        self._daemons.look_now()
        self.wakeup.ring()

    def bring(self, daemon: WatchedDaemon, offer: Offer) -> None:
        """The template of a new tip, as a long poll brought it."""
        if offer.head.prevhash_display == self._fetched_tip_display:
            NEWS_KNOWN.labels(self._pool.name, "long-poll").inc()
            return
        self._brought = (daemon, offer)
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
        if self._announcements.take_due(time.monotonic()):
            self._daemons.look_now()
        leader = self._daemons.leading()
        if leader is not None and self._is_due(leader):
            await self._fetch(leader)

    async def _take_over(self) -> None:
        """Continue from the job that miners have, whoever made it: our own if the lease was lost briefly."""
        term = self._leadership.term
        own = self._publication.job
        job = await self._publication.inherit()
        if job is None or job.forward_target_hex:  # an upstream pool's is none to go on from
            self._work = None
        elif own is None or job.job_id != own.job_id:
            self._work = Work(job.prevhash_hex, job.height, b"", "")
            self._published_at = _monotonic_of(job)
        self._fetch_now = True
        self._repeat_now = False  # a new job follows anyway
        self._term = term

    async def _fetch(self, leader: WatchedDaemon) -> None:
        started_at = time.monotonic()
        self._fetch_now = False
        try:
            offer = self._take_brought(leader) or await leader.offer()
            await self._publish_bare(leader, offer)
            template = await self._whole(leader, offer)
        except (DaemonError, TemplateError) as error:
            self._fetch_now = True  # of the next daemon, or of this one when it is healthy again
            self._count_failure(error)
            return
        work = work_of(template, leader.name)
        decision = decide(self._work, work, started_at - self._published_at, self._pace)
        if decision is not Decision.NOTHING:
            await self._publish(leader, offer, template, decision)
            TEMPLATE_SECONDS.labels(self._pool.name).observe(time.monotonic() - started_at)
        self._fetched_at = started_at
        self._fetched_tip_display = template.prevhash_display
        self._announcements.fetched(template.prevhash_display)

    def _take_brought(self, leader: WatchedDaemon) -> Offer | None:
        """What a long poll brought, if it is of this daemon and of its tip."""
        brought, self._brought = self._brought, None
        if brought is None or brought[0] is not leader:
            return None
        return brought[1] if brought[1].head.prevhash_display == leader.tip_display else None

    async def _whole(self, leader: WatchedDaemon, offer: Offer) -> Template:
        try:
            return await offer.whole()
        except TemplateError as error:
            leader.fail(error)
            raise

    async def _publish_bare(self, leader: WatchedDaemon, offer: Offer) -> None:
        """On a new tip the empty block first, where that is quicker and the daemon is known to take it."""
        age_seconds = time.monotonic() - self._published_at
        if decide(self._work, offer.work, age_seconds, self._pace) is not Decision.NEW_TIP:
            return
        bare = self._bare(leader, offer)
        if bare is not None and self._check.knows(leader, bare):
            await self._publish_draft(bare, "bare", offer.work)

    async def _publish(
        self, leader: WatchedDaemon, offer: Offer, template: Template, decision: Decision
    ) -> None:
        draft = self._draft(leader, template, clean_jobs=decision is Decision.NEW_TIP)
        try:
            await self._check.require(leader, draft)
        except TemplateRefused as refused:
            self._count_failure(refused)  # the same template would be refused again: the next tip's may not
            return
        await self._publish_draft(draft, decision.value, work_of(template, leader.name))
        if decision is Decision.NEW_TIP and (bare := self._bare(leader, offer)) is not None:
            await self._check.learn(leader, bare)  # for the next time

    async def _publish_draft(self, draft: Draft, kind: str, work: Work) -> None:
        try:
            if not self._leadership.held:  # making it took time: an upstream pool may give the work by now
                raise LeaseLost(
                    f"{self._pool.name}: the turn ended before job {draft.job.job_id} was published"
                )
            await self._publication.publish(draft, kind)
        except BaseException:
            self._fetch_now = True
            raise
        self._work = work
        self._published_at = time.monotonic()

    def _bare(self, leader: WatchedDaemon, offer: Offer) -> Draft | None:
        if offer.transaction_count < BARE_FIRST_TRANSACTIONS:
            return None
        template = offer.bare()
        return None if template is None else self._draft(leader, template, clean_jobs=True)

    def _draft(self, leader: WatchedDaemon, template: Template, *, clean_jobs: bool) -> Draft:
        if leader.capabilities is None:  # it gave a template, so it has been asked
            raise DaemonUnfit(NEVER_LOOKED)
        return self._publication.draft(template, leader.capabilities, clean_jobs=clean_jobs)

    def _is_due(self, leader: WatchedDaemon) -> bool:
        if self._fetch_now or self._work is None or leader.tip_display != self._fetched_tip_display:
            return True
        return self._seconds_until_due_by_time() <= 0

    def _seconds_until_due(self) -> float | None:
        """How long to sleep if nobody rings; None where only a ring can change anything."""
        if not self._leadership.held or self._daemons.leading() is None:
            return None
        seconds = max(0.0, self._seconds_until_due_by_time())
        announced = self._announcements.seconds_until_due(time.monotonic())
        return seconds if announced is None else min(seconds, announced)

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
