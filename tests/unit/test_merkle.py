from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import powhash
from nompcore.encoding import display, from_display
from nompcore.errors import EncodingError
from nompcore.hashing import sha256d
from nompcore.merkle import branch, plain_branch, root, root_from_branch
from powhash.merkle import merkle_branch
from tests.unit.chain_samples import RegtestBlock, regtest_blocks, vectors

HASHES = st.binary(min_size=32, max_size=32)


def whole_tree(leaves: list[bytes]) -> bytes:
    """The root by its definition, halving at the largest power of two: nothing shared with the code."""
    if len(leaves) == 1:
        return leaves[0]
    size = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:size], leaves[size:]
    while 2 * len(right) <= size or len(right) & (len(right) - 1):
        odd = len(right) & -len(right)  # the lowest level on which a node lacks its partner
        right = right + right[-odd:]
    return sha256d(whole_tree(left) + whole_tree(right))


@pytest.mark.parametrize("block", vectors("bitcoin_blocks.json")["blocks"], ids=lambda block: block["height"])
def test_real_blocks_have_their_merkle_root(block: dict[str, Any]) -> None:
    txids = [from_display(txid) for txid in block["txids"]]

    assert display(root(txids)) == block["merkle_root"]
    assert display(root_from_branch(txids[0], branch(txids[1:]))) == block["merkle_root"]


@pytest.mark.parametrize("block", regtest_blocks(), ids=lambda block: block.label)
def test_templates_have_the_root_that_the_node_computed(block: RegtestBlock) -> None:
    steps = branch([transaction.txid_le for transaction in block.template.transactions])

    assert display(root_from_branch(from_display(block.coinbase_txid_display), steps)) == (
        block.merkle_root_display
    )


@given(st.lists(HASHES, min_size=1, max_size=40))
def test_the_root_is_that_of_the_whole_tree(leaves: list[bytes]) -> None:
    assert root(leaves) == whole_tree(leaves)


@given(HASHES, st.lists(HASHES, max_size=40))
def test_the_branch_leads_to_the_root_of_the_whole_tree(coinbase_hash: bytes, txids: list[bytes]) -> None:
    assert root_from_branch(coinbase_hash, branch(txids)) == root([coinbase_hash, *txids])


@given(st.integers(0, 200))
def test_a_branch_has_one_step_for_each_level(count: int) -> None:
    assert len(branch([bytes(32)] * count)) == count.bit_length()


def test_a_block_of_the_coinbase_alone_has_it_as_its_root() -> None:
    assert branch([]) == []
    assert root_from_branch(b"c" * 32, []) == b"c" * 32


@given(st.lists(HASHES, max_size=70))
def test_the_branch_of_the_hash_library_is_the_plain_one(txids: list[bytes]) -> None:
    assert branch(txids) == plain_branch(txids)


@pytest.mark.parametrize("count", [255, 256, 257, 3999, 4000])
def test_the_branches_of_large_blocks_are_the_plain_ones(count: int) -> None:
    txids = [number.to_bytes(32, "little") for number in range(count)]

    assert branch(txids) == plain_branch(txids)


@pytest.mark.skipif(not powhash.ALGORITHMS, reason="no hash library: test_hash_library_build.py says so")
def test_the_hash_library_takes_whole_hashes_only() -> None:
    assert merkle_branch(b"") == b""
    with pytest.raises(ValueError, match="33 bytes"):
        merkle_branch(bytes(33))


def test_there_is_no_root_of_nothing() -> None:
    with pytest.raises(EncodingError):
        root([])
