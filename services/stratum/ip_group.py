"""Addresses that count as one: an IPv4 address is itself, an IPv6 address is its /64. Pure.

Whoever has an IPv6 address has at least a /64 of them (RFC 6177): a limit or ban for one alone would be none.
"""

from __future__ import annotations

import functools
import ipaddress

IPV6_PREFIX_BITS = 64

_REMEMBERED = 65_536  # addresses; each connection asks two or three times


@functools.lru_cache(maxsize=_REMEMBERED)
def ip_group(ip: str) -> str:
    """The group of an address: "203.0.113.7", "2001:db8:0:1::/64"; "" of "". ValueError for what is none."""
    if not ip:
        return ""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_PREFIX_BITS), strict=False))


def ban_key(group: str) -> str:
    """The group as a KV key, which may hold no dots and colons: "cb007107", "20010db800000001"."""
    address = ipaddress.ip_address(group.partition("/")[0])
    return address.packed.hex() if address.version == 4 else address.packed[:8].hex()


def group_of_key(key: str) -> str | None:
    """The inverse of `ban_key`; None for what is no such key."""
    try:
        packed = bytes.fromhex(key)
    except ValueError:
        return None
    if len(packed) == 4:
        return str(ipaddress.IPv4Address(packed))
    if len(packed) == 8:
        return str(ipaddress.IPv6Network((packed + bytes(8), IPV6_PREFIX_BITS)))
    return None
