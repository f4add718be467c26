"""Which job of the upstream pool each of our jobs is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.upstream_job import UpstreamTerms

MAX_JOBS = 64
"""A share for an older one would be refused as stale there."""


@dataclass(frozen=True, slots=True)
class UpstreamJob:
    """A job as the upstream pool calls it, with the terms that count for its shares."""

    upstream_job_id: str
    terms: UpstreamTerms


class JobBook:
    """The jobs that shares may still be handed in for, on one connection after another."""

    def __init__(self) -> None:
        self._jobs: dict[str, UpstreamJob] = {}  # by our id, in order

    def add(self, job_id: str, job: UpstreamJob) -> None:
        """A job was given to our miners."""
        self._jobs[job_id] = job
        if len(self._jobs) > MAX_JOBS:
            del self._jobs[next(iter(self._jobs))]

    def forget(self) -> None:
        """The connection or its extranonce is another: nothing of before is worth anything."""
        self._jobs.clear()

    def find(self, job_id: str) -> UpstreamJob | None:
        """The job; None when it is gone."""
        return self._jobs.get(job_id)
