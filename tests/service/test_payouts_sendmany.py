"""Old wallets, which send at once: one transaction for an intent, whatever is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from nompcore.daemon import Daemon
from nompcore.errors import DaemonUnreachable
from services.payouts import metrics
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import State
from services.payouts.payments.payees import Payee
from services.payouts.payments.resolution import DecisionRefused, Resolution
from services.payouts.payments.transaction_check import intended_outputs
from services.payouts.payments.wallet import Wallet
from tests.servers.old_wallet import OldWallet, old_wallet
from tests.servers.scripted_daemon import Refusal
from tests.service.payouts_chain import POOL_WALLET, Chain, running_chain
from tests.service.payouts_payers import COIN, NOW, REGTEST, credit, make_payer, settle, states
from tests.unit.payouts_samples import POOL


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with running_chain(tmp_path_factory.mktemp("litecoind")) as chain:
        asyncio.run(chain.find_mature(4))
        yield chain


@pytest.fixture
async def wallet(chain: Chain) -> AsyncIterator[OldWallet]:
    async with old_wallet(chain.node.config(POOL_WALLET)) as wallet:
        yield wallet


@pytest.fixture
async def daemon(wallet: OldWallet) -> AsyncIterator[Daemon]:
    async with Daemon(wallet.config) as daemon:
        yield daemon


async def test_an_old_wallet_pays_all_who_are_due_with_one_sendmany(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    first, second = await chain.miner_addresses(2)
    credit(ledger, COIN, first, second)
    payer = make_payer(ledger, daemon, chain)
    await settle(payer, chain)
    assert payer.state == "running"
    assert states(ledger) == ["confirmed"]
    ((txid, sats),) = await chain.payments_to(first)
    assert await chain.payments_to(second) == [(txid, sats)]
    (row,) = ledger.reports.payment_page(POOL, 0, 10).payments
    assert (row.txid_display, wallet.sent) == (txid, [row.payment_id])
    balances = ledger.balances(POOL)
    assert balances[accounts.NETWORK_FEES] == row.fee_sats > 0
    assert balances[accounts.WALLET] == COIN - row.total_sats - row.fee_sats


@pytest.mark.parametrize(("method", "other"), [("getinfo", "getwalletinfo"), ("getwalletinfo", "getinfo")])
async def test_a_wallet_that_would_pay_too_high_a_fee_is_not_asked_until_its_rate_is_lower(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet, method: str, other: str
) -> None:
    async def without_rate(_params: list[Any]) -> object:
        return {"balance": 1}

    async def with_rate(_params: list[Any]) -> object:
        return {"paytxfee": rates[-1]}

    rates = [0.2]
    wallet.relay.answers |= {method: with_rate, other: without_rate}
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payer = make_payer(ledger, daemon, chain)
    for _ in range(2):
        await payer.run_once()
    assert "the wallet pays 20000000 for 1000 bytes (settxfee)" in payer.state
    assert "above 990000: it was not asked to send" in payer.state
    assert wallet.relay.count("sendmany") == 0
    assert len(ledger.outbox.waiting(POOL)) == 2  # the block, and why its payment is not sent
    rates.append(0.0001)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert len(wallet.sent) == 1


async def test_a_fee_above_the_limit_is_counted_where_the_rate_did_not_tell(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    async def without_rate(_params: list[Any]) -> object:
        return {"balance": 1}

    wallet.relay.answers |= {"getinfo": without_rate, "getwalletinfo": without_rate}
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    before = metrics.FEES_ABOVE_CAP.labels(POOL)._value.get()
    await wallet.ask("settxfee", [0.09])
    try:
        payer = make_payer(ledger, daemon, chain)
        await settle(payer, chain)
    finally:
        await wallet.ask("settxfee", [0])
    assert states(ledger) == ["confirmed"], payer.state
    assert metrics.FEES_ABOVE_CAP.labels(POOL)._value.get() == before + 1


async def test_a_lost_reply_is_made_up_for_by_looking(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    wallet.loses_replies = True
    payer = make_payer(ledger, daemon, chain)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert len(wallet.sent) == len(await chain.payments_to(address)) == 1


async def test_a_transaction_that_shows_late_is_found_and_never_made_again(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    wallet.loses_requests = True
    payer = make_payer(ledger, daemon, chain)
    await payer.run_once()
    wallet.loses_requests = False
    await payer.run_once()
    assert "does not know it: nothing is sent again" in payer.state
    assert wallet.sent == []
    (waiting,) = ledger.payments.in_state(POOL, State.INTENT)
    late = [output.address for output in intended_outputs(waiting.outputs, REGTEST)]
    amounts = {address: f"{waiting.outputs[address] / COIN:.8f}" for address in late}
    await wallet.ask("sendmany", ["", amounts, 1, waiting.id])
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert wallet.sent == []
    assert len(await chain.payments_to(address)) == 1


async def test_nothing_is_sent_again_until_an_operator_says_that_it_was_not(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    wallet.loses_requests = True
    payer = make_payer(ledger, daemon, chain)
    for _ in range(3):
        await payer.run_once()
    wallet.loses_requests = False
    assert wallet.relay.count("sendmany") == 1
    (waiting,) = ledger.payments.in_state(POOL, State.INTENT)
    resolution = Resolution(ledger, Wallet(daemon, 8), pool=POOL, network=REGTEST)
    await resolution.send_again(waiting.id)
    with pytest.raises(DecisionRefused):
        await resolution.send_again(waiting.id)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert wallet.sent == [waiting.id]
    assert len(await chain.payments_to(address)) == 1


async def test_the_operator_is_not_believed_where_the_wallet_knows_the_payment(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    wallet.loses_replies = True

    async def is_away(_params: list[Any]) -> object:
        raise ConnectionError

    looks = wallet.relay.answers["listsinceblock"]

    async def away_after_the_first(params: list[Any]) -> object:
        wallet.relay.answers["listsinceblock"] = is_away
        return await looks(params)

    wallet.relay.answers["listsinceblock"] = away_after_the_first
    payer = make_payer(ledger, daemon, chain)
    with pytest.raises(DaemonUnreachable):
        await payer.run_once()
    wallet.relay.answers["listsinceblock"] = looks
    (waiting,) = ledger.payments.in_state(POOL, State.INTENT)
    resolution = Resolution(ledger, Wallet(daemon, 8), pool=POOL, network=REGTEST)
    with pytest.raises(DecisionRefused, match="knows the payment"):
        await resolution.send_again(waiting.id)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert len(wallet.sent) == len(await chain.payments_to(address)) == 1


async def test_what_the_wallet_refused_is_withdrawn_and_planned_anew(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    send = wallet.relay.answers["sendmany"]

    async def refuse(_params: list[Any]) -> object:
        raise Refusal(-6, "Transaction amount too small")

    wallet.relay.answers["sendmany"] = refuse
    payer = make_payer(ledger, daemon, chain)
    await payer.run_once()
    assert "withdrawn" in payer.state
    wallet.relay.answers["sendmany"] = send
    await settle(payer, chain)
    assert states(ledger) == ["returned", "confirmed"]
    assert len(wallet.sent) == len(await chain.payments_to(address)) == 1


async def test_a_refusal_that_sent_after_all_is_seen_through(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    send = wallet.relay.answers["sendmany"]

    async def send_and_refuse(params: list[Any]) -> object:
        await send(params)
        raise Refusal(-4, "Error: The transaction was rejected!")

    wallet.relay.answers["sendmany"] = send_and_refuse
    payer = make_payer(ledger, daemon, chain)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert len(wallet.sent) == len(await chain.payments_to(address)) == 1


async def test_four_payers_at_once_ask_the_wallet_once(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payers = [make_payer(ledger, daemon, chain) for _ in range(4)]
    await asyncio.gather(*(payer.run_once() for payer in payers))
    await settle(payers[0], chain)
    assert states(ledger) == ["confirmed"]
    assert len(wallet.sent) == len(await chain.payments_to(address)) == 1


async def test_a_wallet_that_was_replaced_by_a_newer_one_still_only_looks(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    owed_sats = -ledger.balances(POOL)[accounts.miner(address)]
    ledger.payments.create_intent("begun", POOL, [Payee(accounts.miner(address), address, owed_sats)], NOW)
    start = await Wallet(daemon, 8).old.search_start()
    assert ledger.attempts.begin("begun", start, NOW)
    async with chain.node.daemon(POOL_WALLET) as newer:
        payer = make_payer(ledger, newer, chain)
        await payer.run_once()
        assert "does not know it" in payer.state
        amounts = {address: f"{owed_sats / COIN:.8f}"}
        await newer.call("sendmany", "", amounts, 1, "begun")
        await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(address)) == 1


async def test_an_address_that_the_wallet_refuses_is_quarantined_before_anything_is_sent(
    ledger: Ledger, daemon: Daemon, chain: Chain, wallet: OldWallet
) -> None:
    bad, good = await chain.miner_addresses(2)
    credit(ledger, COIN, bad, good)
    create = wallet.relay.answers["createrawtransaction"]

    async def refuse(params: list[Any]) -> object:
        if bad in params[1]:
            raise Refusal(-5, "Invalid address")
        return await create(params)

    wallet.relay.answers["createrawtransaction"] = refuse
    payer = make_payer(ledger, daemon, chain)
    await settle(payer, chain)
    assert [payee.address for payee in ledger.payees.quarantined(POOL)] == [bad]
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(good)) == 1
