"""What a connection holds: jobs it was sent, at which difficulty, and work it has been paid for. Pure.

A job can be sent again, to announce a difficulty at once or to begin a resumed session. It then has another
id and a later ntime: a miner that starts over with it does new work, instead of finding its old shares again,
and its shares are judged at the difficulty announced with it.
"""

from __future__ import annotations

from nompcore.share import KEY_BYTES
from services.stratum.difficulty import Assignment, DifficultyTrack
from services.stratum.job_registry import JobRegistry, LiveJob
from services.stratum.replies import notify_line

MAX_REISSUES = 60  # of one job: each moves ntime a second ahead of the template's
MAX_PARKED_KEYS = 2000  # about 70 kB of JSON; a session with more of them in one block is not parked


class MinerWork:
    """Of one connection. `seen` holds the keys of its accepted shares and of those being hashed right now."""

    __slots__ = ("_jobs", "_reissued", "reissues", "seen", "sent_serial")

    def __init__(self, jobs: JobRegistry) -> None:
        self._jobs = jobs
        self._reissued: dict[str, tuple[LiveJob, Assignment]] = {}
        self.seen: set[bytes] = set()
        self.sent_serial = 0
        self.reissues = 0

    @property
    def has_newest(self) -> bool:
        """Whether the current job was sent."""
        return self.sent_serial == self._jobs.serial

    def sent(self, job: LiveJob) -> None:
        """The job goes out now; work on jobs of earlier blocks is forgotten."""
        if (self.seen or self._reissued) and 0 < self.sent_serial < self._jobs.oldest_serial:
            self._forget_stale()
        if job.serial != self.sent_serial:
            self.sent_serial = job.serial
            self.reissues = 0
            if self._reissued:  # some may be of jobs that are not kept any more
                self._reissued = {
                    name: pair for name, pair in self._reissued.items() if self._is_live(pair[0])
                }

    def leave(self) -> None:
        """The miner goes to another pool: until it is back it works on the jobs up to now only."""
        self.sent_serial = self._jobs.serial

    @property
    def has_live_jobs(self) -> bool:
        """Whether any of the jobs up to the one sent last can still bring shares."""
        return 0 < self.sent_serial >= self._jobs.oldest_serial

    def forget(self) -> None:
        """All jobs so far are stale for this connection."""
        self.seen = set()
        self._reissued.clear()

    def _forget_stale(self) -> None:
        """Work on jobs that are no more. A live one may have brought shares before it was sent here: others
        had it earlier, and shares that were credited stay known."""
        live = self._jobs.key_prefixes
        self.seen = {key for key in self.seen if key.startswith(live)}
        self._reissued.clear()

    def again(self, job: LiveJob, assignment: Assignment, *, clean_jobs: bool = False) -> bytes:
        """The line that sends a job again, to be judged by `assignment`."""
        self.reissues += 1
        self._reissued[self._id_again(job)] = (job, assignment)
        if len(self._reissued) > MAX_REISSUES:  # a miner may come back to a pool that has no new job for days
            del self._reissued[next(iter(self._reissued))]
        return self._line_again(job, clean_jobs=clean_jobs)

    def afresh(self, job: LiveJob, track: DifficultyTrack) -> bytes:
        """The line for a miner that begins anew with the current job: an id judged as announced last."""
        newest = track.of_job(job.serial + 1)
        if self._reissued and self._reissued.get(self._id_again(job)) == (job, newest):
            return self._line_again(job, clean_jobs=True)
        if track.of_job(job.serial) is newest:
            return job.notify_clean
        return self.again(job, newest, clean_jobs=True)

    def find(self, job_id: str, track: DifficultyTrack) -> tuple[LiveJob, Assignment] | None:
        """The live job a miner names and what its shares are judged by; None when it is stale or unknown."""
        job = self._jobs.get(job_id)
        if job is not None:
            return job, track.of_job(job.serial)
        again = self._reissued.get(job_id)
        return again if again is not None and self._is_live(again[0]) else None

    def find_late(self, job_id: str, track: DifficultyTrack) -> tuple[LiveJob, Assignment] | None:
        """The same for a miner that has left: of the jobs up to then."""
        found = self.find(job_id, track)
        return found if found is not None and found[0].serial <= self.sent_serial else None

    def _is_live(self, job: LiveJob) -> bool:
        return self._jobs.get(job.prepared.job.job_id) is job

    def _id_again(self, job: LiveJob) -> str:
        return f"{job.prepared.job.job_id}{self.reissues:02x}"

    def _line_again(self, job: LiveJob, *, clean_jobs: bool) -> bytes:
        return notify_line(
            job.prepared.job,
            clean_jobs=clean_jobs,
            job_id=self._id_again(job),
            ntime_ahead_seconds=self.reissues,
        )

    def parked_keys(self) -> dict[str, str] | None:
        """`seen` for another replica: job id → keys in hex, without those of stale jobs; None if too many."""
        by_job: dict[str, list[bytes]] = {}
        for key in self.seen:
            job_id = key[:-KEY_BYTES].decode()
            if self._jobs.get(job_id) is not None:
                by_job.setdefault(job_id, []).append(key[-KEY_BYTES:])
        if sum(map(len, by_job.values())) > MAX_PARKED_KEYS:
            return None
        return {job_id: b"".join(keys).hex() for job_id, keys in by_job.items()}

    def take_over(self, keys: dict[str, str], reissues: int) -> None:
        """The inverse of `parked_keys`, in the connection that goes on."""
        for job_id, text in keys.items():
            joined, prefix = bytes.fromhex(text), job_id.encode()
            self.seen.update(
                prefix + joined[start : start + KEY_BYTES] for start in range(0, len(joined), KEY_BYTES)
            )
        self.reissues = reissues
