"""Reorganisations by command: a block and all above it give way to others, at both nodes of a rig."""

from __future__ import annotations

from tests.chaos.block_accounts import tip_of
from tests.servers import Litecoind, wait_until
from tests.service.jobmaker_rig import Rig


async def replace_from(rig: Rig, node: Litecoind, block_hash: str, blocks: int) -> list[str]:
    """Replace a block of the best chain, and all above it, by so many others; returns their hashes.

    `node` does it and the other one follows, so there must be more blocks than are replaced, or a branch that
    is as good already. What was replaced is valid again afterwards: it may win another time.
    """
    async with node.daemon() as daemon:
        await daemon.call("invalidateblock", block_hash)
        hashes = await node.generate(blocks, rig.address)
        await wait_until(lambda: _both_at(rig, hashes[-1]), what="the other node has followed")
        await daemon.call("reconsiderblock", block_hash)
    assert await _both_at(rig, hashes[-1])
    return hashes


async def _both_at(rig: Rig, tip: str) -> bool:
    return [await tip_of(node) for node in (rig.node, rig.peer)] == [tip, tip]
