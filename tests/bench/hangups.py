"""Whom the stratum service turned away and why, as its metrics page says."""

from __future__ import annotations

import re
from collections import Counter

_COUNT = re.compile(r'^stratum_hangups_total\{pool="[^"]*",reason="([^"]*)"\} (\S+)$', re.MULTILINE)
_OPEN = re.compile(r"^stratum_connections\{[^}]*\} (\S+)$", re.MULTILINE)


def hangups(page: str) -> Counter[str]:
    """Reason → connections refused or closed."""
    return Counter({reason: int(float(count)) for reason, count in _COUNT.findall(page)})


def open_connections(page: str) -> int:
    """Connections of all pools now."""
    return sum(int(float(count)) for count in _OPEN.findall(page))
