"""Template → transactions stored → job published: in this order, so that a block on any job can be assembled.

A job whose template is not in the object store would be worth nothing after a crash. The reverse, a stored
template without a job, costs only its place until the store forgets it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from nompcore.block import BlockBody
from nompcore.bus import Bus
from nompcore.coinbase import Recipient
from nompcore.config.pool import PoolConfig
from nompcore.errors import LeaseLost
from nompcore.job import block_body, build_job, pack_transactions
from nompcore.messages import Job
from nompcore.subjects import JOB
from nompcore.template import Template
from services.jobmaker.capabilities import Capabilities
from services.jobmaker.job_ids import JobIds
from services.jobmaker.metrics import HEIGHT, JOB_CREATED, JOBS, JOBS_REPEATED
from services.jobmaker.proposal import Shape, shape_of
from services.jobmaker.template_store import TemplateStore

log = logging.getLogger(__name__)

REUSE_MS = 3600 * 1000
"""A template is stored anew after this long even if nothing changed: far below the store's time to live."""


@dataclass(frozen=True, slots=True)
class _Stored:
    template_id: str
    packed: bytes
    at_ms: int
    is_bare: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A job that nobody has seen yet, and what its block is made of."""

    template: Template
    job: Job
    body: BlockBody
    shape: Shape
    stored: _Stored


class Publication:
    """The jobs of one pool; publishes only while `leads()`."""

    def __init__(
        self,
        bus: Bus,
        replica: str,
        pool: PoolConfig,
        templates: TemplateStore,
        leads: Callable[[], bool],
        on_published: Callable[[], None],
    ) -> None:
        self.job: Job | None = None
        self._bus = bus
        self._pool = pool
        self._recipients = tuple(Recipient(r.script, r.ppm) for r in pool.reward_recipients)
        self._templates = templates
        self._leads = leads
        self._on_published = on_published
        self._ids = JobIds(replica, pool.name)
        self._stored: dict[bool, _Stored] = {}  # by whether it is bare: of those, one is as the other

    async def inherit(self) -> Job | None:
        """The job that miners have now, whoever published it. Raises BusUnavailable."""
        job = await self._bus.last(JOB, self._pool.name)
        if job is not None:
            self._ids.start_after(job.job_id)
            self.job = job
        return self.job

    def next_job_id(self) -> str:
        """A name for a job that no template is behind."""
        return self._ids.next(time.time_ns() // 1_000_000)

    def draft(self, template: Template, capabilities: Capabilities, *, clean_jobs: bool) -> Draft:
        """The job of a template for the daemon that gave it. Raises TemplateError or EncodingError."""
        now_ms = time.time_ns() // 1_000_000
        job_id = self._ids.next(now_ms)
        proof_of_stake = capabilities.proof_of_stake
        body = block_body(template, proof_of_stake=proof_of_stake)
        stored = self._stored_form(job_id, body, now_ms)
        job = build_job(
            template,
            pool=self._pool.name,
            coin=self._pool.coin,
            job_id=job_id,
            template_id=stored.template_id,
            pool_script=capabilities.reward_script,
            pool_tag=self._pool.pool_tag,
            recipients=self._recipients,
            clean_jobs=clean_jobs,
            created_ms=now_ms,
            proof_of_stake=proof_of_stake,
            extranonces=self._pool.extranonces,
            mark=self._ids.mark,
        )
        shape = shape_of(template, capabilities.reward_script, proof_of_stake=proof_of_stake)
        return Draft(template, job, body, shape, stored)

    async def publish(self, draft: Draft, kind: str) -> None:
        """Give the job to the miners; `kind` is for logs and metrics. Raises BusUnavailable or LeaseLost."""
        if draft.stored is not self._stored.get(draft.stored.is_bare):
            await self._store(draft.stored)
        await self.publish_job(draft.job, kind)

    async def publish_job(self, job: Job, kind: str) -> None:
        """Give the miners a job whose template is stored, or has none. Raises as `publish`."""
        await self._send(job)
        self.job = job
        self._tell(job, kind)
        self._on_published()

    async def repeat(self) -> None:
        """Publish the current job again, because the bus may have forgotten it. Raises as `publish`."""
        if self.job is None:
            return
        ids = {stored.template_id: stored for stored in self._stored.values()}
        current = ids.get(self.job.template_id)
        if current is not None:
            await self._store(current)
        self._stored = {} if current is None else {current.is_bare: current}  # the rest may be forgotten too
        await self._send(self.job)
        JOBS_REPEATED.labels(self._pool.name).inc()
        log.info("job published again", extra={"job_id": self.job.job_id})

    def _stored_form(self, job_id: str, body: BlockBody, now_ms: int) -> _Stored:
        """The form to store under the job's id, or what is stored already if nothing changed."""
        packed = pack_transactions(body)
        is_bare = not body.transactions
        before = self._stored.get(is_bare)
        if before is not None and before.packed == packed and now_ms - before.at_ms < REUSE_MS:
            return before
        return _Stored(job_id, packed, now_ms, is_bare)

    async def _store(self, stored: _Stored) -> None:
        await self._templates.put(self._pool.name, stored.template_id, stored.packed)
        self._stored[stored.is_bare] = stored

    async def _send(self, job: Job) -> None:
        if not self._leads():  # storing took time: somebody else may lead by now
            raise LeaseLost(f"{self._pool.name}: the lease ended before job {job.job_id} was published")
        await self._bus.publish(JOB, job, pool=self._pool.name)

    def _tell(self, job: Job, kind: str) -> None:
        JOBS.labels(job.pool, kind).inc()
        HEIGHT.labels(job.pool).set(job.height)
        JOB_CREATED.labels(job.pool).set(job.created_ms / 1000)
        log.info("job published", extra={"job_id": job.job_id, "height": job.height, "kind": kind})
