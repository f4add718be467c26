"""Who gives the orders: the user of this machine."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping
from dataclasses import dataclass

MAX_NAME = 64
"""Letters of a user's or machine's name that are kept."""


@dataclass(frozen=True, slots=True)
class Person:
    """`author` for ledger and logs of services, `who` for the admin center's log."""

    user: str
    host: str

    @property
    def author(self) -> str:
        """As the ledger names people."""
        return f"{self.user}@{self.host}"

    @property
    def who(self) -> str:
        """As the admin center's log tells the command line from its own operators."""
        return f"cli:{self.user}"


def person_of(environ: Mapping[str, str]) -> Person:
    """The user that the environment names; in a container without one, the number of it."""
    user = environ.get("SUDO_USER") or environ.get("USER") or _login_name()
    return Person(user[:MAX_NAME], socket.gethostname()[:MAX_NAME])


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # nobody of that number in the image
        return "nobody"
