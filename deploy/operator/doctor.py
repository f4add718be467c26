"""All checks over one ground, side by side, told in the order of the table."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from deploy.operator.checks.block_news import check_block_news
from deploy.operator.checks.certificates import check_certificates
from deploy.operator.checks.clock import check_clock
from deploy.operator.checks.configuration import check_configuration
from deploy.operator.checks.daemons import check_daemons
from deploy.operator.checks.descriptors import check_descriptors
from deploy.operator.checks.directories import check_directories
from deploy.operator.checks.ground import Ground
from deploy.operator.checks.hash_library import check_hashes
from deploy.operator.checks.ledger_store import check_ledger
from deploy.operator.checks.mpos_store import check_mpos
from deploy.operator.checks.nats_server import check_nats
from deploy.operator.checks.operators import check_operators
from deploy.operator.checks.ports import check_ports
from deploy.operator.checks.proxies import check_proxies
from deploy.operator.checks.redis_store import check_redis
from deploy.operator.checks.wallets import check_wallets
from deploy.operator.findings import Finding

Check = Callable[[Ground], Awaitable[list[Finding]]]

CHECKS: Mapping[str, Check] = {
    "configuration": check_configuration,
    "ports": check_ports,
    "daemons": check_daemons,
    "block-news": check_block_news,
    "wallets": check_wallets,
    "clock": check_clock,
    "nats": check_nats,
    "redis": check_redis,
    "ledger": check_ledger,
    "mpos": check_mpos,
    "directories": check_directories,
    "certificates": check_certificates,
    "proxies": check_proxies,
    "descriptors": check_descriptors,
    "operators": check_operators,
    "hashes": check_hashes,
}
"""By the names that `nomp check --only` takes."""


async def examine(ground: Ground, only: list[str] | None = None) -> list[Finding]:
    """Everything that the checks find; `only` some of them."""
    wanted = [check for name, check in CHECKS.items() if not only or name in only]
    return [
        finding for found in await asyncio.gather(*(check(ground) for check in wanted)) for finding in found
    ]
