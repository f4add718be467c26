"""The pool's view of its network in KV `stats`, for the api: every few seconds and whenever it changes."""

from __future__ import annotations

import logging
import time

from nompcore.bus import Bus
from nompcore.config.pool import PoolConfig
from nompcore.errors import BusError, DaemonError
from nompcore.messages import Job, NetworkSnapshot
from nompcore.subjects import STATS, network_key
from nompcore.target import difficulty_from_target
from services.jobmaker.daemons import PoolDaemons
from services.jobmaker.leadership import Leadership
from services.jobmaker.metrics import SNAPSHOT_FAILURES
from services.jobmaker.publication import Publication
from services.jobmaker.template_check import TemplateCheck
from services.jobmaker.wakeup import Wakeup

log = logging.getLogger(__name__)

SNAPSHOT_SECONDS = 5.0
"""Fresh enough for a web page; its reader tells a silent jobmaker by the age of the snapshot."""


class NetworkSnapshots:
    """Writes one pool's snapshots while this replica leads."""

    def __init__(
        self,
        bus: Bus,
        pool: PoolConfig,
        daemons: PoolDaemons,
        leadership: Leadership,
        publication: Publication,
        check: TemplateCheck,
    ) -> None:
        self.wakeup = Wakeup()
        self._bus = bus
        self._pool = pool
        self._daemons = daemons
        self._leadership = leadership
        self._publication = publication
        self._check = check
        self._hashrate = 0.0
        self._hashrate_height = 0

    async def run(self) -> None:
        """Write for ever."""
        bucket = self._bus.bucket(STATS)
        while True:
            await self.wakeup.sleep(SNAPSHOT_SECONDS)
            if not self._leadership.held:
                continue
            await self._ask_hashrate()
            try:
                await bucket.store(network_key(self._pool.name), self._snapshot())
            except BusError as error:
                SNAPSHOT_FAILURES.labels(self._pool.name).inc()
                log.info("no snapshot", extra={"detail": str(error)})

    async def _ask_hashrate(self) -> None:
        """Once a block: daemons estimate it from the last blocks, so nothing else changes it."""
        job, leader = self._publication.job, self._daemons.leading()
        if job is None or leader is None or job.height == self._hashrate_height:
            return
        try:
            self._hashrate = float(await leader.daemon.call("getnetworkhashps"))
        except (DaemonError, TypeError, ValueError):  # not every daemon can say
            self._hashrate = 0.0
        self._hashrate_height = job.height

    def _snapshot(self) -> NetworkSnapshot:
        job = self._publication.job
        return NetworkSnapshot(
            pool=self._pool.name,
            chain=self._pool.network,
            height=job.height - 1 if job else 0,
            difficulty=self._difficulty(job) if job else 0.0,
            network_hashrate=self._hashrate,
            job_id=job.job_id if job else "",
            daemons=self._daemons.states(),
            time_ms=time.time_ns() // 1_000_000,
            template_refused=self._check.refusal,
            reward_sats=job.reward_sats if job else 0,
        )

    def _difficulty(self, job: Job) -> float:
        return difficulty_from_target(int(job.network_target_hex, 16), self._pool.coin.multiplier)
