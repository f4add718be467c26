"""Addresses that no order may ban: those of `banning.exempt`. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from nompcore.config import PoolConfig


def exempting_pool(ip: str, pools: Mapping[str, PoolConfig]) -> str | None:
    """The first pool that has an address in `banning.exempt`; a ban would hold for all pools.

    None where there is none, and for what is no address: stratum says so.
    """
    try:
        address = ipaddress.ip_address(ip.partition("/")[0])
    except ValueError:
        return None
    for name, pool in sorted(pools.items()):
        if any(address in ipaddress.ip_network(network) for network in pool.banning.exempt):
            return name
    return None
