"""A regtest chain with a pool's wallet, blocks that the pool found, and miners with a wallet of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nompcore.amounts import sats_from_coins
from nompcore.messages import BlockSubmitted, Share
from tests.servers import Litecoind
from tests.servers.payouts_process import POOL

POOL_WALLET, MINER_WALLET = "pool", "miners"
MATURITY = 101
FOUND_MS = 1_763_900_000_000


@dataclass(frozen=True, slots=True)
class FoundBlock:
    """A block of the chain whose coinbase pays the pool."""

    block_hash: str
    coinbase_txid: str
    height: int
    reward_sats: int

    def candidate(self, worker: str, difficulty: float = 1.0, **changes: Any) -> Share:
        """The share that found it."""
        found = {
            "block_hash_display": self.block_hash,
            "height": self.height,
            "reward_sats": self.reward_sats,
        }
        return miner_share(worker, difficulty, **{**found, **changes})

    def outcome(self, worker: str, status: str = "accepted") -> BlockSubmitted:
        """What jobmaker says about it."""
        return BlockSubmitted(
            pool=POOL,
            height=self.height,
            block_hash_display=self.block_hash,
            coinbase_txid_display=self.coinbase_txid,
            worker=worker,
            address=worker.partition(".")[0],
            difficulty=1.0,
            reward_sats=self.reward_sats,
            time_ms=FOUND_MS,
            status=status,
        )


def miner_share(worker: str, difficulty: float = 1.0, **changes: Any) -> Share:
    """A share of `address` or `address.rig`."""
    facts: dict[str, Any] = {
        "worker": worker,
        "address": worker.partition(".")[0],
        "difficulty": difficulty,
        "share_difficulty": difficulty,
        "job_id": "1",
        "height": 1,
        "time_ms": FOUND_MS,
        "ip": "192.0.2.1",
        "port": 3032,
    }
    return Share(**{**facts, **changes})


class Chain:
    """One node with two wallets; blocks are mined by command."""

    def __init__(self, directory: Path, options: tuple[str, ...] = ()) -> None:
        self.node = Litecoind(directory, options=options)
        self.pool_address = ""
        self._other_address = ""

    async def start(self) -> None:
        """A chain of one block."""
        await self.node.start()
        self.pool_address = await self.node.create_wallet(POOL_WALLET)
        self._other_address = await self.node.create_wallet(MINER_WALLET)
        await self.mine(1)

    async def mine(self, blocks: int) -> list[str]:
        """Mine blocks that do not pay the pool."""
        return await self.node.generate(blocks, self._other_address)

    async def find(self, blocks: int) -> list[FoundBlock]:
        """Mine blocks that pay the pool; they are not mature."""
        hashes = await self.node.generate(blocks, self.pool_address)
        return [await self._found(block_hash) for block_hash in hashes]

    async def find_mature(self, blocks: int) -> list[FoundBlock]:
        """Blocks of the pool that can be spent."""
        found = await self.find(blocks)
        await self.mine(MATURITY)
        return found

    async def miner_addresses(self, count: int) -> list[str]:
        """New addresses of the miners' wallet."""
        async with self.node.daemon(MINER_WALLET) as wallet:
            return await wallet.batch([("getnewaddress", ())] * count, timeout_seconds=60)

    async def payments_to(self, address: str) -> list[tuple[str, int]]:
        """(transaction id, sats) of everything the pool's wallet ever sent to an address."""
        entries = await self._pool_wallet("listtransactions", "*", 10_000, 0)
        return [
            (entry["txid"], -sats_from_coins(entry["amount"]))
            for entry in entries
            if entry["category"] == "send" and entry["address"] == address
        ]

    async def spend_same_coins(self, txid_hex: str) -> str:
        """Spend the inputs of a transaction that was never sent, to the miners; the id of what spent them."""
        decoded = await self._pool_wallet("decoderawtransaction", txid_hex)
        coins = [{"txid": spent["txid"], "vout": spent["vout"]} for spent in decoded["vin"]]
        amounts = {self._other_address: "0.1"}
        raw = await self._pool_wallet("createrawtransaction", coins, amounts)
        await self._pool_wallet("lockunspent", True)
        funded = await self._pool_wallet("fundrawtransaction", raw)
        signed = await self._pool_wallet("signrawtransactionwithwallet", funded["hex"])
        return str(await self._pool_wallet("sendrawtransaction", signed["hex"]))

    async def locked_coins(self) -> list[Any]:
        """Coins of the pool's wallet that are locked."""
        return list(await self._pool_wallet("listlockunspent"))

    async def replace_tip(self, first_hash: str, blocks: int) -> None:
        """Replace a block and all above it by as many others as told."""
        async with self.node.daemon() as daemon:
            await daemon.call("invalidateblock", first_hash)
        (address,) = await self.miner_addresses(1)  # to the same one, the same block would be made again
        await self.node.generate(blocks, address)

    async def _found(self, block_hash: str) -> FoundBlock:
        async with self.node.daemon() as daemon:
            block = await daemon.call("getblock", block_hash, 2)
        reward = sats_from_coins(block["tx"][0]["vout"][0]["value"])
        return FoundBlock(block_hash, block["tx"][0]["txid"], block["height"], reward)

    async def _pool_wallet(self, method: str, *params: object) -> Any:
        async with self.node.daemon(POOL_WALLET) as wallet:
            return await wallet.call(method, *params)


@contextmanager
def running_chain(directory: Path, options: tuple[str, ...] = ()) -> Iterator[Chain]:
    """A chain for all tests of a file: it outlives the event loops of its tests."""
    chain = Chain(directory, options)
    try:
        asyncio.run(chain.start())
        yield chain
    finally:
        asyncio.run(chain.node.stop())
