"""Jobs from the bus into the pools' registries: live ones, and the last one at start and after an absence."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable, EncodingError
from nompcore.messages import Job
from nompcore.patience import Patience
from nompcore.subjects import JOB
from services.stratum.pool import Pool

log = logging.getLogger(__name__)


class JobFeed:
    """Keeps the current job of every pool current."""

    def __init__(self, bus: Bus, pools: Mapping[str, Pool]) -> None:
        self._bus = bus
        self._pools = pools

    async def start(self) -> None:
        """Listen first, then fetch what was published before: nothing falls between."""
        await self._bus.subscribe(JOB, self._received)
        self._bus.on_reconnect(self._fetch_all)
        await self._fetch_all()

    async def _received(self, job: Job) -> None:
        pool = self._pools.get(job.pool)
        if pool is not None:  # other pools' replicas share the subject
            _take(pool, job)

    async def _fetch_all(self) -> None:
        for pool in self._pools.values():
            await self._fetch(pool)

    async def _fetch(self, pool: Pool) -> None:
        """The pool's last job, unless a live one overtakes it: that is the newer one."""
        serial = pool.jobs.serial
        patience = Patience()
        while pool.jobs.serial == serial:
            try:
                job = await self._bus.last(JOB, pool.config.name)
            except BusUnavailable as error:
                log.info(
                    "cannot fetch the current job", extra={"pool": pool.config.name, "reason": str(error)}
                )
                if not self._bus.connected:
                    return  # the reconnection fetches again
                await patience.wait()
                continue
            if job is not None and pool.jobs.serial == serial:
                _take(pool, job)
            return


def _take(pool: Pool, job: Job) -> None:
    try:
        live = pool.jobs.add(job)
    except EncodingError as error:
        pool.counters.jobs_refused += 1
        log.error("unusable job", extra={"pool": job.pool, "job_id": job.job_id, "reason": str(error)})
        return
    if live is not None:
        facts = {"pool": job.pool, "job_id": job.job_id, "height": job.height, "clean": job.clean_jobs}
        log.info("job received", extra={**facts, "miners": len(pool.connections)})
        pool.job_arrived.set()
