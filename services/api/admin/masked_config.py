"""The configuration as the files have it, for showing: variables by name, and no secrets. Pure."""

from __future__ import annotations

import re
from typing import Any

MASK = "•••"

SECRET_KEYS = re.compile(r"password|secret|token|webhooks|minermail|apikey|privatekey|^url$", re.IGNORECASE)
"""Keys whose values are secrets, with everything below them."""

VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
"""A value that is only the name of a variable tells nothing; one with a default may tell that."""

LOGIN_IN_URL = re.compile(r"(?<=://)[^/?#\s]+(?=@)")


def masked(value: Any, *, is_secret: bool = False) -> Any:
    """The same tree without what must not be seen."""
    if isinstance(value, dict):
        return {
            key: masked(inner, is_secret=is_secret or SECRET_KEYS.search(str(key)) is not None)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [masked(inner, is_secret=is_secret) for inner in value]
    if is_secret:
        return value if _tells_nothing(value) else MASK
    return LOGIN_IN_URL.sub(MASK, value) if isinstance(value, str) else value


def _tells_nothing(value: Any) -> bool:
    return (
        value in ("", None)
        or isinstance(value, bool)
        or (isinstance(value, str) and VARIABLE.fullmatch(value) is not None)
    )
