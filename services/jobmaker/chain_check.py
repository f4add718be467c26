"""Is a daemon on the chain that the pool is configured for, and does it know the pool's address (spec 2.1)?

A daemon on another network would give work that is worth nothing; a pool address that the daemon reads
differently would pay the rewards to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nompcore.daemon import Daemon
from nompcore.errors import DaemonRefused, DaemonUnfit

METHOD_NOT_FOUND = -32601  # JSON-RPC 2.0

_CHAIN_NAMES = {"mainnet": "main", "testnet": "test"}
"""What bcoin and its kin call them."""


@dataclass(frozen=True, slots=True)
class ChainView:
    """Where a daemon is: `chains` holds the networks that it can be on, one unless the daemon is too old."""

    chains: tuple[str, ...]
    height: int
    tip_display: str


async def look_at_chain(daemon: Daemon) -> ChainView:
    """Ask the daemon where it is. Raises DaemonError."""
    info = await call_if_known(daemon, "getblockchaininfo")
    if info is None:
        return await _look_at_old_daemon(daemon)
    chain = str(field_of(info, "chain"))
    return ChainView(
        chains=(_CHAIN_NAMES.get(chain, chain),),
        height=int(field_of(info, "blocks")),
        tip_display=str(field_of(info, "bestblockhash")),
    )


async def _look_at_old_daemon(daemon: Daemon) -> ChainView:
    """Daemons before getblockchaininfo (Bitcoin 0.9.2) tell only the test network from the others."""
    info = await daemon.call("getinfo")
    return ChainView(
        chains=("test",) if field_of(info, "testnet") else ("main", "regtest"),
        height=int(field_of(info, "blocks")),
        tip_display=str(await daemon.call("getbestblockhash")),
    )


async def call_if_known(daemon: Daemon, method: str, *params: object) -> Any:
    """The result of a call, None where the daemon does not know the method. Raises DaemonError."""
    try:
        return await daemon.call(method, *params)
    except DaemonRefused as refused:
        if refused.code != METHOD_NOT_FOUND:
            raise
        return None


def field_of(answer: object, name: str) -> Any:
    """A field of an answer that must have it; else DaemonUnfit."""
    if not isinstance(answer, Mapping) or name not in answer:
        raise DaemonUnfit(f"an answer without {name!r}")
    return answer[name]
