"""Do the daemons build on a block? Asked by its id, and by what cannot be mistaken: its coinbase.

A coin may name blocks by another hash than its file says. A block at the right height that begins with our
coinbase is ours, whatever its name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nompcore.daemon import Daemon
from nompcore.errors import DaemonError
from services.jobmaker.chain_check import call_if_known

LOOKUP_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The block to look for."""

    block_hash_display: str
    height: int
    coinbase_txid_display: str


async def name_in_chain(daemons: Iterable[Daemon], wanted: Wanted) -> str:
    """What a daemon that has the block in its active chain calls it; empty where none has it."""
    names = await asyncio.gather(*(_name_at(daemon, wanted) for daemon in daemons))
    return next(filter(None, names), "")


async def _name_at(daemon: Daemon, wanted: Wanted) -> str:
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_SECONDS):
            return await _by_hash(daemon, wanted) or await _by_coinbase(daemon, wanted)
    except (DaemonError, TimeoutError):  # no answer is no sighting; the daemon's watch tells what is wrong
        return ""


async def _by_hash(daemon: Daemon, wanted: Wanted) -> str:
    try:
        header = await call_if_known(daemon, "getblockheader", wanted.block_hash_display)
        if header is None:  # daemons from before getblockheader (Bitcoin 0.10)
            header = await daemon.call("getblock", wanted.block_hash_display)
    except DaemonError:
        return ""
    return wanted.block_hash_display if _is_active(header) else ""


async def _by_coinbase(daemon: Daemon, wanted: Wanted) -> str:
    name = str(await daemon.call("getblockhash", wanted.height))
    block = await daemon.call("getblock", name)
    transactions: list[Any] = block.get("tx", []) if isinstance(block, Mapping) else []
    return name if transactions[:1] == [wanted.coinbase_txid_display] else ""


def _is_active(header: object) -> bool:
    """Confirmations are -1 where the block is known, on another chain."""
    return isinstance(header, Mapping) and int(header.get("confirmations", -1)) >= 1
