"""mining.submit: whose share it is, on which job, at which difficulty, for which pool. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nompcore.errors import RejectReason
from nompcore.share import Submission
from services.stratum.authorization import Worker
from services.stratum.difficulty import Assignment
from services.stratum.job_registry import LiveJob
from services.stratum.outcome import Outcome, RefusedShare, SubmittedShare
from services.stratum.replies import refusal_line
from services.stratum.requests import Submit

if TYPE_CHECKING:
    from services.stratum.session import Session


def submit(session: Session, request: Submit) -> Outcome:
    """A share to check, or why there is nothing to check."""
    worker = session.workers.get(request.worker)
    if worker is None:
        return refuse(request.id, None, RejectReason.UNAUTHORIZED)
    if not session.subscribed:
        return refuse(request.id, None, RejectReason.NOT_SUBSCRIBED)
    found = session.work.find(request.job_id, session.difficulty.track)
    if found is None:
        return _submit_late(session, request) or refuse(request.id, worker, RejectReason.STALE)
    return _share(session, request, worker, found, session.work.seen, session.version_mask)


def refuse(request_id: bytes, worker: Worker | None, reason: RejectReason) -> RefusedShare:
    """A share that needs no look at its work."""
    return RefusedShare(refusal_line(request_id, reason), worker, reason)


def _submit_late(session: Session, request: Submit) -> SubmittedShare | None:
    """A share for a pool that the port has left: it is that pool's, and its worker is paid there."""
    late = session.visits.find(request.job_id) if session.visits else None
    if late is None:
        return None
    visit = late.visit
    worker = visit.terms.authorizer.worker(request.worker)
    found = late.job, late.assignment
    return _share(session, request, worker, found, visit.work.seen, visit.version_mask)


def _share(
    session: Session,
    request: Submit,
    worker: Worker,
    found: tuple[LiveJob, Assignment],
    seen: set[bytes],
    version_mask: int,
) -> SubmittedShare:
    job, assignment = found
    submission = Submission(
        session.extranonce1,
        request.extranonce2_hex,
        request.ntime_hex,
        request.nonce_hex,
        request.version_bits_hex,
        version_mask,
    )
    return SubmittedShare(request.id, worker, job, seen, submission, assignment.difficulty, assignment.target)
