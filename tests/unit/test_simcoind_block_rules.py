"""Each way of spoiling a good block is refused with the reference node's reason, and only then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simcoind.block import Block
from simcoind.block_assembly import select
from simcoind.block_template import build_template
from simcoind.node import Node
from simcoind.script import height_push
from tests.block_mutations import (
    MUTATIONS,
    Mutation,
    block_of,
    committed,
    paying,
    solved,
    with_broken_signature,
    with_coinbase,
    with_coinbase_input,
    with_header,
    with_last,
    with_transactions,
)
from tests.simcoind_chain import FOREIGN, PARAMETERS, fund, mine, new_node, spend


@pytest.fixture
def node() -> Node:
    """A node with two payments in its mempool."""
    made = new_node()
    for coin in fund(made, 2):
        assert made.accept_transaction(spend(coin)) is None
    return made


def good_block(node: Node, extranonce: int = 0) -> Block:
    chain = node.chain
    position = chain.position_after(chain.tip, node.clock())
    entries = select(node.mempool.entries.values())
    template = build_template(node.parameters, position, chain.tip.hash_display, entries, "")
    return block_of(template, FOREIGN, extranonce)


def submit(node: Node, block: Block) -> str | None:
    return node.submit(solved(block, PARAMETERS.pow_hash))


def test_a_block_made_from_the_template_is_accepted(node: Node) -> None:
    block = good_block(node)

    assert submit(node, block) is None
    assert node.chain.tip.height == 5
    assert len(node.chain.tip.block.transactions) == 3
    assert not node.mempool.entries


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_spoilt_block_is_refused_with_its_reason(node: Node, mutation: Mutation) -> None:
    tip, unspent = node.chain.tip, len(node.chain.utxos)

    block = mutation.change(good_block(node))
    answer = node.submit(solved(block, PARAMETERS.pow_hash, meets_target=mutation.meets_target))

    assert answer == mutation.answer
    assert node.chain.tip is tip
    assert len(node.chain.utxos) == unspent
    assert len(node.mempool.entries) == 2
    assert submit(node, good_block(node)) is None


@pytest.mark.parametrize("height", [4, 6, 17, 128, 500_000])
def test_a_coinbase_with_another_height_is_refused(node: Node, height: int) -> None:
    script_sig = height_push(height) + bytes(8)

    assert submit(node, with_coinbase_input(good_block(node), script_sig=script_sig)) == "bad-cb-height"


def test_a_block_must_begin_with_its_coinbase(node: Node) -> None:
    block = good_block(node)

    assert submit(node, with_transactions(block, *block.transactions[::-1])) == "bad-cb-missing"


def test_a_proposal_without_a_coinbase_is_refused(node: Node) -> None:
    refused = node.chain.propose(replace(good_block(node), transactions=()), node.clock())

    assert refused is not None
    assert refused.reason == "bad-blk-length"


def test_a_transaction_without_inputs_is_refused(node: Node) -> None:
    assert submit(node, with_last(good_block(node), inputs=())) == "bad-txns-vin-empty"


def test_a_transaction_whose_outputs_are_unspent_does_not_come_again(node: Node) -> None:
    assert submit(node, good_block(node)) is None
    again = node.chain.tip.block.transactions[1]
    block = good_block(node)

    answer = submit(node, committed(with_transactions(block, block.transactions[0], again)))

    assert answer == "bad-txns-BIP30"


def test_a_coinbase_may_pay_less_than_it_could(node: Node) -> None:
    assert submit(node, paying(good_block(node), -1)) is None


def test_an_altered_signature_is_refused(node: Node) -> None:
    answer = submit(node, with_broken_signature(good_block(node)))

    assert answer is not None
    assert answer.startswith("mandatory-script-verify-flag-failed")


def test_the_witness_nonce_is_added_to_a_coinbase_without_witness(node: Node) -> None:
    assert submit(node, with_coinbase_input(good_block(node), witness=())) is None
    assert node.chain.tip.block.transactions[0].inputs[0].witness == (bytes(32),)


def test_a_block_without_witnesses_needs_no_commitment() -> None:
    node = new_node()
    mine(node)
    block = good_block(node)
    bare = with_coinbase_input(block, witness=())

    assert submit(node, with_coinbase(bare, outputs=bare.transactions[0].outputs[:1])) is None


def test_the_same_block_again_is_a_duplicate(node: Node) -> None:
    block = good_block(node)

    assert submit(node, block) is None
    assert submit(node, block) == "duplicate"


def test_a_block_that_failed_when_connected_is_a_duplicate_invalid(node: Node) -> None:
    block = paying(good_block(node), 1)

    assert submit(node, block) == "bad-cb-amount"
    assert submit(node, block) == "duplicate-invalid"


def test_a_valid_sibling_of_the_tip_is_inconclusive(node: Node) -> None:
    sibling = good_block(node, extranonce=1)

    assert submit(node, good_block(node)) is None
    assert submit(node, sibling) == "inconclusive"


def test_nbits_that_are_no_target_are_refused(node: Node) -> None:
    block = good_block(node)

    assert node.submit(with_header(block, nbits=0xFF123456)) == "high-hash"


def test_a_proposal_is_judged_without_its_proof_of_work(node: Node) -> None:
    block = solved(good_block(node), PARAMETERS.pow_hash, meets_target=False)

    assert node.chain.propose(block, node.clock()) is None
    assert node.chain.tip.height == 4
    refused = node.chain.propose(paying(block, 1), node.clock())
    assert refused is not None
    assert refused.reason == "bad-cb-amount"
