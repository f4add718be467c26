"""payouts as a process between NATS, Valkey and a wallet; the test plays stratum, jobmaker and api."""

from __future__ import annotations

import time

from nompcore.messages import BlockOrphaned, RejectCount, ShareBatch
from nompcore.requests import HistoryRequest, MinerHistoryRequest, MinerRequest, PageRequest
from nompcore.subjects import (
    BLOCK_LIST,
    BLOCK_ORPHANED,
    HISTORY,
    MINER,
    MINER_HISTORY,
    PAYMENT_LIST,
    SHARE_BATCH,
)
from services.payouts.rounds.maturity import LATE_SHARES_MS
from services.payouts.rounds.rewards import split
from tests.servers.payouts_process import POOL
from tests.service.payouts_chain import FOUND_MS, MATURITY, miner_share
from tests.service.payouts_world import PayoutsWorld

FEE_PPM = 10_000


# ---- what people see ----


async def test_an_immature_block_is_shown_to_everybody_who_asks(world: PayoutsWorld) -> None:
    (block,) = await world.chain.find(1)
    first, second = await world.chain.miner_addresses(2)
    now_ms = int(time.time() * 1000)
    found = block.candidate(f"{first}.a", 3, time_ms=now_ms, share_difficulty=7.5)
    rejects = [RejectCount(worker=f"{first}.a", reason="stale", count=2)]
    batch = ShareBatch(
        pool=POOL,
        batch_id="b1",
        replica="test",
        shares=[found, miner_share(f"{second}.b", 2, time_ms=now_ms)],
        rejects=rejects,
    )
    await world.bus.publish(SHARE_BATCH, batch, pool=POOL, msg_id="b1")
    await world.publish_outcome(block.outcome(f"{first}.a"))
    world.process.start()

    shown = await world.snapshot_with(blocks_pending=1, round_difficulty=2.0)
    assert (shown.valid_shares, shown.invalid_shares, shown.valid_blocks) == (2, 2, 1)
    assert (shown.worker_count, shown.miner_count, shown.payments_state) == (2, 2, "running")
    assert shown.hashrate > 0

    await world.wait_until(lambda: world.confirmations() == [1], "the block was seen in the chain")
    miner = await world.api.request(MINER, MinerRequest(address=first), pool=POOL)
    assert miner.known
    assert miner.balance_sats == 0
    assert miner.immature_sats == block.reward_sats - block.reward_sats // 100
    (worker,) = miner.workers
    assert (worker.worker, worker.valid, worker.invalid) == (f"{first}.a", 1, {"stale": 2})
    assert (worker.best_share_difficulty, worker.ip) == (7.5, "192.0.2.1")
    stranger = await world.api.request(MINER, MinerRequest(address="stranger"), pool=POOL)
    assert not stranger.known

    page = await world.api.request(BLOCK_LIST, PageRequest(), pool=POOL)
    (row,) = page.blocks
    assert (row.block_hash_display, row.status, row.worker) == (block.block_hash, "pending", f"{first}.a")

    past = await world.api.request(MINER_HISTORY, MinerHistoryRequest(address=first), pool=POOL)
    assert past.step_seconds == 600
    assert len(past.hashrates) <= 1  # its first step is not over, or has just been taken
    history = await world.api.request(HISTORY, HistoryRequest(), pool=POOL)
    assert history.points[-1].blocks_pending == 1
    nothing_yet = await world.api.request(PAYMENT_LIST, PageRequest(), pool=POOL)
    assert nothing_yet.total == 0


async def test_a_paid_miner_sees_its_payment(world: PayoutsWorld) -> None:
    (block,) = await world.chain.find_mature(1)
    (miner,) = await world.chain.miner_addresses(1)
    await world.publish_shares(block.candidate(miner))
    await world.publish_outcome(block.outcome(miner))
    world.process.start()
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
    amount_sats = block.reward_sats - block.reward_sats // 100
    reply = await world.api.request(MINER, MinerRequest(address=miner), pool=POOL)
    assert (reply.balance_sats, reply.immature_sats, reply.paid_sats) == (0, 0, amount_sats)
    (payment,) = (await world.api.request(PAYMENT_LIST, PageRequest(), pool=POOL)).payments
    assert payment.outputs == {miner: amount_sats}
    assert await world.chain.payments_to(miner) == [(payment.txid_display, amount_sats)]
    await world.snapshot_with(total_paid_sats=amount_sats, blocks_confirmed=1)


