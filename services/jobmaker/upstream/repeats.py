"""Work that an upstream pool gives a second time: nobody is to do it or to be paid for it again. Pure.

Some pools send a job again where its difficulty or the version mask changes. For us that is another job, so
it names the first one, under which stratum knows the shares of both, and begins a second later, so that a
miner that starts over finds new ones.
"""

from __future__ import annotations

import msgspec

from nompcore.messages import Job

MAX_GIVEN = 64
MAX_AHEAD_SECONDS = 60  # of the upstream pool's ntime, which is not to be left far behind

_Work = tuple[str, str, str, tuple[str, ...], int, str, int]


class Repeats:
    """The works of the block that is being mined."""

    def __init__(self) -> None:
        self._prevhash_hex = ""
        self._given: dict[_Work, tuple[str, int]] = {}  # the first job's id, how often it was given again

    def told(self, job: Job) -> Job:
        """The job to give to the miners instead of this one: itself, where its work is new."""
        if job.prevhash_hex != self._prevhash_hex:
            self._prevhash_hex = job.prevhash_hex
            self._given.clear()
        work = _work_of(job)
        first = self._given.pop(work, None)
        if first is None:
            self._given[work] = job.job_id, 0
            if len(self._given) > MAX_GIVEN:
                del self._given[next(iter(self._given))]
            return job
        job_id, again = first[0], min(first[1] + 1, MAX_AHEAD_SECONDS)
        self._given[work] = job_id, again
        return msgspec.structs.replace(job, ntime=job.ntime + again, same_work_as=job_id)


def _work_of(job: Job) -> _Work:
    """Whatever of it is hashed."""
    return (
        job.prevhash_hex,
        job.coinb1_hex,
        job.coinb2_hex,
        tuple(job.merkle_branch_hex),
        job.version,
        job.nbits_hex,
        job.ntime,
    )
