"""What a simulated wallet owns, funds and tells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simcoind.funding import NO_CHANGE, FundingError, FundingRequest, fund
from simcoind.policy import MIN_RELAY_FEE_RATE, fee_for, is_dust
from simcoind.rpc.wallet_json import WalletView
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput
from simcoind.wallet import WalletTransaction
from simcoind.wallet_keys import AddressType, WalletKeys
from tests.simcoind_chain import (
    FEE_SATS,
    FOREIGN,
    NETWORK,
    NOW,
    address,
    mine,
    new_node,
    own_script,
    sign_all,
    spend,
    wallet_of,
)
from tests.simcoind_chain import (
    fund as fund_wallet,
)

CHANGE = b"\x00\x14" + b"\x77" * 20
AMOUNTS = st.integers(10_000, 10**10)
COINS = st.lists(AMOUNTS, min_size=1, max_size=6).map(
    lambda values: [
        (OutPoint(bytes([number]) * 32, number), TxOutput(value, CHANGE))
        for number, value in enumerate(values)
    ]
)
PAYMENTS = st.lists(AMOUNTS, min_size=1, max_size=4).map(
    lambda values: Transaction(2, (), tuple(TxOutput(value, FOREIGN) for value in values))
)
Coins = list[tuple[OutPoint, TxOutput]]


def total(outputs: tuple[TxOutput, ...]) -> int:
    return sum(output.value_sats for output in outputs)


@given(COINS, PAYMENTS, st.integers(MIN_RELAY_FEE_RATE, 50_000))
def test_a_funded_transaction_pays_exactly_what_it_takes_in(
    coins: Coins, draft: Transaction, rate: int
) -> None:
    try:
        funded = fund(FundingRequest(draft, {}, coins, rate, CHANGE))
    except FundingError:
        assert sum(output.value_sats for _, output in coins) < total(draft.outputs) + fee_for(1_000, rate)
        return

    chosen = {tx_input.previous for tx_input in funded.transaction.inputs}
    spent = {outpoint: output for outpoint, output in coins if outpoint in chosen}
    signed = sign_all(funded.transaction, spent)
    assert len(spent) == len(funded.transaction.inputs)
    assert total(tuple(spent.values())) == total(funded.transaction.outputs) + funded.fee_sats
    assert funded.fee_sats >= fee_for(signed.vsize, rate)
    payments = [o for o in funded.transaction.outputs if o.script == FOREIGN]
    assert tuple(payments) == draft.outputs
    assert not any(is_dust(output) for output in funded.transaction.outputs if output.script == CHANGE)
    assert (funded.change_position == NO_CHANGE) is (len(payments) == len(funded.transaction.outputs))


@given(COINS, PAYMENTS)
def test_payees_that_bear_the_fee_get_less_by_exactly_the_fee(coins: Coins, draft: Transaction) -> None:
    payers = tuple(range(len(draft.outputs)))
    assume(sum(output.value_sats for _, output in coins) >= total(draft.outputs))
    try:
        funded = fund(FundingRequest(draft, {}, coins, 1_000, CHANGE, None, payers))
    except FundingError as error:
        assert str(error) == "The transaction amount is too small to pay the fee"
        return

    paid = tuple(o for o in funded.transaction.outputs if o.script == FOREIGN)
    change = tuple(o for o in funded.transaction.outputs if o.script == CHANGE)
    chosen = {tx_input.previous for tx_input in funded.transaction.inputs}
    taken = sum(output.value_sats for outpoint, output in coins if outpoint in chosen)
    assert taken == total(paid) + total(change) + funded.fee_sats
    assert total(draft.outputs) - total(paid) <= funded.fee_sats
    if change:
        assert total(draft.outputs) - total(paid) == funded.fee_sats


@pytest.mark.parametrize("position", [0, 1])
def test_the_change_stands_where_it_is_asked_for(position: int) -> None:
    draft = Transaction(2, (), (TxOutput(50_000, FOREIGN),))
    coin = (OutPoint(bytes(32), 0), TxOutput(10**8, CHANGE))

    funded = fund(FundingRequest(draft, {}, [coin], 1_000, CHANGE, position))

    assert funded.change_position == position
    assert funded.transaction.outputs[position].script == CHANGE


def test_inputs_of_the_draft_are_kept_and_counted() -> None:
    own = (OutPoint(b"\x01" * 32, 7), TxOutput(10**8, CHANGE))
    draft = Transaction(2, (TxInput(own[0]),), (TxOutput(50_000, FOREIGN),))

    funded = fund(FundingRequest(draft, dict([own]), [], 1_000, CHANGE))

    assert [tx_input.previous for tx_input in funded.transaction.inputs] == [own[0]]


def test_keys_come_again_from_the_same_seed() -> None:
    kinds = [AddressType.BECH32, AddressType.LEGACY, AddressType.P2SH_SEGWIT]
    first, second = (WalletKeys(b"\x05" * 32, NETWORK) for _ in range(2))

    assert [first.derive(kind).address for kind in kinds] == [second.derive(kind).address for kind in kinds]
    assert first.derive(AddressType.BECH32) != WalletKeys(bytes(32), NETWORK).derive(AddressType.BECH32)


def test_a_coin_without_bech32_has_legacy_addresses() -> None:
    keys = WalletKeys(bytes(32), replace(NETWORK, bech32_hrp=None))

    assert keys.types == {"legacy"}
    assert keys.derive(keys.default_type).script[:3].hex() == "76a914"


@pytest.mark.parametrize(
    ("confirmations", "category", "amount"), [(1, "immature", b"0.00000000"), (3, "generate", b"50.00000000")]
)
def test_a_reward_is_immature_until_one_block_after_its_maturity(
    confirmations: int, category: str, amount: bytes
) -> None:
    node = new_node()
    wallet = wallet_of(node)
    mine(node, 1, own_script(node))
    mine(node, confirmations - 1)
    (record,) = wallet.transactions.values()

    told = WalletView(wallet, node.chain, NETWORK).transaction(record)

    assert told["confirmations"] == confirmations
    assert told["details"][0]["category"] == category
    assert bytes(told["details"][0]["amount"]) == b"50.00000000"
    assert bytes(told["amount"]) == amount


def test_a_payment_shows_its_fee_and_leaves_out_the_change() -> None:
    node = new_node()
    coin = fund_wallet(node)[0]
    wallet = wallet_of(node)
    change = node.derive(wallet, AddressType.BECH32, is_change=True).script
    rest = coin.output.value_sats - 10**8 - FEE_SATS
    payment = sign_all(
        Transaction(2, (TxInput(coin.outpoint),), (TxOutput(rest, change), TxOutput(10**8, FOREIGN))),
        {coin.outpoint: coin.output},
    )
    node.remember(wallet, WalletTransaction(payment, NOW, "for the rent"))
    assert node.accept_transaction(payment) is None

    told = WalletView(wallet, node.chain, NETWORK).transaction(wallet.transactions[payment.txid_le])

    assert bytes(told["amount"]) == b"-1.00000000"
    assert bytes(told["fee"]) == b"-0.00010000"
    assert told["comment"] == "for the rent"
    assert [(row["category"], row["address"], row["vout"]) for row in told["details"]] == [
        ("send", address(FOREIGN), 1)
    ]


def test_a_payment_to_oneself_shows_an_amount_of_zero() -> None:
    node = new_node()
    coin = fund_wallet(node)[0]
    wallet = wallet_of(node)
    payment = spend(coin, own_script(node))
    assert node.accept_transaction(payment) is None

    told = WalletView(wallet, node.chain, NETWORK).transaction(wallet.transactions[payment.txid_le])

    assert bytes(told["amount"]) == b"0.00000000"
    assert [row["category"] for row in told["details"]] == ["send", "receive"]


def test_unconfirmed_change_is_spendable_and_foreign_money_is_not() -> None:
    node = new_node()
    first, second, _ = fund_wallet(node)
    own = spend(first, own_script(node))
    assert node.accept_transaction(own) is None
    foreign = spend(second, b"\x51")
    assert node.accept_transaction(foreign) is None
    back = Transaction(
        2,
        (TxInput(OutPoint(foreign.txid_le, 0)),),
        (TxOutput(foreign.outputs[0].value_sats - FEE_SATS, own_script(node)),),
    )
    assert node.accept_transaction(back) is None

    wallet = wallet_of(node)
    waiting = {
        coin.outpoint.txid_le: wallet.is_trusted(coin) for coin in wallet.coins() if not coin.confirmations
    }

    assert waiting == {own.txid_le: True, back.txid_le: False}


def test_locked_coins_are_not_spendable() -> None:
    node = new_node()
    coins = fund_wallet(node)
    wallet = wallet_of(node)

    wallet.locked[coins[0].outpoint] = None

    assert [coin.outpoint for coin in wallet.spendable()] == [coin.outpoint for coin in coins[1:]]
