"""No secret leaves the command: whatever it knows to be one is replaced in everything that it prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

MASK = "***"
LEAST_LETTERS = 4
"""A shorter secret would be found in ordinary words; it is none."""

_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|ADMIN_USERS|WEBHOOK")
_URL_NAME = re.compile(r"_URL$")


class Masking:
    """Knows secrets. Pure but for what it was given."""

    def __init__(self, secrets: Iterable[str]) -> None:
        plain = {secret for secret in secrets if len(secret) >= LEAST_LETTERS}
        known = plain | {written for secret in plain for written in _in_json(secret)}
        # the longest first: one may be a part of another
        self._secrets = sorted(known, key=lambda secret: (-len(secret), secret))

    def masked(self, text: str) -> str:
        """The text without them."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def secrets_of_environment(environ: Mapping[str, str]) -> set[str]:
    """Values of variables that hold secrets, passwords within URLs, and what stands in `<NAME>_FILE`."""
    found: set[str] = set()
    for name, value in environ.items():
        plain = name.removesuffix("_FILE")
        if not (_SECRET_NAME.search(plain) or _URL_NAME.search(plain)):
            continue
        text = _read(value) if name.endswith("_FILE") else value
        found |= secrets_of_urls(text) if _URL_NAME.search(plain) else set()
        found |= _lines(text) if _SECRET_NAME.search(plain) else set()  # a webhook's URL is a secret itself
    return found


def secrets_of_urls(text: str) -> set[str]:
    """The password of each URL (separated by commas), as it is written and as it is meant."""
    found: set[str] = set()
    for url in text.split(","):
        try:
            password = urlsplit(url.strip()).password
        except ValueError:  # no URL at all: all of it may be secret
            found.add(url.strip())
            continue
        if password:
            found |= {password, unquote(password)}
    return found


def _in_json(secret: str) -> set[str]:
    return {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # whoever needs it says so
