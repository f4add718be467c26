"""Every family's blocks, made from its templates, join its chain; its wallet sees and spends the rewards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simcoind.journal import JournalError
from simcoind.node import Node
from simcoind.replay import restore
from tests.simcoind_chain import NOW
from tests.simcoind_families import FAMILIES, Bench

POW_HASH = FAMILIES["plain"].pow_hash


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_block_made_from_the_template_is_accepted(family: str) -> None:
    bench = Bench(FAMILIES[family])
    work = await bench.work(await bench.earn())
    assert len(work.transactions) >= 2

    block = work.block(POW_HASH)
    proposed = await bench.call("getblocktemplate", {"mode": "proposal", "data": block.hex()})

    assert proposed is None
    assert await bench.submit(block) is None
    assert await bench.call("getblockcount") == 5
    assert await bench.submit(block) == "duplicate"
    assert await bench.call("getblock", await bench.call("getbestblockhash"), False) == block.hex()


@pytest.mark.parametrize("family", FAMILIES)
async def test_the_reward_of_every_family_matures_and_can_be_spent(family: str) -> None:
    bench = Bench(FAMILIES[family])
    address = await bench.earn(payments=0)
    work = await bench.work(address)
    assert await bench.submit(work.block(POW_HASH)) is None
    block = await bench.call("getblock", await bench.call("getbestblockhash"))

    fresh = await bench.call("gettransaction", block["tx"][0])
    await bench.call("generatetoaddress", bench.parameters.maturity, address)
    ripe = await bench.call("gettransaction", block["tx"][0])
    everything = await bench.call("getbalance"), "", "", True
    payment = await bench.call("sendtoaddress", await bench.call("getnewaddress"), *everything)
    await bench.call("generatetoaddress", 1, address)

    (row,) = fresh["details"]
    assert (row["category"], row["address"], fresh["confirmations"]) == ("immature", address, 1)
    assert [row["category"] for row in ripe["details"]] == ["generate"]
    paid = await bench.call("gettransaction", payment)
    assert paid["confirmations"] == 1
    spent = (await bench.call("decoderawtransaction", paid["hex"]))["vin"]
    assert block["tx"][0] in [row["txid"] for row in spent]


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_chain_of_every_family_survives_a_restart(family: str, tmp_path: Path) -> None:
    parameters = FAMILIES[family]
    node = Node(parameters, lambda: NOW)
    journal = restore(node, tmp_path)
    node.create_wallet("")
    address = await Bench(parameters, node).earn()
    journal.close()

    again = Node(parameters, lambda: NOW)
    restore(again, tmp_path).close()

    assert again.chain.tip.hash_le == node.chain.tip.hash_le
    assert list(again.mempool.entries) == list(node.mempool.entries)
    assert len(again.mempool.entries) == 2
    assert again.owned(await Bench(parameters, again).script(address)) is not None


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_reorganisation_gives_the_transactions_back(family: str) -> None:
    bench = Bench(FAMILIES[family])
    address = await bench.earn()
    waiting = await bench.call("getrawmempool")
    await bench.call("generatetoaddress", 1, address)
    assert await bench.call("getrawmempool") == []

    await bench.call("sim_reorg", 1)

    assert await bench.call("getrawmempool") == waiting
    assert await bench.submit((await bench.work(address)).block(POW_HASH)) is None


def test_another_family_does_not_continue_a_chain(tmp_path: Path) -> None:
    restore(Node(FAMILIES["plain"], lambda: NOW), tmp_path).close()

    with pytest.raises(JournalError, match="another chain"):
        restore(Node(FAMILIES["stake"], lambda: NOW), tmp_path)


async def test_what_the_last_template_demanded_does_not_pay_the_next_masternode() -> None:
    bench = Bench(FAMILIES["dash"])
    address = await bench.earn()
    old = await bench.work(address)
    await bench.call("generatetoaddress", 1, address)
    new = await bench.work(address)

    stale = replace(new, outputs=(new.outputs[0], *old.outputs[1:]))

    assert await bench.submit(stale.block(POW_HASH)) == "bad-cb-payee"


async def test_superblocks_come_at_their_interval() -> None:
    bench = Bench(replace(FAMILIES["dash"], superblock_interval=3))
    address = await bench.call("getnewaddress")
    rows = []
    for _ in range(6):
        rows.append(len((await bench.template())["superblock"]))
        await bench.call("generatetoaddress", 1, address)

    assert rows == [0, 0, 2, 0, 0, 2]


async def test_a_proposal_beside_the_tip_is_inconclusive() -> None:
    bench = Bench(FAMILIES["plain"])
    address = await bench.earn()
    old = (await bench.work(address)).block(POW_HASH)
    await bench.call("generatetoaddress", 1, address)

    answer = await bench.call("getblocktemplate", {"mode": "proposal", "data": old.hex()})

    assert answer == "inconclusive-not-best-prevblk"
