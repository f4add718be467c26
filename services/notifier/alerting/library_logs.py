"""Apprise and what it sends with log URLs, which hold tokens and passwords: nothing of theirs is logged."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

TALKATIVE = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")

_STATUS = re.compile(r"\berror=(\d{3})\b")
_CONNECTION = re.compile(r"connection error", re.IGNORECASE)


def silence() -> None:
    """Ends what these libraries log, at every level, whatever is configured above them."""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False


def cause_in(lines: Iterable[str]) -> str:
    """Why something was not sent, of all that Apprise said: nothing but what cannot be a secret."""
    text = "\n".join(lines)
    if status := _STATUS.search(text):
        return f"refused with {status[1]}"
    return "no connection" if _CONNECTION.search(text) else "not taken"
