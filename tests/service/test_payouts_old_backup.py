"""A ledger that comes back from an old backup has forgotten payments: nobody gets one of them twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from nompcore.requests import PaymentsControl, PaymentsControlReply
from nompcore.subjects import PAYMENTS_CONTROL
from services.payouts.counting.redis_client import connect
from tests.servers import ValkeyServer
from tests.servers.payouts_process import POOL
from tests.service.payouts_chain import FoundBlock
from tests.service.payouts_world import PayoutsWorld

SAID = {"author": "ann", "reason": "the ledger came back from an old backup"}


async def test_what_a_backup_has_forgotten_is_not_paid_again(
    world: PayoutsWorld, valkey_server: ValkeyServer, tmp_path: Path
) -> None:
    await world.chain.find(2)  # the operator's own coins: the wallet could pay twice
    first, second = await world.chain.find_mature(2)
    paid_before, paid_twice = await world.chain.miner_addresses(2)
    await pay(world, first, paid_before, 1)
    backup = tmp_path / "backup.db"
    copy(world.process.ledger_file, backup)  # knows one payment, and not the next
    await pay(world, second, paid_twice, 2)
    await world.process.stop()
    for file in world.process.ledger_file.parent.glob("ledger.db*"):
        file.unlink()
    copy(backup, world.process.ledger_file)
    async with connect(valkey_server.url) as redis:
        await redis.flushall()  # so that the rounds closed since the backup come back out of the log

    world.process.start()
    await world.wait_until(lambda: "of which the ledger knows nothing" in world.process.output, "a stop")
    await world.chain.mine(1)
    ((txid, sats),) = await world.chain.payments_to(paid_twice)
    plan = (await ask(world, "dry-run")).dry_run
    assert plan is not None
    assert plan.stopped == (
        f"the wallet paid {paid_twice} and 0 more of those who are due in {txid}, of which the ledger knows "
        "nothing: is it an old backup?"
    )  # fmt: skip

    # the operator books what was paid, and says so
    booked = {"from_account": f"miner:{paid_twice}", "to_account": "wallet", "amount_sats": sats}
    await ask(world, "correct", **SAID, **booked, reference=txid)
    await ask(world, "accept-finding", **SAID, txid_display=txid)
    (third,) = await world.chain.find_mature(1)
    await pay(world, third, paid_twice, 2)
    assert [sent[0] for sent in await world.chain.payments_to(paid_twice)].count(txid) == 1
    assert len(await world.chain.payments_to(paid_twice)) == 2
    assert len(await world.chain.payments_to(paid_before)) == 1


async def pay(world: PayoutsWorld, block: FoundBlock, address: str, payments: int) -> None:
    """A block of one miner, until it is paid for and the ledger knows so many payments."""
    await world.publish_shares(block.candidate(address))
    await world.publish_outcome(block.outcome(address))
    if not world.process.running:
        world.process.start()
    await world.mine_until(lambda: world.payment_states() == ["confirmed"] * payments, "a confirmed payment")


async def ask(world: PayoutsWorld, action: str, **fields: Any) -> PaymentsControlReply:
    return await world.api.request(PAYMENTS_CONTROL, PaymentsControl(action=action, **fields), pool=POOL)


def copy(source: Path, target: Path) -> None:
    """As an operator's backup does it, while the service may be running."""
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
