"""`python -m services.api.admin.password NAME [--totp]`: a line for ADMIN_USERS, from a password.

The line goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import base64
import getpass
import secrets
import sys

from services.api.admin.operators import HASHER, read_operators
from services.api.admin.totp import DIGITS, STEP_SECONDS

LEAST_LETTERS = 12
SECRET_BYTES = 20


def main(arguments: list[str]) -> int:
    """Ask twice, print the line; 2 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m services.api.admin.password", description=__doc__)
    parser.add_argument("name", help="of the operator: small letters, digits and -")
    parser.add_argument("--totp", action="store_true", help="ask for six digits of an authenticator as well")
    asked = parser.parse_args(arguments)
    password = _password()
    if len(password) < LEAST_LETTERS:
        print(f"a password has at least {LEAST_LETTERS} letters", file=sys.stderr)  # noqa: T201
        return 2
    line = f"{asked.name}:{HASHER.hash(password)}"
    if asked.totp:
        secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
        line += f":{secret}"
        address = f"otpauth://totp/pool:{asked.name}?secret={secret}&digits={DIGITS}&period={STEP_SECONDS}"
        print(f"for the authenticator: {address}", file=sys.stderr)  # noqa: T201
    read_operators(line)
    print(line)  # noqa: T201  (the output of the command)
    return 0


def _password() -> str:
    """Typed twice by a person; a line of standard input where that is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, again = getpass.getpass("Password: "), getpass.getpass("Again: ")
    return first if first == again else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
