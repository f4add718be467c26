"""The best chain is the one with the most work, and what it holds depends on nothing but its blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcoind.block_assembly import build_block
from simcoind.mempool import MempoolEntry
from simcoind.node import Node
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput
from simcoind.wallet import Wallet
from tests.simcoind_chain import (
    FEE_SATS,
    FOREIGN,
    PARAMETERS,
    fund,
    mine,
    new_node,
    next_block,
    own_script,
    solve,
    spend,
    wallet_of,
)


def extend(node: Node, height: int, blocks: int) -> None:
    """Mine empty blocks beside the chain, on its block at `height`."""
    parent = node.chain.at(height)
    for _ in range(blocks):
        assert parent is not None
        block = next_block(node, parent=parent)
        assert node.submit(block) in (None, "inconclusive")
        parent = node.chain.tree.get(PARAMETERS.block_hash_le(block.header.serialize()))


def spendable(wallet: Wallet) -> set[OutPoint]:
    return {coin.outpoint for coin in wallet.spendable()}


def test_the_first_of_two_equal_branches_stays_best() -> None:
    node = new_node()
    tip = mine(node, 3)

    extend(node, 1, 2)

    assert node.chain.tip is tip


def test_a_longer_branch_becomes_best_and_the_old_one_has_no_confirmations() -> None:
    node = new_node()
    old = mine(node, 3)

    extend(node, 1, 3)

    assert node.chain.tip.height == 4
    assert node.chain.confirmations(old) == -1
    assert node.chain.at(3) is not old


def test_a_harder_block_counts_for_more_work() -> None:
    node = new_node()
    easy = mine(node)
    node.set_nbits(0x2007FFFF)

    hard = mine(node)

    assert easy.chain_work == 2 + 2
    assert hard.chain_work == easy.chain_work + 2 * 16


def test_a_block_must_claim_the_difficulty_of_its_height() -> None:
    node = new_node()
    mine(node)
    stale = next_block(node)
    node.set_nbits(0x207FFF00)

    assert node.submit(stale) == "bad-diffbits"
    assert node.submit(next_block(node)) is None


def test_a_reorganisation_returns_payments_to_the_mempool() -> None:
    node = new_node()
    coin = fund(node)[0]
    payment = spend(coin)
    assert node.accept_transaction(payment) is None
    mine(node)
    assert payment.txid_le in node.chain.block_of

    extend(node, node.chain.tip.height - 1, 2)

    assert payment.txid_le not in node.chain.block_of
    assert list(node.mempool.entries) == [payment.txid_le]
    mine(node)
    assert payment.txid_le in node.chain.block_of


def test_a_payment_of_an_orphaned_coinbase_is_dropped() -> None:
    node = new_node()
    fund(node, 1)
    payment = spend(wallet_of(node).spendable()[0])
    assert node.accept_transaction(payment) is None
    mine(node)

    extend(node, 0, 5)

    assert node.chain.tip.height == 5
    assert not node.mempool.entries
    assert node.mempool.dropped == 1


def test_a_waiting_payment_is_dropped_when_its_rival_is_mined() -> None:
    node = new_node()
    coin = fund(node)[0]
    waiting, rival = spend(coin), spend(coin, fee_sats=2 * FEE_SATS)
    assert node.accept_transaction(waiting) is None
    position = node.chain.position_after(node.chain.tip, node.clock())
    entries = [MempoolEntry(rival, 2 * FEE_SATS, node.clock(), position.height)]
    block = build_block(PARAMETERS, position, node.chain.tip.hash_le, entries, FOREIGN, 99)

    assert node.submit(solve(block)) is None
    mine(node)

    assert not node.mempool.entries
    assert node.mempool.dropped == 1
    assert wallet_of(node).confirmations(waiting) == -2
    assert wallet_of(node).confirmations(rival) == 2
    assert wallet_of(node).conflicts(waiting) == [rival.txid_le]


@pytest.mark.parametrize(("depth", "is_spendable"), [(1, False), (2, True)])
def test_a_coinbase_is_spendable_after_its_maturity(depth: int, is_spendable: bool) -> None:
    node = new_node()
    mine(node, 1, b"\x51")
    coinbase = node.chain.tip.block.transactions[0]
    mine(node, depth - 1)
    payment = Transaction(
        2,
        (TxInput(OutPoint(coinbase.txid_le, 0)),),
        (TxOutput(coinbase.outputs[0].value_sats - FEE_SATS, FOREIGN),),
    )

    reject = node.accept_transaction(payment)

    assert (reject is None) is is_spendable
    if reject:
        assert reject.reason == "bad-txns-premature-spend-of-coinbase"


def test_the_subsidy_halves() -> None:
    parameters = replace(PARAMETERS, halving_interval=2)
    node = new_node(parameters)

    mine(node, 5)
    rewards = [node.chain.at(height) for height in range(1, 6)]

    values = [entry.block.transactions[0].outputs[0].value_sats for entry in rewards if entry]
    assert values == [5_000_000_000, 2_500_000_000, 2_500_000_000, 1_250_000_000, 1_250_000_000]


def test_an_invalidated_block_leaves_with_all_that_follows_and_comes_back() -> None:
    node = new_node()
    tip = mine(node, 4)
    second = node.chain.at(2)
    assert second is not None

    node.invalidate(second)
    assert node.chain.tip.height == 1
    mine(node)
    node.reconsider(second)

    assert node.chain.tip is tip
    assert node.chain.confirmations(second) == 3


def test_a_block_on_an_invalid_one_is_refused() -> None:
    node = new_node()
    tip = mine(node, 2)
    block = next_block(node)
    node.invalidate(tip)

    assert node.submit(block) == "bad-prevblk"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("mine"), st.integers(1, 3)),
        st.tuples(st.just("fork"), st.integers(1, 4)),
        st.tuples(st.just("pay"), st.integers(1, 2)),
        st.tuples(st.just("invalidate"), st.integers(1, 3)),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_after_any_history_the_state_is_that_of_the_best_blocks_alone(steps: list[tuple[str, int]]) -> None:
    node = new_node()
    script = own_script(node)
    mine(node, 5, script)
    for step, number in steps:
        if step == "mine":
            mine(node, number, script)
        elif step == "fork":
            extend(node, max(0, node.chain.tip.height - number), number + 1)
        elif step == "pay":
            for coin in wallet_of(node).spendable()[:number]:
                assert node.accept_transaction(spend(coin, script)) is None
        elif node.chain.tip.parent:
            node.invalidate(node.chain.tip)

    fresh = new_node()
    own_script(fresh)
    for height in range(1, node.chain.tip.height + 1):
        entry = node.chain.at(height)
        assert entry is not None
        assert fresh.submit(entry.block) is None

    assert dict(fresh.chain.utxos.items()) == dict(node.chain.utxos.items())
    assert fresh.chain.spender_of == node.chain.spender_of
    assert fresh.chain.block_of.keys() == node.chain.block_of.keys()
    for waiting in node.mempool.entries.values():
        assert fresh.accept_transaction(waiting.transaction) is None
    assert spendable(wallet_of(fresh)) == spendable(wallet_of(node))
