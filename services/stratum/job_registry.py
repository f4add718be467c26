"""The jobs miners may still work on: the current one and earlier ones of the same block. Pure.

A clean job drops all earlier ones: a share for them is stale.
"""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.coin import Coin
from nompcore.coinbase import ORDINARY_EXTRANONCES, ExtranonceSizes
from nompcore.encoding import HASH_SIZE
from nompcore.errors import EncodingError
from nompcore.job import PreparedJob, prepare_job
from nompcore.messages import Job
from nompcore.target import difficulty_from_target
from powhash.share_check import share_job
from services.stratum.replies import notify_line

MAX_LIVE_JOBS = 32  # with a new job each 20 s and miners that roll theirs out in a minute, ten would do


@dataclass(slots=True, eq=False)
class LiveJob:
    """A job and what is known about it: its place in the order of arrival, its bytes."""

    serial: int  # 1, 2, …
    prepared: PreparedJob
    notify: bytes  # for miners that hold earlier jobs
    notify_clean: bytes  # for a miner that has none: it just subscribed


class JobRegistry:
    """One pool's jobs, as received from jobmaker; with `quick`, prepared for `powhash.share_check` too."""

    def __init__(
        self, coin: Coin, *, quick: bool = True, extranonces: ExtranonceSizes = ORDINARY_EXTRANONCES
    ) -> None:
        self.extranonces = extranonces
        self._coin = coin
        self._has_quick = quick
        self._live: dict[str, LiveJob] = {}  # in order of arrival
        self.quick: dict[str, object] = {}  # the live jobs whose shares `powhash.share_check` takes
        self.current: LiveJob | None = None
        self.oldest_serial = 0  # the oldest live job's, 0 before the first
        self.key_prefixes: tuple[bytes, ...] = ()  # what the keys of shares on live jobs begin with
        # In the pool's unit; unknown until there is a job. An upstream pool's share counts as a block does:
        # where that is easier, no miner is to keep one to itself.
        self.network_difficulty = float("inf")

    @property
    def serial(self) -> int:
        """The current job's serial, 0 before the first."""
        return self.current.serial if self.current else 0

    @property
    def live_since_ms(self) -> int:
        """When the oldest live job was created, Unix milliseconds; 0 before the first."""
        return next(iter(self._live.values())).prepared.job.created_ms if self._live else 0

    def lags_behind(self, live_since_ms: int) -> bool:
        """Whether jobs are live here that are stale at a replica with this `live_since_ms`."""
        newest_ms = self.current.prepared.job.created_ms if self.current else 0
        return newest_ms < live_since_ms

    def get(self, job_id: str) -> LiveJob | None:
        """The live job of this id; None when it is unknown or stale."""
        return self._live.get(job_id)

    def add(self, job: Job) -> LiveJob | None:
        """Make `job` the current one; None when it is already. EncodingError when no jobmaker wrote it.

        A job for another block than the current one's is clean whatever it says: the job that said so may
        have been missed while the bus was away.
        """
        if self.current is not None and self.current.prepared.job.job_id == job.job_id:
            return None
        prepared = prepare_job(job, self._coin)
        if ExtranonceSizes(job.extranonce1_size, job.extranonce2_size) != self.extranonces:
            raise EncodingError("the job's extranonces have other sizes than the miners'")
        clean = job.clean_jobs or self._is_another_block(job)
        if clean:
            self._live.clear()
            self.quick.clear()
        live = LiveJob(
            serial=self.serial + 1,
            prepared=prepared,
            notify=notify_line(job, clean_jobs=clean),
            notify_clean=notify_line(job, clean_jobs=True),
        )
        self._drop(job.job_id)
        self._live[job.job_id] = live
        if len(self._live) > MAX_LIVE_JOBS:
            self._drop(next(iter(self._live)))
        if self._has_quick and (quick := _quick_job(live)) is not None:
            self.quick[job.job_id] = quick
        self.current = live
        self.oldest_serial = next(iter(self._live.values())).serial
        self.key_prefixes = tuple(one.prepared.key_prefix for one in self._live.values())
        self.network_difficulty = difficulty_from_target(prepared.attention_target, self._coin.multiplier)
        return live

    def _drop(self, job_id: str) -> None:
        self._live.pop(job_id, None)
        self.quick.pop(job_id, None)

    def _is_another_block(self, job: Job) -> bool:
        return self.current is None or self.current.prepared.job.prevhash_hex != job.prevhash_hex


def _quick_job(live: LiveJob) -> object | None:
    """The job for `powhash.share_check`; None for a hash that belongs into a thread, or without library."""
    prepared = live.prepared
    return share_job(
        live,
        live.serial,
        prepared.coin.library_algorithm,
        prepared.coinb1,
        prepared.coinb2,
        b"".join(prepared.branch_le),
        prepared.prevhash_le,
        prepared.attention_target.to_bytes(HASH_SIZE, "little"),
        prepared.key_prefix,
        prepared.version,
        prepared.nbits,
        prepared.ntime,
        prepared.coin.multiplier,
        prepared.coin.hashes_coinbase_once,
        prepared.job.extranonce1_size,
        prepared.extranonce2_size,
    )
