"""litecoind as the judge of the blocks that jobmaker proposes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nompcore.address import encode_segwit, script_for
from nompcore.coinbase import Recipient
from nompcore.errors import DaemonRefused
from nompcore.job import block_body, build_job
from nompcore.template import Template, parse_template
from services.jobmaker.proposal import proposed_block
from tests.servers import Litecoind
from tests.servers.litecoind import WALLET
from tests.servers.regtest_chain import activate_mweb, pay_with_witness, peg_in
from tests.unit.chain_samples import coin

LITECOIN = coin("litecoin.json")
EMPTY_MWEB_BYTES = 200  # at most; a peg-in takes thousands
SCRIPT = script_for(encode_segwit("rltc", 0, bytes(20)), LITECOIN.networks["regtest"])


@pytest.fixture
async def mweb_node(tmp_path: Path) -> AsyncIterator[Litecoind]:
    """With a wallet and a peer, past the activation of MWEB."""
    peer = Litecoind(tmp_path / "peer", mweb=True)
    node = Litecoind(tmp_path / "node", peer=peer, mweb=True)
    try:
        await peer.start()
        await node.start()
        await activate_mweb(node)
        yield node
    finally:
        await node.stop()
        await peer.stop()


async def template_of(node: Litecoind) -> Template:
    """What the node wants mined."""
    async with node.daemon() as daemon:
        return parse_template(await daemon.call("getblocktemplate", {"rules": list(LITECOIN.gbt_rules)}))


async def word_about(node: Litecoind, template: Template) -> Any:
    """The node's answer to the block that the template's job would become."""
    job = build_job(
        template,
        pool="ltc",
        coin=LITECOIN,
        job_id="1",
        template_id="t",
        pool_script=SCRIPT,
        pool_tag="/nomp/",
        recipients=[Recipient(b"\x51", 10_000)],
        clean_jobs=True,
        created_ms=0,
    )
    block = proposed_block(job, block_body(template), LITECOIN)
    async with node.daemon() as daemon:
        return await daemon.call("getblocktemplate", {"mode": "proposal", "data": block.hex()})


def greedy(template: Template) -> Template:
    """One that pays more than there is."""
    return replace(template, coinbasevalue=template.coinbasevalue + 1)


async def test_a_block_without_transactions_is_taken(litecoind: Litecoind) -> None:
    template = await template_of(litecoind)

    assert template.transactions == ()
    assert await word_about(litecoind, template) is None
    assert await word_about(litecoind, greedy(template)) == "bad-cb-amount"


async def test_a_block_with_transactions_is_taken(litecoind: Litecoind) -> None:
    async with litecoind.daemon(WALLET) as wallet:
        address = await wallet.call("getnewaddress")
    await litecoind.generate(101, address)
    for _ in range(3):
        await pay_with_witness(litecoind)
    template = await template_of(litecoind)

    assert len(template.transactions) == 3
    assert await word_about(litecoind, template) is None
    assert await word_about(litecoind, greedy(template)) == "bad-cb-amount"


async def test_a_block_with_an_extension_block_is_taken(mweb_node: Litecoind) -> None:
    await pay_with_witness(mweb_node)
    await peg_in(mweb_node)
    full = await template_of(mweb_node)

    assert full.mweb is not None
    assert len(full.mweb) > EMPTY_MWEB_BYTES
    assert len(full.transactions) >= 2  # the last is the HogEx
    assert await word_about(mweb_node, full) is None
    assert await word_about(mweb_node, greedy(full)) == "bad-cb-amount"


async def test_a_block_with_an_empty_extension_block_is_taken(mweb_node: Litecoind) -> None:
    template = await template_of(mweb_node)

    assert template.mweb is not None
    assert len(template.mweb) <= EMPTY_MWEB_BYTES
    assert len(template.transactions) == 1  # the HogEx
    assert await word_about(mweb_node, template) is None
    assert await word_about(mweb_node, greedy(template)) == "bad-cb-amount"
    with pytest.raises(DaemonRefused, match="Block decode failed"):
        await word_about(mweb_node, replace(template, mweb=None))


async def test_a_block_on_an_older_tip_is_not_judged(litecoind: Litecoind) -> None:
    template = await template_of(litecoind)
    async with litecoind.daemon(WALLET) as wallet:
        await litecoind.generate(1, await wallet.call("getnewaddress"))

    assert await word_about(litecoind, template) == "inconclusive-not-best-prevblk"
