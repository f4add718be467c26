"""What a daemon says about one block: in the chain, replaced, or not to be told yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nompcore.amounts import sats_from_coins
from nompcore.daemon import Daemon
from nompcore.errors import DaemonRefused

ORPHAN_DEPTH = 6
"""Blocks on top of a competitor, from which ours is given up: the depth at which the world takes payments as
final. A wrong answer would only move shares to a later round."""

HEADERS_AHEAD = 1
"""A daemon this far behind the best headers it knows counts as in sync: a block arrives after its header."""

_NOT_FOUND = -5


@dataclass(frozen=True, slots=True)
class InChain:
    """Part of the best chain, this deep (the tip is 1)."""

    confirmations: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """Another block is at its height, ORPHAN_DEPTH deep, in a chain that is in sync."""

    by_hash: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Not in the best chain, but nothing else is there deep enough; or the daemon is not in sync."""


Place = InChain | Replaced | Undecided


class ChainView:
    """The chain as the payment daemon sees it."""

    def __init__(self, daemon: Daemon, decimals: int) -> None:
        self._daemon = daemon
        self._decimals = decimals

    async def place_of(self, block_hash: str, height: int, coinbase_txid: str) -> Place:
        """Where a block stands. One unknown to the daemon may just not have arrived. Raises DaemonError.

        The daemon may call the block otherwise than the coin file says: `coinbase_txid` tells it then.
        """
        header = await self._header(block_hash)
        if header is not None and header["confirmations"] >= 1:
            return InChain(int(header["confirmations"]))
        if not await self.is_in_sync():
            return Undecided()
        other_hash = await self._hash_at(height)
        if other_hash is None or other_hash == block_hash:
            return Undecided()
        other = await self._header(other_hash)
        confirmations = 0 if other is None else int(other["confirmations"])
        if coinbase_txid and await self.coinbase_txid(other_hash) == coinbase_txid:
            return InChain(confirmations)
        return Replaced(other_hash) if confirmations >= ORPHAN_DEPTH else Undecided()

    async def coinbase_txid(self, block_hash: str) -> str:
        """The id of a block's first transaction, in display order."""
        block = await self._daemon.call("getblock", block_hash)
        return str(block["tx"][0])

    async def mature_reward_sats(self, coinbase_txid: str, address: str) -> int | None:
        """What a coinbase pays to `address` once the wallet can spend it; None before, or if unknown."""
        try:
            transaction = await self._daemon.call("gettransaction", coinbase_txid)
        except DaemonRefused as refused:
            if refused.code != _NOT_FOUND:
                raise
            return None
        paid = [detail for detail in transaction["details"] if detail.get("address") == address]
        if not paid or any(detail["category"] != "generate" for detail in paid):
            return None
        return sum(sats_from_coins(detail["amount"], self._decimals) for detail in paid)

    async def _header(self, block_hash: str) -> dict[str, Any] | None:
        try:
            header: dict[str, Any] = await self._daemon.call("getblockheader", block_hash)
        except DaemonRefused as refused:
            if refused.code != _NOT_FOUND:
                raise
            return None
        return header

    async def _hash_at(self, height: int) -> str | None:
        if height > await self._daemon.call("getblockcount"):
            return None
        return str(await self._daemon.call("getblockhash", height))

    async def is_in_sync(self) -> bool:
        """Whether the daemon has about as many blocks as it knows of."""
        info = await self._daemon.call("getblockchaininfo")
        return (
            not info.get("initialblockdownload", False) and info["headers"] - info["blocks"] <= HEADERS_AHEAD
        )
