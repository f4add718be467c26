"""What waits for a block, and what is sent away with the reference node's reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nompcore.hashing import pow_hash
from simcoind import mempool
from simcoind.node import Node
from simcoind.parameters import ChainParameters
from simcoind.policy import is_dust
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput
from simcoind.wallet import WalletCoin
from tests.simcoind_chain import FEE_SATS, FOREIGN, NETWORK, fund, mine, new_node, sign_all, spend


@pytest.fixture
def node() -> Node:
    """A node whose wallet has three coins."""
    return new_node()


@pytest.fixture
def coins(node: Node) -> list[WalletCoin]:
    """The three coins."""
    return fund(node)


def refusal(node: Node, transaction: Transaction) -> str:
    reject = node.accept_transaction(transaction)
    assert reject is not None
    assert transaction.txid_le not in node.mempool.entries
    return reject.reason


def resigned(coin: WalletCoin, transaction: Transaction) -> Transaction:
    return sign_all(transaction, {coin.outpoint: coin.output})


def test_a_payment_waits_and_its_fee_is_known(node: Node, coins: list[WalletCoin]) -> None:
    payment = spend(coins[0])

    assert node.accept_transaction(payment) is None
    assert node.mempool.entries[payment.txid_le].fee_sats == FEE_SATS
    assert node.mempool.spender(coins[0].outpoint) == payment.txid_le
    assert node.mempool.unspent(coins[0].outpoint) is None


def test_a_coinbase_does_not_wait(node: Node, coins: list[WalletCoin]) -> None:
    assert refusal(node, node.chain.tip.block.transactions[0]) == "coinbase"


def test_a_transaction_without_inputs_does_not_wait(node: Node, coins: list[WalletCoin]) -> None:
    assert refusal(node, Transaction(2, (), (TxOutput(1, FOREIGN),))) == "bad-txns-vin-empty"


def test_a_transaction_larger_than_a_block_does_not_wait(node: Node, coins: list[WalletCoin]) -> None:
    payment = spend(coins[0], b"\x6a" + bytes(1_000_000))

    assert refusal(node, payment) == "bad-txns-oversize"


def test_a_transaction_locked_to_a_later_height_does_not_wait(node: Node, coins: list[WalletCoin]) -> None:
    payment = spend(coins[0])
    inputs = tuple(replace(tx_input, sequence=0) for tx_input in payment.inputs)
    height = node.chain.tip.height

    early = resigned(coins[0], replace(payment, locktime=height + 1, inputs=inputs))
    due = resigned(coins[0], replace(payment, locktime=height, inputs=inputs))

    assert refusal(node, early) == "non-final"
    assert node.accept_transaction(due) is None


def test_the_same_transaction_does_not_wait_twice(node: Node, coins: list[WalletCoin]) -> None:
    payment = spend(coins[0])
    assert node.accept_transaction(payment) is None

    reject = node.accept_transaction(payment)

    assert reject is not None
    assert reject.reason == "txn-already-in-mempool"


def test_a_rival_of_a_waiting_transaction_does_not_wait(node: Node, coins: list[WalletCoin]) -> None:
    assert node.accept_transaction(spend(coins[0])) is None

    assert refusal(node, spend(coins[0], fee_sats=2 * FEE_SATS)) == "txn-mempool-conflict"


def test_a_chain_of_waiting_transactions_is_mined_in_one_block(node: Node, coins: list[WalletCoin]) -> None:
    parent = spend(coins[0], b"\x51")
    child = Transaction(
        2,
        (TxInput(OutPoint(parent.txid_le, 0)),),
        (TxOutput(parent.outputs[0].value_sats - FEE_SATS, FOREIGN),),
    )

    assert node.accept_transaction(parent) is None
    assert node.accept_transaction(child) is None
    tip = mine(node)

    assert [one.txid_le for one in tip.block.transactions[1:]] == [parent.txid_le, child.txid_le]


@pytest.mark.parametrize(
    ("output", "dusty"),
    [
        (TxOutput(5_459, b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"), True),
        (TxOutput(5_460, b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"), False),
        (TxOutput(2_939, FOREIGN), True),
        (TxOutput(2_940, FOREIGN), False),
        (TxOutput(0, b"\x6a\x01\x00"), False),
    ],
)
def test_dust_is_what_costs_more_to_spend_than_it_holds(output: TxOutput, dusty: bool) -> None:
    assert is_dust(output) is dusty


def test_dust_does_not_wait(node: Node, coins: list[WalletCoin]) -> None:
    payment = spend(coins[0])
    dusty = resigned(coins[0], replace(payment, outputs=(*payment.outputs, TxOutput(1, FOREIGN))))

    assert refusal(node, dusty) == "dust"


@pytest.mark.parametrize(("fee_sats", "is_enough"), [(109, False), (110, True)])
def test_a_fee_below_the_least_does_not_wait(
    node: Node, coins: list[WalletCoin], fee_sats: int, is_enough: bool
) -> None:
    payment = spend(coins[0], fee_sats=fee_sats)
    assert payment.vsize == 110

    reject = node.accept_transaction(payment)

    assert (reject is None) is is_enough
    if reject:
        assert str(reject) == "min relay fee not met, 109 < 110"


def test_a_full_mempool_takes_no_more(
    node: Node, coins: list[WalletCoin], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 1)
    assert node.accept_transaction(spend(coins[0])) is None

    assert refusal(node, spend(coins[1])) == "mempool full"


def test_a_coin_without_segwit_takes_no_witnesses() -> None:
    node = new_node(ChainParameters("Old", "regtest", NETWORK, pow_hash("sha256"), (), maturity=2))
    coins = fund(node)

    assert refusal(node, spend(coins[0])) == "no-witness-yet"
    assert len(node.chain.tip.block.transactions[0].outputs) == 1
