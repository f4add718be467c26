"""Whether an address is this machine's: what a firewall keeps from others, its own requests may do there."""

from __future__ import annotations

import socket


def is_own(address: str, port: int) -> bool:
    """Asks the routing table: to its own addresses a machine speaks from these. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, port))
        except (OSError, OverflowError):  # no way there, so it is not here
            return False
        return str(probe.getsockname()[0]) == address
