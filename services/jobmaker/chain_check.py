"""Is a daemon on the chain that the pool is configured for, and does it know the pool's address (spec 2.1)?

A daemon on another network would give work that is worth nothing; a pool address that the daemon reads
differently would pay the rewards to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nompcore.daemon import Daemon
from nompcore.errors import DaemonRefused

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
    try:
        info = await daemon.call("getblockchaininfo")
    except DaemonRefused as refused:
        if refused.code != METHOD_NOT_FOUND:
            raise
        return await _look_at_old_daemon(daemon)
    chain = str(_field(info, "chain"))
    return ChainView(
        chains=(_CHAIN_NAMES.get(chain, chain),),
        height=int(_field(info, "blocks")),
        tip_display=str(_field(info, "bestblockhash")),
    )


async def _look_at_old_daemon(daemon: Daemon) -> ChainView:
    """Daemons before getblockchaininfo (Bitcoin 0.9.2) tell only the test network from the others."""
    info = await daemon.call("getinfo")
    return ChainView(
        chains=("test",) if _field(info, "testnet") else ("main", "regtest"),
        height=int(_field(info, "blocks")),
        tip_display=str(await daemon.call("getbestblockhash")),
    )


async def check_address(daemon: Daemon, address: str, script: bytes) -> str:
    """What the daemon finds wrong with the pool's address; empty if nothing. Raises DaemonError."""
    answer = await daemon.call("validateaddress", address)
    if not _field(answer, "isvalid"):
        return "the daemon says that the pool's address is not valid"
    known = answer.get("scriptPubKey")  # old daemons do not tell
    if known is not None and known != script.hex():
        return f"the daemon pays the pool's address with script {known}, the coin file with {script.hex()}"
    return ""


def _field(answer: object, name: str) -> Any:
    if not isinstance(answer, Mapping) or name not in answer:
        raise DaemonRefused(0, f"an answer without {name!r}")
    return answer[name]
