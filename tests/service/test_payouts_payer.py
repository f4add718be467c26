"""The payer against a real wallet, with a ledger that was credited by hand."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from nompcore.address import NetworkParams, encode_segwit
from nompcore.daemon import Daemon
from nompcore.errors import DaemonUnreachable
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import State
from services.payouts.payments.payees import Payee, Rules
from services.payouts.payments.payer import CONFIRMATIONS, Payer
from services.payouts.payments.payment_plan import MAX_UNCONFIRMED
from services.payouts.payments.transaction_check import intended_outputs
from services.payouts.payments.wallet import Wallet
from tests.service.payouts_chain import POOL_WALLET, Chain, running_chain
from tests.unit.payouts_samples import POOL, candidate, outcome

REGTEST = NetworkParams(pubkey_versions=(111,), script_versions=(196, 58), bech32_hrp="rltc")
COIN = 10**8
FEE_PPM = 10_000
NOW = 1_763_900_000_000


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain whose node forgets its mempool and leaves it to us to send transactions again."""
    options = ("-walletbroadcast=0", "-persistmempool=0")
    with running_chain(tmp_path_factory.mktemp("litecoind"), options) as chain:
        asyncio.run(chain.find_mature(4))
        yield chain


@pytest.fixture
async def daemon(chain: Chain) -> AsyncIterator[Daemon]:
    async with chain.node.daemon(POOL_WALLET) as daemon:
        yield daemon


