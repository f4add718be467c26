"""The signed cookie of a logged-in operator, and the tokens of its forms. Pure.

Nothing is kept of a session: any replica that knows the key can tell whether a cookie is genuine. The key
that signs it is bound to the operator's line, so that a new password ends the old sessions.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from services.api.admin.operators import Operator

SESSION_SECONDS = 8 * 3600
"""A shift."""

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, and since when (Unix ms)."""

    operator: Operator
    issued_ms: int
    nonce: str

    @property
    def ends_ms(self) -> int:
        """When it has to be made anew."""
        return self.issued_ms + SESSION_SECONDS * 1000


def cookie_of(session: Session, key: bytes) -> str:
    """The cookie's value: name, time, nonce and signature, by dots."""
    text = _text(session)
    return f"{text}.{_signature(_bound(key, session.operator), 'session', text)}"


def session_of(cookie: str, key: bytes, operators: Mapping[str, Operator], now_ms: int) -> Session | None:
    """The session of a cookie; None where it is forged, has ended, or its operator is no more."""
    text, _, signature = cookie.rpartition(".")
    name, _, rest = text.partition(".")
    issued, _, nonce = rest.partition(".")
    operator = operators.get(name)
    if operator is None or not _fits(_signature(_bound(key, operator), "session", text), signature):
        return None
    session = Session(operator, int(issued), nonce)
    return session if session.issued_ms <= now_ms < session.ends_ms else None


def form_token(session: Session, key: bytes) -> str:
    """What each form of the session carries."""
    return _signature(_bound(key, session.operator), "form", _text(session))


def login_token(nonce: str, key: bytes) -> str:
    """What the form for logging in carries; `nonce` is in a cookie of the same browser."""
    return _signature(key, "login", nonce)


def is_token(expected: str, given: str) -> bool:
    """Whether a form's token is the expected one."""
    return _fits(expected, given)


def _text(session: Session) -> str:
    return f"{session.operator.name}.{session.issued_ms}.{session.nonce}"


def _bound(key: bytes, operator: Operator) -> bytes:
    return hmac.new(key, operator.line.encode(), hashlib.sha256).digest()


def _signature(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def _fits(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
