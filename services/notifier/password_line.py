"""A line of JSON that has to know a password, as bytes to a value. Pure."""

from __future__ import annotations

import hmac
from typing import TypeVar

import msgspec

from services.notifier.refusal import Refusal


class PasswordLine(msgspec.Struct):
    """What each kind of line has beside its own fields. `command`: the later form, which has no password."""

    password: str = ""
    command: str = ""


L = TypeVar("L", bound=PasswordLine)


def read_line(line: bytes, kind: type[L], password: str) -> L | Refusal:
    """What a line says, or why nobody looks at it. Never raises.

    The password is compared before anything else is looked at, in time that does not depend on it.
    """
    try:
        said = msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.MALFORMED
    if said.command:
        return Refusal.NO_PASSWORD
    if not hmac.compare_digest(said.password.encode(), password.encode()):
        return Refusal.WRONG_PASSWORD
    return said
