"""Who a request is from. Pure.

Only a listed proxy may name somebody else, as with stratum's `tcpProxyNetworks`: from anybody else the header
`X-Forwarded-For` is just text. Its entries are read from the right, for as long as they are proxies of ours;
what stands further left was written by the client.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Sequence

IPV6_PREFIX_BITS = 64

UNKNOWN = "unknown"
"""The one group of all whose address cannot be told."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """The proxies in front of this process; `networks` as `ipaddress` reads them."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(map(ipaddress.ip_network, networks))

    def client_of(self, peer: str, forwarded: Sequence[str]) -> Address | None:
        """The client of a connection from `peer` with these values of `X-Forwarded-For`, in their order."""
        address = _address(peer)
        hops = [hop.strip() for value in forwarded for hop in value.split(",")]
        while hops and address is not None and self._trusts(address):
            named = _address(hops.pop())
            if named is None:  # a proxy that says rubbish is answered for by itself
                return address
            address = named
        return address

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def client_group(address: Address | None) -> str:
    """Addresses that count as one: whoever has an IPv6 address has at least a /64 of them (RFC 6177)."""
    if address is None:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX_BITS), strict=False))


@functools.lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
