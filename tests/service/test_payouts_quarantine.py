"""A payee whom the wallet refuses without saying so is found; all others are paid. Against a real wallet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from nompcore.daemon import Daemon
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.dry_run import dry_run
from tests.service.payouts_chain import POOL_WALLET, Chain, running_chain
from tests.service.payouts_payers import COIN, NOW, credit, make_payer, make_planner, settle, states
from tests.unit.payouts_samples import POOL

SMALL = 60_000
"""Sats that this wallet alone calls dust: its limit for the addresses of these tests is 98,000."""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with running_chain(tmp_path_factory.mktemp("litecoind"), ("-dustrelayfee=0.01",)) as chain:
        asyncio.run(chain.find_mature(4))
        yield chain


@pytest.fixture
async def daemon(chain: Chain) -> AsyncIterator[Daemon]:
    async with chain.node.daemon(POOL_WALLET) as daemon:
        yield daemon


async def test_the_refused_are_quarantined_and_stay_owed_and_the_others_are_paid(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    addresses = await chain.miner_addresses(20)
    refused, paid = addresses[3:5], [*addresses[:3], *addresses[5:]]
    credit(ledger, SMALL * 2, *refused)
    credit(ledger, COIN, *paid)
    payer = make_payer(ledger, daemon, chain, minimum_sats=10_000)
    await settle(payer, chain)
    assert payer.state == "running"
    assert states(ledger) == ["confirmed"]
    quarantined = ledger.payees.quarantined(POOL)
    assert sorted(payee.address for payee in quarantined) == sorted(refused)
    assert {payee.reason for payee in quarantined} == {"Transaction amount too small"}
    assert [len(await chain.payments_to(address)) for address in paid] == [1] * len(paid)
    balances = ledger.balances(POOL)
    assert all(balances[accounts.miner(address)] < 0 for address in refused)
    assert await chain.locked_coins() == []


async def test_a_released_payee_is_paid_once_the_wallet_takes_it(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, SMALL, address)
    payer = make_payer(ledger, daemon, chain, minimum_sats=10_000)
    await payer.run_once()
    assert [payee.address for payee in ledger.payees.quarantined(POOL)] == [address]
    credit(ledger, COIN, address)
    await payer.run_once()
    assert states(ledger) == []
    assert ledger.payees.release(POOL, address)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert ledger.payees.quarantined(POOL) == []


async def test_a_dry_run_tells_the_payment_and_changes_nothing(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    rich, small, patient, early = await chain.miner_addresses(4)
    credit(ledger, COIN, rich, patient)
    credit(ledger, SMALL, small)
    credit(ledger, 9_000, early)
    credit(ledger, COIN, "nobody")
    ledger.payees.set_minimum(POOL, patient, COIN, NOW)
    before = (ledger.balances(POOL), await daemon.call("getwalletinfo"), await daemon.call("getrawmempool"))

    planner = make_planner(ledger, daemon, chain, minimum_sats=10_000)
    tried = [await dry_run(ledger, planner, POOL) for _ in range(2)]

    assert tried[0] == tried[1]
    assert tried[0].outputs == {rich: -ledger.balances(POOL)[accounts.miner(rich)]}
    assert {row.address: row.reason for row in tried[0].left_out} == {
        patient: f"below the minimum of {COIN}",
        small: "quarantined: Transaction amount too small",
        early: "below the minimum of 10000",
        "nobody": "no address that can be paid on this network",
    }
    assert tried[0].left_out_count == 4
    assert ledger.payees.quarantined(POOL) == []
    assert ledger.outbox.waiting(POOL) == [
        event for event in ledger.outbox.waiting(POOL) if event.subject.pattern.endswith("confirmed")
    ]
    assert states(ledger) == []
    assert await chain.locked_coins() == []
    assert before == (
        ledger.balances(POOL), await daemon.call("getwalletinfo"), await daemon.call("getrawmempool")
    )  # fmt: skip

    payer = make_payer(ledger, daemon, chain, minimum_sats=10_000)
    await settle(payer, chain)
    (row,) = ledger.reports.payment_page(POOL, 0, 10).payments
    assert (row.outputs, row.fee_sats) == (tried[0].outputs, tried[0].fee_sats)


async def test_a_dry_run_says_why_nothing_would_be_sent(ledger: Ledger, daemon: Daemon, chain: Chain) -> None:
    (address,) = await chain.miner_addresses(1)
    planner = make_planner(ledger, daemon, chain)
    assert (await dry_run(ledger, planner, POOL)).outputs == {}
    credit(ledger, COIN, address)
    ledger.pauses.pause(POOL, reason="the wallet moves", author="ann", now_ms=NOW)
    tried = await dry_run(ledger, planner, POOL)
    assert (list(tried.outputs), tried.stopped) == ([address], "paused: the wallet moves")
    credit(ledger, 10**6 * COIN, address)
    assert "is owed, but the wallet holds" in (await dry_run(ledger, planner, POOL)).stopped


async def test_more_outputs_than_one_transaction_takes_go_out_in_several(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    """1,700 outputs weigh 210,800, and 200,000 is the limit."""
    addresses = await chain.miner_addresses(1_700)
    credit(ledger, 10 * COIN, *addresses)
    payer = make_payer(ledger, daemon, chain, minimum_sats=10_000)
    await payer.run_once()
    await payer.run_once()
    await settle(payer, chain)
    assert states(ledger) == ["confirmed", "confirmed"]
    sizes = [len(row.outputs) for row in ledger.reports.payment_page(POOL, 0, 10).payments]
    assert sizes == [1_700 - 200_000 // 124, 200_000 // 124]
    assert ledger.payees.quarantined(POOL) == []
    assert not [account for account in ledger.balances(POOL) if accounts.miner_address(account)]


async def test_a_batch_that_needs_too_many_coins_is_halved(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    """The pool's wallet has only small coins left: 1,500 of them, each to be signed."""
    async with chain.node.daemon(POOL_WALLET) as wallet:
        own = await wallet.batch([("getnewaddress", ())] * 500, timeout_seconds=60)
        for _ in range(3):
            await wallet.call("sendmany", "", dict.fromkeys(own, "0.02"), timeout_seconds=60)
            await chain.mine(1)
        large = [
            {"txid": coin["txid"], "vout": coin["vout"]}
            for coin in await wallet.call("listunspent")
            if coin["amount"] > 1
        ]
        await wallet.call("lockunspent", False, large)
    addresses = await chain.miner_addresses(2)
    credit(ledger, 20 * COIN, *addresses)
    try:
        payer = make_payer(ledger, daemon, chain)
        await settle(payer, chain)
        await settle(payer, chain)
        assert states(ledger) == ["confirmed", "confirmed"]
        assert [len(await chain.payments_to(address)) for address in addresses] == [1, 1]
    finally:
        await daemon.call("lockunspent", True)