# ---- rounds that end in nothing ----


async def test_shares_of_a_rejected_block_are_paid_with_the_next(world: PayoutsWorld) -> None:
    dead, living = await world.chain.find_mature(2)
    first, second = await world.chain.miner_addresses(2)
    await world.publish_shares(dead.candidate(first, 3), miner_share(second, 1))
    await world.publish_outcome(dead.outcome(first, "rejected"))
    world.process.start()
    await world.snapshot_with(invalid_blocks=1, round_difficulty=4.0)
    await world.publish_shares(living.candidate(second, 2))
    await world.publish_outcome(living.outcome(second))
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
    credited = split(living.reward_sats, FEE_PPM, {first: 3, second: 3}).credits
    for address in (first, second):
        ((_, sats),) = await world.chain.payments_to(address)
        assert sats == credited[address]


async def test_shares_of_an_orphaned_block_are_paid_with_the_next(world: PayoutsWorld) -> None:
    (lost,) = await world.chain.find(1)
    first, second = await world.chain.miner_addresses(2)
    await world.publish_shares(lost.candidate(first, 3))
    await world.publish_outcome(lost.outcome(first))
    world.process.start()
    await world.wait_until(lambda: world.block_statuses() == ["pending"], "a pending block")

    await world.chain.replace_tip(lost.block_hash, 3)
    (living,) = await world.chain.find(1)
    await world.publish_shares(living.candidate(second, 1))
    await world.publish_outcome(living.outcome(second))
    await world.wait_until(lambda: world.confirmations() == [0, 1], "a look at a competitor 4 blocks deep")
    assert world.block_statuses() == ["pending", "pending"]
    await world.chain.mine(2)
    await world.wait_until(lambda: world.block_statuses() == ["orphaned", "pending"], "an orphaned block")
    (event,) = await world.published(BLOCK_ORPHANED, 1)
    assert isinstance(event, BlockOrphaned)
    assert event.block_hash_display == lost.block_hash
    await world.snapshot_with(blocks_orphaned=1, round_difficulty=3.0)

    (next_one,) = await world.chain.find(1)
    await world.publish_shares(next_one.candidate(second, 1))
    await world.publish_outcome(next_one.outcome(second))
    await world.chain.mine(MATURITY)
    await world.mine_until(lambda: world.block_statuses().count("confirmed") == 2, "two confirmed blocks")
    await world.mine_until(lambda: world.states_of_payments_to(first) == ["confirmed"], "a confirmed payment")
    credited = split(next_one.reward_sats, FEE_PPM, {first: 3, second: 1}).credits
    assert [sats for _, sats in await world.chain.payments_to(first)] == [credited[first]]


# ---- what others failed to say ----


async def test_a_block_whose_outcome_nobody_reported_is_settled_by_the_chain(world: PayoutsWorld) -> None:
    (block,) = await world.chain.find_mature(1)
    (miner,) = await world.chain.miner_addresses(1)
    await world.publish_shares(block.candidate(miner))
    world.process.start()
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
    assert world.block_statuses() == ["confirmed"]


async def test_the_reward_of_a_block_that_is_in_no_log_waits_in_suspense(world: PayoutsWorld) -> None:
    (block,) = await world.chain.find_mature(1)
    (miner,) = await world.chain.miner_addresses(1)
    await world.publish_shares(miner_share(miner, time_ms=FOUND_MS))
    await world.publish_outcome(block.outcome(miner))
    world.process.start()
    await world.snapshot_with(valid_shares=1, blocks_pending=1)
    assert world.process.balances() == {}
    await world.publish_shares(miner_share(miner, time_ms=FOUND_MS + LATE_SHARES_MS))
    await world.wait_until(lambda: world.block_statuses() == ["confirmed"], "a confirmed block")
    assert world.process.balances() == {"wallet": block.reward_sats, "suspense": -block.reward_sats}
