"""Where client.reconnect may send us: never to a stranger, who could be anybody's. Pure."""

from __future__ import annotations

import ipaddress

MAX_WAIT_SECONDS = 60.0
MAX_PORT = 65535


def is_allowed(configured: str, wanted: str) -> bool:
    """Whether `wanted` is the configured host, below it, or beside it in the same domain."""
    ours, theirs = configured.lower().rstrip("."), wanted.lower().rstrip(".")
    if not theirs or theirs == ours:
        return True
    if _is_address(ours) or _is_address(theirs):
        return False
    parent = ours.partition(".")[2]
    return theirs.endswith("." + ours) or ("." in parent and theirs.endswith("." + parent))


def destination(configured: tuple[str, int], host: str, port: int) -> tuple[str, int] | None:
    """The host and port to go to; None where that is not allowed."""
    if not is_allowed(configured[0], host) or not 0 <= port <= MAX_PORT:
        return None
    return host or configured[0], port or configured[1]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
