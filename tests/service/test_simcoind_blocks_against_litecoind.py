"""Blocks, whole and spoilt, are judged by the simulated daemon as by the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simcoind.block import Block
from tests.block_mutations import (
    MUTATIONS,
    block_of,
    paying,
    solved,
    with_broken_signature,
    with_coinbase_input,
    with_transactions,
)
from tests.servers import Litecoind
from tests.service.two_daemons import (
    FOREIGN_ADDRESS,
    RULES,
    SCRYPT,
    Node,
    essence,
    real_node,
    simulated_node,
)
from tests.simcoind_chain import FOREIGN


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[Node]:
    async with simulated_node(tmp_path / "simcoind") as node:
        yield node


@pytest.fixture
async def real(litecoind: Litecoind) -> AsyncIterator[Node]:
    async with real_node(litecoind) as node:
        yield node


async def good_block(node: Node, extranonce: int = 0) -> Block:
    return block_of(await node.daemon.call("getblocktemplate", RULES), FOREIGN, extranonce)


async def submit(node: Node, block: Block, *, meets_target: bool = True) -> Any:
    ready_block = solved(block, SCRYPT, meets_target=meets_target)
    return await node.ask("submitblock", ready_block.serialize().hex())


async def with_payments(node: Node) -> Node:
    """The node with two payments in its mempool, each from a coin of its own."""
    for _ in range(2):
        await node.daemon.call("sendtoaddress", FOREIGN_ADDRESS, 40)
    return node


async def spoilt(node: Node) -> dict[str, Any]:
    """What a node says to each spoilt block. Each is made of another good one: headers are remembered."""
    return {
        name: await submit(
            node, mutation.change(await good_block(node, extranonce)), meets_target=mutation.meets_target
        )
        for extranonce, (name, mutation) in enumerate(MUTATIONS.items(), 100)
    }


async def proposed(node: Node) -> dict[str, Any]:
    """What a node says to proposals. The next template may be another one: take the blocks first."""

    async def propose(block: Block) -> Any:
        return await node.ask("getblocktemplate", {"mode": "proposal", "data": block.serialize().hex()})

    verdicts = {
        "good": await propose(await good_block(node, 200)),
        "pays too much": await propose(paying(await good_block(node, 201), 1)),
        "no witness": await propose(with_coinbase_input(await good_block(node, 202), witness=())),
    }
    old = await good_block(node, 203)
    verdicts["submitted"] = await submit(node, await good_block(node, 204))
    return verdicts | {"on the old tip": await propose(old)}


async def submitted(node: Node) -> dict[str, Any]:
    """What a node says to good blocks and to what is hardly a block."""
    good, sibling = await good_block(node, 300), await good_block(node, 301)
    broken = await submit(node, with_broken_signature(await good_block(node, 302)))
    bare = with_coinbase_input(good, witness=())
    return {
        "broken signature": isinstance(broken, str),
        "without the witness nonce": await submit(node, bare),
        "again": await submit(node, bare),
        "sibling": await submit(node, sibling),
        "coinbase last": essence(await submit(node, with_transactions(good, *good.transactions[::-1]))),
        "header only": essence(await node.ask("submitblock", good.header.serialize().hex() + "00")),
        "cut short": essence(await node.ask("submitblock", good.serialize().hex()[:-2])),
    }


async def test_spoilt_blocks_are_refused_with_the_same_reason(simulated: Node, real: Node) -> None:
    ours, theirs = await spoilt(await with_payments(simulated)), await spoilt(await with_payments(real))

    assert ours == theirs
    assert ours == {name: mutation.answer for name, mutation in MUTATIONS.items()}


async def test_proposals_are_judged_the_same(simulated: Node, real: Node) -> None:
    ours, theirs = await proposed(await with_payments(simulated)), await proposed(await with_payments(real))

    assert ours == theirs
    assert ours["good"] is None


async def test_submissions_are_answered_the_same(simulated: Node, real: Node) -> None:
    ours, theirs = await submitted(await with_payments(simulated)), await submitted(await with_payments(real))

    assert ours == theirs
    assert ours["without the witness nonce"] is None
