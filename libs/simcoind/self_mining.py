"""Blocks that the node mines itself: generatetoaddress, and reorganisations on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from simcoind.block import Block
from simcoind.block_assembly import NONCES, build_block, search_nonce, select
from simcoind.block_tree import BlockEntry
from simcoind.mempool import MempoolEntry
from simcoind.node import Node

SEARCH_NONCES = 256
"""Nonces hashed in one go, in a thread: a fraction of a second, after which a stop is noticed."""


class SelfMiner:
    """Mines for the node, one request at a time."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._turn = asyncio.Lock()

    async def extend(self, script: bytes, blocks: int, max_tries: int) -> list[str]:
        """Mine what waits onto the tip; display hashes, fewer when a block takes too many tries."""
        found: list[str] = []
        async with self._turn:
            for _ in range(blocks):
                entries = select(self._node.mempool.entries.values())
                entry = await self._mine_on(self._node.chain.tip, entries, script, max_tries)
                if entry is None:
                    break
                found.append(entry.hash_display)
        return found

    async def reorganise(self, depth: int, script: bytes) -> list[str]:
        """Mine `depth` + 1 empty blocks beside the last `depth` blocks, which leave the best chain."""
        found: list[str] = []
        async with self._turn:
            chain = self._node.chain
            parent = chain.at(chain.tip.height - depth)
            while parent is not None and len(found) <= depth:
                parent = await self._mine_on(parent, [], script, NONCES)
                if parent is not None:
                    found.append(parent.hash_display)
        return found

    async def _mine_on(
        self, parent: BlockEntry, entries: Sequence[MempoolEntry], script: bytes, max_tries: int
    ) -> BlockEntry | None:
        """A new child of `parent`; None when it took too many tries or the difficulty changed meanwhile."""
        block = await self._solve(parent, entries, script, max_tries)
        if block is None:
            return None
        self._node.submit(block)
        return self._node.chain.tree.get(self._node.parameters.block_hash_le(block.header.serialize()))

    async def _solve(
        self, parent: BlockEntry, entries: Sequence[MempoolEntry], script: bytes, max_tries: int
    ) -> Block | None:
        node = self._node
        position = node.chain.position_after(parent, node.clock())
        # The number of known blocks is another one for each block that this node builds.
        extranonce, pays = len(node.chain.tree), node.reward_script(script)
        block = build_block(node.parameters, position, parent.hash_le, entries, pays, extranonce)
        tries = min(max_tries, NONCES)
        for start in range(0, tries, SEARCH_NONCES):
            nonces = range(start, min(start + SEARCH_NONCES, tries))
            solved = await asyncio.to_thread(search_nonce, block, node.parameters, nonces)
            if solved:
                return solved
        return None
