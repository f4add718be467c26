"""How much of a miner's network address strangers get to see (`website.miner_ips`)."""

from __future__ import annotations

import ipaddress

FULL, MASKED, HIDDEN = "full", "masked", "hidden"

# What a provider hands to one household or site: enough to tell rigs apart, too little to find them.
IPV6_SITE_PREFIX = 48


def shown_ip(ip: str, mode: str) -> str:
    """`ip` as `mode` allows: whole, without its host part, or empty. Text that is no address is never shown.

    >>> shown_ip("203.0.113.7", MASKED), shown_ip("2001:db8:1:2::3", MASKED)
    ('203.0.113.x', '2001:db8:1::x')
    """
    if mode == HIDDEN:
        return ""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if mode == FULL:
        return str(address)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address).rsplit(".", 1)[0] + ".x"
    site = int(address) >> (128 - IPV6_SITE_PREFIX)
    return ":".join(f"{site >> shift & 0xFFFF:x}" for shift in (32, 16, 0)) + "::x"
