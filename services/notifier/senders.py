"""From where a door may be knocked at: this machine itself, and the networks that the operator lists."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

LOOPBACK = ("127.0.0.1",)
EVERY_IPV4, EVERY_IPV6 = "0.0.0.0", "::"  # noqa: S104  (only with networks listed, and then they are checked)


class Senders:
    """A list of networks; loopback is always one of them."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks = tuple(map(ipaddress.ip_network, networks))

    def admits(self, ip: str) -> bool:
        """Whether something that comes from this address is listened to."""
        address = ipaddress.ip_address(ip)
        return address.is_loopback or any(address in network for network in self._networks)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses to listen on: nobody outside even connects where no network is listed."""
        versions = {network.version for network in self._networks}
        if not versions:
            return LOOPBACK
        return (EVERY_IPV4, EVERY_IPV6) if 6 in versions else (EVERY_IPV4,)
