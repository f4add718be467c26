"""From whom a PROXY header is believed. Pure.

peer is a listed balancer    header          what it is
yes                          yes             the miner whom the header names
yes                          no              refused, or with `required` off a miner at the balancer's address
no                           -               refused, or with `required` off a miner; a header is rubbish
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Networks:
    """A list of networks to look an address up in."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(map(ipaddress.ip_network, texts))

    def __contains__(self, ip: object) -> bool:
        if not self._networks or not isinstance(ip, str) or not ip:
            return False
        address = ipaddress.ip_address(ip)
        return any(address in network for network in self._networks)


@dataclass(frozen=True, slots=True)
class ProxyPolicy:
    """Of one pool. `balancers` is empty where no PROXY protocol is spoken."""

    balancers: Networks
    required: bool

    def refuses(self, peer_ip: str) -> bool:
        """Whether nobody may connect from there but a balancer, and the peer is none."""
        return self.required and peer_ip not in self.balancers

    def expects_header(self, peer_ip: str) -> bool:
        """Whether the peer's first bytes may be a header."""
        return peer_ip in self.balancers
