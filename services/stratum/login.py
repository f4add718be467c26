"""mining.authorize: a user name becomes a worker of the session, at once or once MPOS has been asked. Pure.

Where MPOS has to be asked, the connection passes no line to the session until the answer is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nompcore.errors import RejectReason, StratumError
from nompcore.requests import LoginReply
from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION, Worker
from services.stratum.outcome import FailedLogin, Hangup, LoginQuestion, Outcome
from services.stratum.replies import GET_VERSION_LINE, error_line, true_line
from services.stratum.requests import Authorize

if TYPE_CHECKING:
    from services.stratum.session import Session

_NUMBER = RejectReason.UNAUTHORIZED.number


def authorize(session: Session, request: Authorize, now: float) -> Outcome:
    """What a login leads to."""
    if not session.may_login(now):
        return Hangup("login-rate")
    try:
        worker = session.terms.authorizer.worker(request.user)
        if request.user not in session.workers and len(session.workers) >= MAX_WORKERS_PER_CONNECTION:
            raise StratumError(_NUMBER, "too many workers on this connection")
    except StratumError as error:
        session.terms.counters.logins_failed += 1
        return FailedLogin(error_line(request.id, error.number, error.text, result=False))
    if session.terms.checks_logins:
        return LoginQuestion(request, worker)
    return _admit(session, request, worker)


def login_answered(session: Session, question: LoginQuestion, reply: LoginReply) -> bytes | FailedLogin:
    """MPOS's answer. Who is refused is no worker of this session any more, unless nobody could tell."""
    if reply.ok:
        return _admit(session, question.request, question.worker)
    session.terms.counters.logins_failed += 1
    refusal = error_line(question.request.id, _NUMBER, reply.text, result=False)
    if reply.try_again:
        return refusal
    session.workers.pop(question.request.user, None)
    return FailedLogin(refusal)


def _admit(session: Session, request: Authorize, worker: Worker) -> bytes:
    first = not session.workers
    session.workers[request.user] = worker
    network, urgent = session.terms.jobs.network_difficulty, False
    if request.options.minimum is not None:
        urgent = session.difficulty.set_minimum(request.options.minimum, network)
    if request.options.difficulty is not None:
        urgent |= session.difficulty.fix(request.options.difficulty, network)
    lines = true_line(request.id)
    if first and not session.agent:  # earlier, firmware that does not know it took it for this answer
        lines += GET_VERSION_LINE
    return lines + (session.announce_now() if urgent else b"")
