"""An operator ends a stuck payment, once, and only as the chain bears out. Against a real wallet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from nompcore.daemon import Daemon
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payment_returns import Decision, Verdict
from services.payouts.ledger.payments_ledger import Payment, State
from services.payouts.payments.payees import Payee
from services.payouts.payments.payer import CONFIRMATIONS, Payer
from services.payouts.payments.resolution import DecisionRefused, Resolution
from services.payouts.payments.transaction_check import intended_outputs
from services.payouts.payments.wallet import Wallet
from tests.service.payouts_chain import POOL_WALLET, Chain, running_chain
from tests.service.payouts_payers import COIN, NOW, REGTEST, credit, make_payer, settle, states
from tests.unit.payouts_samples import POOL


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with running_chain(tmp_path_factory.mktemp("litecoind"), ("-walletbroadcast=0",)) as chain:
        asyncio.run(chain.find_mature(5))
        yield chain


@pytest.fixture
async def daemon(chain: Chain) -> AsyncIterator[Daemon]:
    async with chain.node.daemon(POOL_WALLET) as daemon:
        yield daemon


@pytest.fixture
def resolution(ledger: Ledger, daemon: Daemon) -> Resolution:
    return Resolution(ledger, Wallet(daemon, 8), pool=POOL, network=REGTEST)


def said(txid: str) -> Verdict:
    return Verdict("its coins were spent by hand", "ann", txid)


async def sign(ledger: Ledger, daemon: Daemon, address: str) -> Payment:
    """All that an address is owed, signed and not sent."""
    account = accounts.miner(address)
    owed_sats = -ledger.balances(POOL)[account]
    ledger.payments.create_intent("lost", POOL, [Payee(account, address, owed_sats)], NOW)
    signed = await Wallet(daemon, 8).sign(intended_outputs({address: owed_sats}, REGTEST), COIN)
    ledger.payments.store_signed(
        "lost", transaction_hex=signed.transaction_hex, txid=signed.txid, fee_sats=signed.fee_sats
    )
    payment = ledger.payments.find(POOL, "lost")
    assert payment is not None
    return payment


async def spend_by_hand(daemon: Daemon, payment: Payment, to: dict[str, str]) -> str:
    """Spend the payment's coins to somebody else, and put that into a block."""
    decoded = await daemon.call("decoderawtransaction", payment.transaction_hex)
    coins = [{"txid": spent["txid"], "vout": spent["vout"]} for spent in decoded["vin"]]
    raw = await daemon.call("createrawtransaction", coins, to)
    await daemon.call("lockunspent", True)
    funded = await daemon.call("fundrawtransaction", raw, {"feeRate": "0.0005"})
    signed = await daemon.call("signrawtransactionwithwallet", funded["hex"])
    return str(await daemon.call("sendrawtransaction", signed["hex"]))


async def become_stuck(payer: Payer, ledger: Ledger) -> None:
    await payer.run_once()
    assert states(ledger) == ["stuck"]


async def test_a_payment_whose_coins_went_elsewhere_is_owed_again_once_and_then_paid(
    ledger: Ledger, daemon: Daemon, chain: Chain, resolution: Resolution
) -> None:
    miner, elsewhere = await chain.miner_addresses(2)
    credit(ledger, COIN, miner)
    before = ledger.balances(POOL)
    payment = await sign(ledger, daemon, miner)
    txid = await spend_by_hand(daemon, payment, {elsewhere: "0.1"})
    await chain.mine(CONFIRMATIONS - 1)
    payer = make_payer(ledger, daemon, chain)
    await become_stuck(payer, ledger)
    with pytest.raises(DecisionRefused, match="5 confirmations of 6"):
        await resolution.resolve_stuck("lost", Decision.RETURNED, said(txid))
    await chain.mine(1)

    await resolution.resolve_stuck("lost", Decision.RETURNED, said(txid))
    with pytest.raises(DecisionRefused, match="no stuck payment"):
        await resolution.resolve_stuck("lost", Decision.RETURNED, said(txid))
    assert ledger.balances(POOL) == before

    await settle(payer, chain)
    assert states(ledger) == ["returned", "confirmed"]
    assert len(await chain.payments_to(miner)) == 1


