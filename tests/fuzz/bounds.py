"""What a connection and its pool may hold at most, whatever was said."""

from __future__ import annotations

import math

from nompcore.messages import ParkedSession
from nompcore.share import KEY_BYTES
from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION
from services.stratum.counters import KNOWN_UNSUPPORTED
from services.stratum.job_registry import MAX_LIVE_JOBS
from services.stratum.miner_work import MAX_PARKED_KEYS, MAX_REISSUES
from services.stratum.session import Session

MAX_SENT_AGAIN = (MAX_REISSUES + 1) * MAX_LIVE_JOBS  # once more after a resumption


def check_session(session: Session, credited: int) -> None:
    """A session of a pool where so many shares were credited in this block."""
    terms = session.terms
    assert len(session.workers) <= MAX_WORKERS_PER_CONNECTION
    assert len(session.work._reissued) <= MAX_SENT_AGAIN
    assert len(session.work.seen) <= credited + MAX_PARKED_KEYS
    assert len(session.difficulty.track._assignments) <= MAX_LIVE_JOBS + 2  # of earlier ones, of the next
    assert 0 < session.difficulty.track.newest < math.inf
    assert len(terms.jobs._live) <= MAX_LIVE_JOBS
    assert len(terms.counters.unsupported) <= len(KNOWN_UNSUPPORTED) + 1


def check_parked(parked: ParkedSession) -> None:
    """What a session leaves behind."""
    assert len(parked.workers) <= MAX_WORKERS_PER_CONNECTION
    assert sum(map(len, parked.seen.values())) <= MAX_PARKED_KEYS * KEY_BYTES * 2
    assert 0 < parked.difficulty < math.inf
