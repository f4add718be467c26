"""Ports behind a load balancer: is its header believed from it alone?"""

from __future__ import annotations

import ipaddress

from deploy.operator.checks.ground import Ground
from deploy.operator.findings import Finding, hint
from nompcore.config import PoolConfig

WIDE_BITS = 8
"""A shorter prefix is a good part of the internet."""


async def check_proxies(ground: Ground) -> list[Finding]:
    """Of all pools."""
    return [finding for pool in ground.pools for finding in judge(pool)]


def judge(pool: PoolConfig) -> list[Finding]:
    """Of one pool."""
    if not pool.tcp_proxy_protocol:
        return []
    where = f"pool_configs/{pool.name}.json: tcpProxyNetworks"
    return [_everybody(where, text) for text in pool.tcp_proxy_networks if _is_wide(text)]


def _is_wide(text: str) -> bool:
    return ipaddress.ip_network(text).prefixlen < WIDE_BITS - 1  # fc00::/7 is the private one of IPv6


def _everybody(where: str, network: str) -> Finding:
    return hint(
        "proxy-everybody", where, f"headers are believed from all of {network}",
        why="whoever connects from there can pretend to be any address, so that no ban holds",
        mend="name the balancer's own addresses only",
    )  # fmt: skip
