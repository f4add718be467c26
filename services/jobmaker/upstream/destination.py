"""Where client.reconnect may send us: never to a stranger, who could be anybody's. Pure."""

from __future__ import annotations

import ipaddress

MAX_WAIT_SECONDS = 60.0
MIN_WAIT_SECONDS = 0.5  # one that gives work and sends us away, again and again, makes no storm
MAX_PORT = 65535

_COUNTRY_LETTERS = 2
_KIND_LETTERS = 3  # co.uk, com.br, net.au, ac.jp


def is_allowed(configured: str, wanted: str) -> bool:
    """Whether `wanted` is the configured host, below it, or beside it in the same domain."""
    ours, theirs = configured.lower().rstrip("."), wanted.lower().rstrip(".")
    if not theirs or theirs == ours:
        return True
    if _is_address(ours) or _is_address(theirs):
        return False
    parent = ours.partition(".")[2]
    return theirs.endswith("." + ours) or (_is_somebodys(parent) and theirs.endswith("." + parent))


def destination(configured: tuple[str, int], host: str, port: int) -> tuple[str, int] | None:
    """The host and port to go to; None where that is not allowed."""
    if not is_allowed(configured[0], host) or not 0 <= port <= MAX_PORT:
        return None
    return host or configured[0], port or configured[1]


def wait_before(asked_seconds: float) -> float:
    """How long to wait before going there."""
    return min(max(asked_seconds, MIN_WAIT_SECONDS), MAX_WAIT_SECONDS)


def _is_somebodys(domain: str) -> bool:
    """Whether one owner has all of a domain: anybody can have a part of example.com's com and of co.uk."""
    second, _, top = domain.rpartition(".")
    return bool(second) and ("." in second or len(top) > _COUNTRY_LETTERS or len(second) > _KIND_LETTERS)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