def make_payer(ledger: Ledger, daemon: Daemon, chain: Chain, *, reserve_sats: int = 0, **rules: Any) -> Payer:
    defaults: dict[str, Any] = {"minimum_sats": COIN // 100, "fee_address": None, "fee_threshold_sats": 0}
    return Payer(
        ledger,
        Wallet(daemon, 8),
        pool=POOL,
        address=chain.pool_address,
        network=REGTEST,
        rules=Rules(**{**defaults, **rules}),
        reserve_sats=reserve_sats,
    )


_numbers = itertools.count(1)


def credit(ledger: Ledger, sats: int, *addresses: str, fee_ppm: int = FEE_PPM) -> None:
    """A reward shared equally."""
    number = next(_numbers)
    ledger.blocks.record_outcome(outcome(number, reward_sats=sats))
    ledger.blocks.close_round(POOL, candidate(number), dict.fromkeys(addresses, 1), NOW, round_work=1)
    (block,) = ledger.blocks.unsettled(POOL)
    ledger.blocks.confirm(block.id, reward_sats=sats, fee_ppm=fee_ppm, confirmations=101, now_ms=NOW)


def states(ledger: Ledger) -> list[str]:
    return [row.state for row in reversed(ledger.reports.payment_page(POOL, 0, 100).payments)]


async def settle(payer: Payer, chain: Chain) -> None:
    """Until every payment is confirmed."""
    await payer.run_once()
    await chain.mine(CONFIRMATIONS)
    await payer.run_once()


async def test_one_transaction_pays_all_who_are_due(ledger: Ledger, daemon: Daemon, chain: Chain) -> None:
    first, second = await chain.miner_addresses(2)
    credit(ledger, COIN, first, second)
    payer = make_payer(ledger, daemon, chain)
    await settle(payer, chain)
    assert payer.state == "running"
    assert states(ledger) == ["confirmed"]
    ((txid, sats),) = await chain.payments_to(first)
    assert await chain.payments_to(second) == [(txid, sats)]
    assert sats == (COIN - COIN // 100) // 2


async def test_two_payers_at_once_send_one_transaction(ledger: Ledger, daemon: Daemon, chain: Chain) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payers = [make_payer(ledger, daemon, chain) for _ in range(4)]
    await asyncio.gather(*(payer.run_once() for payer in payers))
    await settle(payers[0], chain)
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(address)) == 1
    assert await chain.locked_coins() == []


async def test_an_address_that_cannot_be_paid_is_left_out_and_stays_owed(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (good,) = await chain.miner_addresses(1)
    credit(ledger, COIN, good, "not-an-address", encode_segwit("ltc", 0, bytes(20)))
    payer = make_payer(ledger, daemon, chain)
    await settle(payer, chain)
    assert payer.state == "running"
    assert len(await chain.payments_to(good)) == 1
    assert ledger.balances(POOL)[accounts.miner("not-an-address")] < 0


async def test_balances_below_the_minimum_wait(ledger: Ledger, daemon: Daemon, chain: Chain) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payer = make_payer(ledger, daemon, chain, minimum_sats=COIN)
    await payer.run_once()
    assert states(ledger) == []
    credit(ledger, COIN, address)
    await payer.run_once()
    assert states(ledger) == ["broadcast"]


async def test_the_fee_goes_to_its_address_in_the_same_transaction(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    miner, owner = await chain.miner_addresses(2)
    credit(ledger, COIN, miner)
    payer = make_payer(ledger, daemon, chain, fee_address=owner, fee_threshold_sats=COIN // 100)
    await settle(payer, chain)
    ((txid, sats),) = await chain.payments_to(owner)
    assert sats == COIN // 100
    assert [sent for sent, _ in await chain.payments_to(miner)] == [txid]
    assert accounts.FEE not in ledger.balances(POOL)


async def test_nothing_is_paid_that_would_touch_the_reserve(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    reserve_sats = await Wallet(daemon, 8).spendable_sats() - COIN // 2
    payer = make_payer(ledger, daemon, chain, reserve_sats=reserve_sats)
    await payer.run_once()
    assert payer.state.startswith("stopped: paying")
    assert states(ledger) == []
    await make_payer(ledger, daemon, chain).run_once()
    assert states(ledger) == ["broadcast"]


async def test_more_owed_than_the_wallet_holds_stops_payments(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    rich, poor = await chain.miner_addresses(2)
    credit(ledger, 10**6 * COIN, rich)
    credit(ledger, COIN, poor)
    payer = make_payer(ledger, daemon, chain)
    await payer.run_once()
    assert "is owed, but the wallet holds" in payer.state
    assert states(ledger) == []


async def test_a_wallet_that_does_not_own_the_pools_address_pays_nobody(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payer = Payer(
        ledger,
        Wallet(daemon, 8),
        pool=POOL,
        address=address,
        network=REGTEST,
        rules=Rules(minimum_sats=1, fee_address=None, fee_threshold_sats=0),
        reserve_sats=0,
    )
    await payer.run_once()
    assert "does not own" in payer.state
    assert states(ledger) == []


async def test_coins_that_a_crash_left_locked_are_freed_when_they_are_needed(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payer = make_payer(ledger, daemon, chain)
    await payer.run_once()
    await chain.mine(1)
    credit(ledger, COIN, address)
    # as a payer leaves it that dies between signing and storing: an intent, and every coin locked
    owed_sats = -ledger.balances(POOL)[accounts.miner(address)]
    ledger.payments.create_intent("crashed", POOL, [Payee(accounts.miner(address), address, owed_sats)], NOW)
    coins = [{"txid": coin["txid"], "vout": coin["vout"]} for coin in await daemon.call("listunspent")]
    await daemon.call("lockunspent", False, coins)
    await settle(payer, chain)
    assert payer.state == "running"
    assert states(ledger) == ["confirmed", "confirmed"]
    assert len(await chain.payments_to(address)) == 2


async def test_a_sent_payment_that_the_mempool_forgot_is_sent_again(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payer = make_payer(ledger, daemon, chain)
    await chain.mine(1)  # what other tests left waiting
    await payer.run_once()
    assert len(await daemon.call("getrawmempool")) == 1
    await chain.node.stop()
    with pytest.raises(DaemonUnreachable):
        await payer.run_once()
    await chain.node.start()
    assert await daemon.call("getrawmempool") == []
    await payer.run_once()
    assert len(await daemon.call("getrawmempool")) == 1
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(address)) == 1


async def test_a_reorganisation_of_the_payments_block_changes_nothing(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payer = make_payer(ledger, daemon, chain)
    await payer.run_once()
    (block_hash,) = await chain.mine(1)
    await payer.run_once()
    await chain.replace_tip(block_hash, 1)
    await settle(payer, chain)
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(address)) == 1


async def test_payments_under_way_are_bounded(ledger: Ledger, daemon: Daemon, chain: Chain) -> None:
    payer = make_payer(ledger, daemon, chain)
    for address in await chain.miner_addresses(MAX_UNCONFIRMED + 1):
        credit(ledger, COIN // 10, address)
        await payer.run_once()
    assert states(ledger) == ["broadcast"] * MAX_UNCONFIRMED
    await chain.mine(CONFIRMATIONS)
    await payer.run_once()
    assert states(ledger) == ["confirmed"] * MAX_UNCONFIRMED + ["broadcast"]


async def test_a_stuck_payment_is_seen_through_should_the_network_take_it_after_all(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    payer = make_payer(ledger, daemon, chain)
    await payer.run_once()
    (sent,) = ledger.payments.in_state(POOL, State.BROADCAST)
    ledger.payments.mark_stuck(sent, "the node was not in sync", NOW)
    await settle(payer, chain)
    await payer.run_once()
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(address)) == 1


async def test_a_stuck_payment_stops_new_ones_but_not_those_under_way(
    ledger: Ledger, daemon: Daemon, chain: Chain
) -> None:
    first, second, third = await chain.miner_addresses(3)
    credit(ledger, COIN, first)
    payer = make_payer(ledger, daemon, chain)
    await payer.run_once()
    await chain.mine(1)

    credit(ledger, COIN, second)
    owed_sats = -ledger.balances(POOL)[accounts.miner(second)]
    ledger.payments.create_intent("lost", POOL, [Payee(accounts.miner(second), second, owed_sats)], NOW)
    signed = await Wallet(daemon, 8).sign(intended_outputs({second: owed_sats}, REGTEST), COIN)
    ledger.payments.store_signed(
        "lost", transaction_hex=signed.transaction_hex, txid=signed.txid, fee_sats=signed.fee_sats
    )
    await chain.spend_same_coins(signed.transaction_hex)
    await chain.mine(CONFIRMATIONS)
    credit(ledger, COIN, third)
    await payer.run_once()
    assert sorted(states(ledger)) == ["confirmed", "stuck"]
    assert "payment lost is not taken by the network" in payer.state
    assert await chain.payments_to(third) == []
