"""Three levels: a miner at our pool, which is a miner at our other pool, which mines on litecoind."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cpuminer.scripted import ScriptedMiner, scripted_miner
from cpuminer.work import algorithm
from nompcore.encoding import stratum_prevhash_hex
from nompcore.errors import DaemonRefused
from nompcore.requests import PaymentsControl
from nompcore.subjects import PAYMENTS_CONTROL
from services.payouts.payments.payer import CONFIRMATIONS
from tests.servers import Litecoind, wait_until
from tests.servers.pool_level import POOL, PoolLevel

MINERS = 2
BLOCKS_EACH = 3
MATURITY = 101

BLOCK_TARGET = 0x7FFFFF << 8 * (0x20 - 3)
"""Of regtest: each second hash is a block."""
AS_A_BLOCK, HALF_A_BLOCK = 2.0**-15, 2.0**-16
"""Scrypt difficulties: what a block's is there, and one that every hash meets."""


@contextlib.asynccontextmanager
async def two_nodes(directory: Path) -> AsyncIterator[Litecoind]:
    """A node that gives templates."""
    peer = Litecoind(directory / "peer")
    node = Litecoind(directory / "node", peer=peer)
    async with contextlib.AsyncExitStack() as stack:
        for each in (peer, node):
            stack.push_async_callback(each.stop)
            await each.start()
        yield node


@contextlib.asynccontextmanager
async def miner_at(pool: PoolLevel, user: str) -> AsyncIterator[ScriptedMiner]:
    async with scripted_miner("127.0.0.1", pool.port, algorithm("scrypt")) as miner:
        await miner.subscribe()
        assert (await miner.authorize(user)).accepted
        yield miner


async def best_block(node: Litecoind) -> str:
    async with node.daemon() as daemon:
        return str(await daemon.call("getbestblockhash"))


async def ask(node: Litecoind, wallet: str, method: str, *params: Any) -> Any:
    async with node.daemon(wallet) as daemon:
        return await daemon.call(method, *params)


async def find_blocks(pool: PoolLevel, node: Litecoind, user: str) -> None:
    """Shares of one miner, pairs of one that is just a share and one that is a block on top of the last."""
    async with miner_at(pool, user) as miner:
        assert miner.session is not None
        assert (len(miner.session.extranonce1), miner.session.extranonce2_size) == (2, 2)
        for _ in range(BLOCKS_EACH):
            tip = await best_block(node)
            job = await miner.next_job()
            while job.prevhash_hex != stratum_prevhash_hex(tip):
                job = await miner.next_job()
            assert (await miner.submit(await miner.grind(job, above=BLOCK_TARGET))).accepted
            assert (await miner.submit(await miner.grind(job, at_most=BLOCK_TARGET))).accepted
            await wait_until(lambda old=tip: has_another_tip(node, old), what="the chain grows")


async def has_another_tip(node: Litecoind, tip: str) -> bool:
    return await best_block(node) != tip


async def the_levels_agree(top: PoolLevel, bottom: PoolLevel, miners: list[str]) -> None:
    count = MINERS * BLOCKS_EACH
    await wait_until(lambda: has_shares(top, count), what="the top pool's share log")
    await wait_until(lambda: has_accepted(bottom, count), what="the upstream pool's answers")
    snapshot = await bottom.upstream()
    assert snapshot is not None
    above, below = await top.shares(), await bottom.shares()

    assert {share.address for share in above} == {bottom.address}
    assert [share.address for share in below] == [
        address for address in miners for _ in range(2 * BLOCKS_EACH)
    ]
    assert len(above) == count
    assert all(share.block_hash_display for share in above)
    assert not any(share.block_hash_display for share in below)
    assert snapshot.accepted_difficulty == pytest.approx(sum(share.difficulty for share in above))
    assert (snapshot.rejected, snapshot.stale, snapshot.unanswered) == (0, 0, 0)
    assert snapshot.blocks == count
    assert snapshot.source == f"127.0.0.1:{top.port}"


async def has_shares(pool: PoolLevel, count: int) -> bool:
    return len(await pool.shares()) >= count


async def has_accepted(pool: PoolLevel, count: int) -> bool:
    snapshot = await pool.upstream()
    return snapshot is not None and snapshot.accepted >= count


@dataclass(frozen=True, slots=True)
class Paid:
    """What the top pool paid to the bottom one."""

    txid: str
    sats: int


async def paid_by_the_top(top: PoolLevel, node: Litecoind, address: str) -> Paid:
    """Once its blocks are mature, and the payment is in the chain."""
    await node.generate(MATURITY, top.address)
    rows = "SELECT p.txid, o.amount_sats FROM payments p JOIN payment_outputs o ON o.payment_id = p.id"
    paid = f"{rows} WHERE o.address = '{address}' AND p.txid <> ''"
    await wait_until(lambda: bool(top.payouts.query(paid)), what="the top pool's payment")
    ((txid, sats),) = top.payouts.query(paid)
    await wait_until(lambda: is_known(node, txid), what="the payment in the wallet")
    await node.generate(CONFIRMATIONS, top.address)
    return Paid(txid, sats)


async def is_known(node: Litecoind, txid: str) -> bool:
    try:
        await ask(node, "bottom", "gettransaction", txid)
    except DaemonRefused:
        return False
    return True


async def enter_reward(bottom: PoolLevel, paid: Paid) -> None:
    order = PaymentsControl(
        action="upstream-reward", txid_display=paid.txid, amount_sats=paid.sats, author="ann", reason="paid"
    )
    reply = await bottom.bus.request(PAYMENTS_CONTROL, order, pool=POOL, timeout_seconds=20)
    assert reply.done.startswith("booked;")


async def the_reward_is_the_miners(bottom: PoolLevel, miners: list[str], sats: int) -> None:
    """Both had as many shares, and there is a sat more where the rest is odd."""
    parts = (
        "SELECT e.account, -e.amount_sats FROM entries e JOIN transfers t ON e.transfer_id = t.id "
        "WHERE t.kind = 'late-round' AND e.amount_sats < 0"
    )
    await wait_until(lambda: bool(bottom.payouts.query(parts)), what="the miners' credits")
    credited = dict(bottom.payouts.query(parts))

    assert sum(credited.values()) == sats
    assert credited.pop("fee") == sats // 100
    assert set(credited) == {f"miner:{address}" for address in miners}
    assert max(credited.values()) - min(credited.values()) <= 1


@pytest.mark.timeout(180)
async def test_a_block_found_at_the_bottom_is_in_every_levels_books(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        node = await stack.enter_async_context(two_nodes(tmp_path))
        top_address, bottom_address = await node.create_wallet("top"), await node.create_wallet("bottom")
        miners = [await ask(node, "bottom", "getnewaddress") for _ in range(MINERS)]
        await node.generate(1, top_address)
        top = PoolLevel(tmp_path / "top", node.config("top"), top_address, AS_A_BLOCK)
        await stack.enter_async_context(top.running())
        upstream = {"pools": [{"host": "127.0.0.1", "port": top.port, "user": f"{bottom_address}.us"}]}
        bottom = PoolLevel(
            tmp_path / "bottom", node.config("bottom"), bottom_address, HALF_A_BLOCK, upstream=upstream
        )
        await stack.enter_async_context(bottom.running())

        for address in miners:
            await find_blocks(bottom, node, address)

        await the_levels_agree(top, bottom, miners)
        paid = await paid_by_the_top(top, node, bottom_address)
        await enter_reward(bottom, paid)
        await the_reward_is_the_miners(bottom, miners, paid.sats)