async def test_two_decisions_at_once_book_one_correction(
    ledger: Ledger, daemon: Daemon, chain: Chain, resolution: Resolution
) -> None:
    miner, elsewhere = await chain.miner_addresses(2)
    credit(ledger, COIN, miner)
    before = ledger.balances(POOL)
    payment = await sign(ledger, daemon, miner)
    txid = await spend_by_hand(daemon, payment, {elsewhere: "0.1"})
    await chain.mine(CONFIRMATIONS)
    await become_stuck(make_payer(ledger, daemon, chain), ledger)
    asked = [resolution.resolve_stuck("lost", Decision.RETURNED, said(txid)) for _ in range(4)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers if answer is not None] == [DecisionRefused] * 3
    assert ledger.balances(POOL) == before


async def test_what_the_miners_got_is_not_owed_again_but_taken_for_the_payment(
    ledger: Ledger, daemon: Daemon, chain: Chain, resolution: Resolution
) -> None:
    (miner,) = await chain.miner_addresses(1)
    credit(ledger, COIN, miner)
    payment = await sign(ledger, daemon, miner)
    # the same payment under another id, as a changed signature would make it
    txid = await spend_by_hand(daemon, payment, {miner: f"{payment.total_sats / COIN:.8f}"})
    await chain.mine(CONFIRMATIONS)
    payer = make_payer(ledger, daemon, chain)
    await become_stuck(payer, ledger)
    with pytest.raises(DecisionRefused, match="is it not the payment"):
        await resolution.resolve_stuck("lost", Decision.RETURNED, said(txid))

    await resolution.resolve_stuck("lost", Decision.PAID, said(txid))
    await payer.run_once()
    assert payer.state == "running"
    assert states(ledger) == ["confirmed"]
    (row,) = ledger.reports.payment_page(POOL, 0, 10).payments
    assert row.txid_display == txid
    assert ledger.balances(POOL)[accounts.NETWORK_FEES] == row.fee_sats > payment.fee_sats
    assert len(await chain.payments_to(miner)) == 1


async def test_decisions_that_the_chain_does_not_bear_out_change_nothing(
    ledger: Ledger, daemon: Daemon, chain: Chain, resolution: Resolution
) -> None:
    miner, elsewhere = await chain.miner_addresses(2)
    credit(ledger, COIN, miner)
    payment = await sign(ledger, daemon, miner)
    unrelated = await daemon.call("sendtoaddress", elsewhere, "0.1")
    await daemon.call("sendrawtransaction", (await daemon.call("gettransaction", unrelated))["hex"])
    with pytest.raises(DecisionRefused, match="no stuck payment"):
        await resolution.resolve_stuck("lost", Decision.RETURNED, said(unrelated))
    ledger.payments.mark_stuck(payment, "the node was confused", NOW)
    await chain.mine(CONFIRMATIONS)
    for txid, words in [
        ("e" * 64, "does not know"),
        ("no id", "does not know"),
        (unrelated, "spends none of the payment's coins"),
    ]:
        with pytest.raises(DecisionRefused, match=words):
            await resolution.resolve_stuck("lost", Decision.RETURNED, said(txid))
    await Wallet(daemon, 8).send(payment.transaction_hex)
    await chain.mine(CONFIRMATIONS)
    with pytest.raises(DecisionRefused, match="own transaction"):
        await resolution.resolve_stuck("lost", Decision.RETURNED, said(payment.txid))
    assert [stuck.id for stuck in ledger.payments.in_state(POOL, State.STUCK)] == ["lost"]


async def test_another_payment_is_not_taken_for_this_one(
    ledger: Ledger, daemon: Daemon, chain: Chain, resolution: Resolution
) -> None:
    miner, elsewhere = await chain.miner_addresses(2)
    credit(ledger, COIN, miner)
    payment = await sign(ledger, daemon, miner)
    txid = await spend_by_hand(daemon, payment, {elsewhere: "0.1"})
    await chain.mine(CONFIRMATIONS)
    await become_stuck(make_payer(ledger, daemon, chain), ledger)
    with pytest.raises(DecisionRefused, match="does not pay what the payment does"):
        await resolution.resolve_stuck("lost", Decision.PAID, said(txid))
