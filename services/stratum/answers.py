"""What a miner is answered to everything but subscriptions, logins and shares.

The session is changed and the reply returned; where that changes the difficulty at once, the current job
follows the reply, sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nompcore.errors import RejectReason
from nompcore.version import VERSION
from services.stratum.replies import error_line, result_line, set_version_mask_line
from services.stratum.requests import (
    BadParams,
    Configure,
    ExtranonceSubscribe,
    GetTransactions,
    GetVersion,
    MultiVersion,
    Ping,
    Reply,
    Request,
    SuggestDifficulty,
    SuggestTarget,
    UnknownMethod,
)

if TYPE_CHECKING:
    from services.stratum.session import Session

OTHER = 20  # stratum's number for errors without one of their own


def answer(session: Session, request: Request) -> bytes:
    """The lines to send; none for a miner's answer to a request of ours."""
    return _ANSWERS[type(request)](session, request)


def _configure(session: Session, request: Configure) -> bytes:
    """BIP 310: each extension asked for gets its answer; one we do not have is false."""
    answers: dict[str, object] = dict.fromkeys(request.extensions, False)
    urgent = False
    lines = b""
    if "version-rolling" in answers:
        session.wanted_mask = request.version_mask
        session.version_mask = granted_mask(session)
        answers["version-rolling"] = session.version_mask != 0
        if session.version_mask:
            answers["version-rolling.mask"] = f"{session.version_mask:08x}"
            lines = set_version_mask_line(session.version_mask)
    if "minimum-difficulty" in answers and request.minimum_difficulty is not None:
        answers["minimum-difficulty"] = True
        network = session.terms.jobs.network_difficulty
        if request.minimum_difficulty > 0:  # 0 asks for none
            urgent = session.difficulty.set_minimum(request.minimum_difficulty, network)
    if "subscribe-extranonce" in answers:
        session.follows_extranonce = answers["subscribe-extranonce"] = True
    if "info" in answers:
        answers["info"] = True
    return result_line(request.id, answers) + lines + (session.announce_now() if urgent else b"")


def granted_mask(session: Session) -> int:
    """The bits that the pool offers, and its upstream pool where it has one, and the miner can roll.

    None where the coin uses one of them itself, as merge-mined coins do: some firmware sets bits beside those
    of the job, and then nobody can tell from the submitted ones which header was hashed.
    """
    mask, job = session.terms.version_mask & session.wanted_mask, session.terms.jobs.current
    if job is None:
        return mask
    mask &= job.prepared.version_mask
    return 0 if job.prepared.version & mask else mask


def mask_for_job(session: Session) -> bytes:
    """Another upstream pool may let other version bits roll: what tells the miner, before the job."""
    mask = granted_mask(session)
    if mask == session.version_mask:
        return b""
    session.version_mask = mask
    return set_version_mask_line(mask)


def _suggest_difficulty(session: Session, request: SuggestDifficulty) -> bytes:
    urgent = session.difficulty.suggest(request.difficulty, session.terms.jobs.network_difficulty)
    return result_line(request.id, True) + (session.announce_now() if urgent else b"")


def _suggest_target(session: Session, request: SuggestTarget) -> bytes:
    urgent = session.difficulty.suggest_target(request.target_hex, session.terms.jobs.network_difficulty)
    if urgent is None:
        return error_line(request.id, OTHER, "malformed params")
    return result_line(request.id, True) + (session.announce_now() if urgent else b"")


def _get_transactions(session: Session, request: GetTransactions) -> bytes:
    """Of a live job none are told: they are megabytes, and they never leave jobmaker."""
    if session.work.find(request.job_id, session.difficulty.track) is None:
        return error_line(request.id, RejectReason.STALE.number, RejectReason.STALE.text)
    return result_line(request.id, [])


def _extranonce_subscribe(session: Session, request: ExtranonceSubscribe) -> bytes:
    session.follows_extranonce = True
    return result_line(request.id, True)


def _multi_version(session: Session, request: MultiVersion) -> bytes:
    return result_line(request.id, True)


def _get_version(session: Session, request: GetVersion) -> bytes:
    return result_line(request.id, f"nomp/{VERSION}")


def _ping(session: Session, request: Ping) -> bytes:
    return result_line(request.id, "pong")


def _reply(session: Session, request: Reply) -> bytes:
    session.agent = session.agent or request.text
    return b""


def _bad_params(session: Session, request: BadParams) -> bytes:
    return error_line(request.id, OTHER, "malformed params")


def _unknown_method(session: Session, request: UnknownMethod) -> bytes:
    session.terms.counters.unknown_method(request.method)
    return error_line(request.id, OTHER, "unknown method")


_ANSWERS: dict[type[Request], Callable[[Session, Any], bytes]] = {
    Configure: _configure,
    SuggestDifficulty: _suggest_difficulty,
    SuggestTarget: _suggest_target,
    GetTransactions: _get_transactions,
    ExtranonceSubscribe: _extranonce_subscribe,
    MultiVersion: _multi_version,
    GetVersion: _get_version,
    Ping: _ping,
    Reply: _reply,
    BadParams: _bad_params,
    UnknownMethod: _unknown_method,
}
