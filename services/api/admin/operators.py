"""Who may log in: one line an operator, `name:hash` or `name:hash:TOTP secret`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError

from nompcore.settings import SettingsInvalid
from services.api.admin.totp import totp_secret

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")

LEAST_SECRET_BYTES = 10
"""80 bits, what authenticator programs make at least."""

HASHER = PasswordHasher()
"""Argon2id with the library's parameters: those of RFC 9106 for memory-constrained environments."""

# What a name that nobody has is compared with, so that the answer takes as long as for one that somebody has.
NOBODY = HASHER.hash("nobody")


@dataclass(frozen=True, slots=True)
class Operator:
    """One who may log in. `line` is all that was said of it: sessions are bound to it."""

    name: str
    password_hash: str = field(repr=False)
    totp: bytes | None = field(repr=False)
    line: str = field(repr=False)


def read_operators(text: str) -> Mapping[str, Operator]:
    """By name. Raises SettingsInvalid, which shows no value."""
    operators: dict[str, Operator] = {}
    problems: list[str] = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        try:
            operator = _operator(line)
        except ValueError as error:
            problems.append(f"ADMIN_USERS: line {number}: {error}")
            continue
        if operator.name in operators:
            problems.append(f"ADMIN_USERS: line {number}: a name that another line has")
        operators[operator.name] = operator
    if problems:
        raise SettingsInvalid(problems)
    return operators


def password_fits(operator: Operator | None, password: str) -> bool:
    """Whether it is the operator's password. Takes some 50 ms and 64 MiB, for nobody as well."""
    try:
        fits = HASHER.verify(operator.password_hash if operator else NOBODY, password)
    except (Argon2Error, UnicodeEncodeError):
        return False
    return fits and operator is not None


def _operator(line: str) -> Operator:
    name, _, rest = line.partition(":")
    password_hash, _, secret = rest.partition(":")
    if not NAME.match(name):
        raise ValueError("a name has small letters, digits and -, and begins with a letter")
    try:
        extract_parameters(password_hash)
    except (InvalidHashError, ValueError) as error:
        raise ValueError(
            "expected name:hash or name:hash:secret, as `python -m services.api.admin.password` prints"
        ) from error
    totp = totp_secret(secret) if secret else None
    if totp is not None and len(totp) < LEAST_SECRET_BYTES:
        raise ValueError("the TOTP secret is too short")
    return Operator(name, password_hash, totp, line)
