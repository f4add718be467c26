"""Which addresses a stranger's URL may lead to: public ones, and networks that the operator lists. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WEB_PORTS = (80, 443)
FIRST_UNPRIVILEGED_PORT, LAST_PORT = 1024, 65535

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TRANSLATED = (_NAT64, ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("::/96"))
_NOT_GLOBAL = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv6Network("fec0::/10"))
"""Ranges of special use that Python's `is_global`, or that of some versions, lets pass."""


def may_reach(text: str, port: int, networks: Sequence[Network], *, own: bool = False) -> bool:
    """Whether a request may go to this address (as text) and port; `own`: it is this machine's."""
    if port not in WEB_PORTS and not FIRST_UNPRIVILEGED_PORT <= port <= LAST_PORT:
        return False
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in networks) or (is_public(address) and not own)


def is_public(address: Address) -> bool:
    """Whether it is one machine's on the internet, also where an IPv4 address is written inside of IPv6."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    if any(address in network for network in _NOT_GLOBAL):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    if any(address in network for network in _TRANSLATED):
        return False
    inner = address.sixtofour or (address.teredo and address.teredo[1])
    return inner is None or is_public(inner)
