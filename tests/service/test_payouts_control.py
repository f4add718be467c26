"""Orders about payments over NATS, to a running payouts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from nompcore.alarms import PayeeQuarantined
from nompcore.errors import BusError
from nompcore.requests import PaymentsControl, PaymentsControlReply
from nompcore.subjects import PAYEE_QUARANTINED, PAYMENTS_CONTROL
from tests.servers import NatsServer, ValkeyServer
from tests.servers.payouts_process import POOL
from tests.service.payouts_chain import FOUND_MS, Chain, FoundBlock, miner_share, running_chain
from tests.service.payouts_world import PayoutsWorld, payouts_world


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with running_chain(tmp_path_factory.mktemp("litecoind"), ("-dustrelayfee=0.01",)) as chain:
        yield chain


@pytest.fixture(scope="module")
def found_blocks(chain: Chain) -> Iterator[FoundBlock]:
    """Mature blocks of the pool, one for each test."""
    return iter(asyncio.run(chain.find_mature(3)))


@pytest.fixture
async def world(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> AsyncIterator[PayoutsWorld]:
    async with payouts_world(tmp_path, nats_server, valkey_server, chain, minimumPayment=0.0001) as world:
        world.process.start()
        await world.snapshot_with(payments_state="running")
        yield world


async def ask(world: PayoutsWorld, action: str, **fields: Any) -> PaymentsControlReply:
    """An order, as an operator gives it."""
    request = PaymentsControl(action=action, **fields)
    return await world.api.request(PAYMENTS_CONTROL, request, pool=POOL, timeout_seconds=20)


async def test_a_pause_outlasts_restarts_and_a_dry_run_tells_what_the_resumed_pool_sends(
    world: PayoutsWorld, chain: Chain, found_blocks: Iterator[FoundBlock]
) -> None:
    block = next(found_blocks)
    (miner,) = await chain.miner_addresses(1)
    paused = await ask(world, "pause", reason="the wallet moves", author="ann")
    assert paused.pause is not None
    assert (paused.pause.reason, paused.pause.author) == ("the wallet moves", "ann")
    await world.publish_shares(block.candidate(miner))
    await world.publish_outcome(block.outcome(miner))
    await world.wait_until(lambda: world.block_statuses() == ["confirmed"], "a credited block")
    assert await world.process.stop() == 0
    world.process.start()
    await world.snapshot_with(payments_state="paused: the wallet moves (ann)")

    tried = await ask(world, "dry-run")
    assert tried.dry_run is not None
    assert tried.dry_run.outputs == {miner: block.reward_sats - block.reward_sats // 100}
    assert tried.dry_run.stopped == "paused: the wallet moves"
    assert world.payment_states() == []
    assert await chain.locked_coins() == []

    assert (await ask(world, "resume")).done == "resumed"
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
    assert world.process.query("SELECT total_sats, fee_sats FROM payments") == [
        (tried.dry_run.total_sats, tried.dry_run.fee_sats)
    ]
    assert (await ask(world, "resume")).done == "nothing, there was no pause"
    status = await ask(world, "status")
    assert (status.state, status.pause, status.open_payments) == ("running", None, [])


async def test_a_quarantined_payee_is_told_and_can_be_released(
    world: PayoutsWorld, chain: Chain, found_blocks: Iterator[FoundBlock]
) -> None:
    block = next(found_blocks)
    rich, poor = await chain.miner_addresses(2)
    # of 50 coins, a part that this wallet calls dust: between 10,000 and 98,000 sats
    await world.publish_shares(miner_share(poor, 1), miner_share(rich, 99_999))
    await world.publish_shares(block.candidate(rich))
    await world.publish_outcome(block.outcome(rich))
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")

    status = await ask(world, "status")
    assert [payee.address for payee in status.quarantined] == [poor]
    (event,) = await world.published(PAYEE_QUARANTINED, 1)
    assert isinstance(event, PayeeQuarantined)
    assert (event.address, event.reason) == (poor, status.quarantined[0].reason)
    released = await ask(world, "release-payee", address=poor)
    assert released.done.startswith(f"{poor} is released")
    with pytest.raises(BusError, match="not in the quarantine"):
        await ask(world, "release-payee", address="stranger")


async def test_orders_that_lack_something_are_refused(world: PayoutsWorld) -> None:
    for action, fields, words in [
        ("explode", {}, "is none of"),
        ("pause", {"author": "ann"}, "reason is missing"),
        ("pause", {"reason": "because"}, "author is missing"),
        ("release-payee", {}, "address is missing"),
        ("send-again", {"payment_id": "p1"}, "no wallet was asked"),
        ("resolve-stuck", {"payment_id": "p1", "reason": "r", "author": "a", "txid_display": "t"}, "neither"),
        (
            "resolve-stuck",
            {"payment_id": "p1", "reason": "r", "author": "a", "txid_display": "t", "decision": "returned"},
            "no stuck payment",
        ),
    ]:
        with pytest.raises(BusError, match=words):
            await ask(world, action, **fields)
    assert (await ask(world, "status")).pause is None


async def test_a_deposit_is_booked_once_and_a_minimum_can_be_set(world: PayoutsWorld, chain: Chain) -> None:
    (miner,) = await chain.miner_addresses(1)
    deposit = {"author": "ann", "reason": "PPS", "amount_sats": 5_000, "txid_display": "ab" * 32}

    assert (await ask(world, "deposit-reserve", **deposit)).done == "5000 are in the reserve"
    assert (await ask(world, "deposit-reserve", **deposit)).done == "nothing, it was booked before"
    await ask(world, "set-minimum", address=miner, amount_sats=70_000)

    booked = "SELECT account, amount_sats FROM entries ORDER BY amount_sats"
    assert world.process.query(booked) == [("reserve", -5_000), ("wallet", 5_000)]
    assert world.process.query("SELECT address, minimum_sats FROM payout_minimums") == [(miner, 70_000)]
    assert world.process.query("SELECT reason, author FROM corrections") == [("PPS", "ann")]
    with pytest.raises(BusError, match="author"):
        await ask(world, "deposit-reserve", amount_sats=1, txid_display="cd" * 32)
    with pytest.raises(BusError, match="deposit of 0"):
        await ask(world, "deposit-reserve", author="ann", txid_display="cd" * 32)


async def test_the_books_can_be_asked_for(world: PayoutsWorld) -> None:
    sound = (await ask(world, "audit")).books
    assert sound is not None
    assert (sound.problems, sound.owed_sats, sound.miners, sound.accounts) == ([], 0, 0, {})

    await ask(world, "deposit-reserve", author="ann", amount_sats=7_000, txid_display="ef" * 32)
    grown = (await ask(world, "audit")).books

    assert grown is not None
    assert grown.accounts == {"reserve": -7_000, "wallet": 7_000}


async def test_corrections_are_booked_once_and_listed_with_reason_and_author(
    world: PayoutsWorld, chain: Chain
) -> None:
    await chain.find_mature(1)  # what is owed has to be in the wallet
    (miner,) = await chain.miner_addresses(1)
    account = f"miner:{miner}"
    said = {"author": "ann", "reason": "ticket 42: coins found"}
    found: dict[str, Any] = {
        **said, "reference": "ticket 42", "amount_sats": 900, "from_account": "wallet",
    }  # fmt: skip

    booked = await ask(world, "correct", **found, to_account=account)
    assert booked.done == f"900 are booked from wallet to {account}"
    assert (await ask(world, "correct", **found, to_account=account)).done == "nothing, it was booked before"
    (row,) = (await ask(world, "corrections")).corrections
    assert (row.kind, row.reference, row.entries) == ("correction", "ticket 42", 2)
    assert row.amounts == {account: -900, "wallet": 900}
    assert {"author": row.author, "reason": row.reason} == said
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"to_account": "fee"}, "another correction"),
        ({"reference": "2", "to_account": "miner:stranger"}, "no address of this pool's network"),
        ({"reference": "3", "to_account": "purse"}, "is none of fee, network_fees"),
        ({"reference": "4", "from_account": account, "to_account": "fee", "amount_sats": 901}, "holds 900"),
        ({"reference": "", "to_account": "fee"}, "reference is missing"),
        ({"reference": "5", "to_account": "fee", "author": " "}, "author is missing"),
        ({"reference": "6", "to_account": "fee", "reason": ""}, "reason is missing"),
    ]
    for change, words in refusals:
        with pytest.raises(BusError, match=words):
            await ask(world, "correct", **{**found, **change})
    books = (await ask(world, "audit")).books
    assert books is not None
    assert (books.problems, books.miners_sats, books.accounts) == ([], -900, {"wallet": 900})


async def test_a_reward_in_suspense_is_released_by_an_order(
    world: PayoutsWorld, chain: Chain, found_blocks: Iterator[FoundBlock]
) -> None:
    block = next(found_blocks)
    (miner,) = await chain.miner_addresses(1)
    # no share of it was ever logged, and a share much younger says that none will come
    await world.publish_outcome(block.outcome(miner))
    await world.publish_shares(miner_share(miner, time_ms=FOUND_MS + 3_600_000))
    await world.wait_until(lambda: world.block_statuses() == ["confirmed"], "a credited block")
    told = (await ask(world, "audit")).books
    assert told is not None
    (held,) = told.suspended
    assert (held.block_hash_display, held.amount_sats) == (block.block_hash, block.reward_sats)
    order = {"author": "ann", "reason": "the log was lost", "block_hash_display": block.block_hash}

    for fields, words in [
        ({}, "either to_account or shares_of"),
        ({"to_account": "fee", "shares_of": "next"}, "either to_account or shares_of"),
        ({"to_account": "miner:stranger"}, "no address"),
        ({"to_account": "reserve"}, "neither fee nor miner"),
        ({"shares_of": block.block_hash}, "no shares of block"),
        ({"to_account": "fee", "block_hash_display": "ab" * 32}, "holds nothing"),
    ]:
        with pytest.raises(BusError, match=words):
            await ask(world, "release-suspense", **{**order, **fields})
    waits = await ask(world, "release-suspense", **order, shares_of="next")
    assert waits.done.startswith("the next round that is credited gets the reward of")
    released = await ask(world, "release-suspense", **order, to_account=f"miner:{miner}")
    assert released.done == f"the reward of {block.block_hash} is credited to miner:{miner}"
    again = await ask(world, "release-suspense", **order, to_account="fee")
    assert again.done == f"nothing, the reward of {block.block_hash} was released before"
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
    assert world.process.query("SELECT total_sats FROM payments") == [(block.reward_sats,)]

    assert told.blocks_checked == 1
    dealt = {"author": "ann", "reason": "ticket 43", "reference": block.block_hash}
    accepted = await ask(world, "accept-finding", **dealt)
    assert accepted.done == f"the audit passes over {block.block_hash}"
    assert (await ask(world, "accept-finding", **dealt)).done == "nothing, it did so before"
    with pytest.raises(BusError, match="no block and no payment p1"):
        await ask(world, "accept-finding", **{**dealt, "reference": "p1"})
    later = (await ask(world, "audit")).books
    assert later is not None
    assert (later.blocks_checked, later.payments_checked, later.problems) == (0, 1, [])
