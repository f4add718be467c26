"""One-time passwords (RFC 6238) as authenticator programs make them: SHA-1, 30 s, six digits. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

STEP_SECONDS = 30
DIGITS = 6
DRIFT_STEPS = 1  # a phone's clock, and the time that typing takes


def totp_secret(text: str) -> bytes:
    """The secret from its base32 form; ValueError for what is none."""
    compact = text.replace(" ", "").upper().rstrip("=")
    try:
        return base64.b32decode(compact + "=" * (-len(compact) % 8))
    except binascii.Error as error:
        raise ValueError("not base32") from error


def code_at(secret: bytes, step: int) -> str:
    """The digits of one time step (RFC 4226, 5.3)."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, code: str, now_seconds: float) -> int | None:
    """The time step whose digits these are, if it is about now; it must never be taken twice."""
    now, found = int(now_seconds // STEP_SECONDS), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.strip().encode()):
            found = step
    return found
