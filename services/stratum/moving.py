"""A session of a switching port goes to another pool: its connection, extranonce1 and pace stay. Pure.

The miner gets the difficulty and a clean job at once. A job that it had before it left is sent again under
another id and with a later ntime, so that it does new work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.stratum.answers import mask_for_job
from services.stratum.job_registry import LiveJob
from services.stratum.miner_work import MinerWork
from services.stratum.replies import set_difficulty_line
from services.stratum.terms import Terms
from services.stratum.visits import Visit, Visits

if TYPE_CHECKING:
    from services.stratum.session import Session


def move(session: Session, terms: Terms, now: float) -> bytes:
    """What to send; `terms` are those of the same port in the pool that is mined from now on."""
    visits = session.visits = session.visits or Visits()
    if session.subscribed:
        visits.leave(Visit(session.terms, session.work, session.difficulty.track, session.version_mask))
    back = visits.come_back(terms.pool)
    session.terms = terms
    session.work = back.work if back else MinerWork(terms.jobs)
    session.difficulty.move(back.track if back else None, terms.targets, terms.jobs.network_difficulty)
    session.workers = {name: terms.authorizer.worker(name) for name in session.workers}
    lines = mask_for_job(session)
    job = terms.jobs.current
    return lines if job is None or not session.subscribed else lines + _begin(session, job, now)


def _begin(session: Session, job: LiveJob, now: float) -> bytes:
    """The difficulty, told in any case: what the miner heard last was another pool's; and the job."""
    work, track = session.work, session.difficulty.track
    session.difficulty.next_job(now, session.terms.jobs.network_difficulty)
    if job.serial == work.sent_serial:
        assignment = track.reissue(job.serial) or track.in_force
        line = work.again(job, assignment, clean_jobs=True)
    else:
        work.sent(job)
        track.start_job(job.serial, session.terms.jobs.oldest_serial)
        line = job.notify_clean
    return set_difficulty_line(track.announced) + line
