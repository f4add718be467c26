"""How long a connection may take for each step; who takes longer is closed. Pure."""

from __future__ import annotations

from services.stratum.session import Session

SILENT_SECONDS = 10.0  # an honest miner speaks in its first packet
SUBSCRIBE_SECONDS = 30.0  # some firmware configures first and waits for the answer
AUTHORIZE_SECONDS = 60.0  # and logs in at last


def overdue(session: Session, now: float, share_seconds: float) -> str | None:
    """Why the connection is not worth keeping, in a constant word; None while it is.

    `share_seconds` is NOMP's connectionTimeout: how long it may go without an accepted share; while there is
    no job nobody can find one.
    """
    age = now - session.started
    if not session.has_spoken and age > SILENT_SECONDS:
        return "silent"
    if not session.subscribed and age > SUBSCRIBE_SECONDS:
        return "not-subscribed"
    if not session.workers and age > AUTHORIZE_SECONDS:
        return "not-authorized"
    if now - session.last_share > share_seconds and session.terms.jobs.current is not None:
        return "no-shares"
    return None
