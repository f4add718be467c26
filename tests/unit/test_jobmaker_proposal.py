"""The block that is proposed to a daemon, read back by another parser, and which blocks have one shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.block import assemble_block
from nompcore.coinbase import EXTRANONCE1_SIZE, EXTRANONCE2_SIZE, Output
from nompcore.encoding import from_display
from nompcore.job import block_body
from nompcore.merkle import root
from nompcore.template import Template, TemplateTransaction
from services.jobmaker.proposal import Shape, proposed_block, shape_of
from simcoind.block import Block, Header, parse_block
from simcoind.wire_form import WireForm
from tests.servers.block_finder import find_block
from tests.unit.chain_samples import RegtestBlock, regtest_blocks

BLOCKS = regtest_blocks()
FORM = WireForm(has_extension=True)  # litecoin's
SCRIPT = b"\x51"
HEADER_SIZE, NONCE_AT = 80, 76  # bytes
ZEROS = bytes(EXTRANONCE1_SIZE + EXTRANONCE2_SIZE)


def proposed(block: RegtestBlock) -> Block:
    """What a node would read in the block that the sample's job would become."""
    return parse_block(proposed_block(block.job, block_body(block.template), block.coin), FORM)


def shape(template: Template, *, script: bytes = SCRIPT, proof_of_stake: bool = False) -> Shape:
    return shape_of(template, script, proof_of_stake=proof_of_stake)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_the_proposed_header_is_the_templates(block: RegtestBlock) -> None:
    seen, template = proposed(block), block.template

    assert seen.header == Header(
        version=template.version,
        prevhash_le=from_display(template.prevhash_display),
        merkle_root_le=root([transaction.txid_le for transaction in seen.transactions]),
        ntime=template.curtime,
        nbits=int(template.nbits_hex, 16),
        nonce=0,
    )


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_the_proposed_coinbase_is_the_jobs_with_zeros_for_the_extranonces(block: RegtestBlock) -> None:
    coinbase = proposed(block).transactions[0]

    expected = bytes.fromhex(block.job.coinb1_hex) + ZEROS + bytes.fromhex(block.job.coinb2_hex)
    assert coinbase.serialize_without_witness() == expected
    assert coinbase.inputs[0].witness == (bytes(32),)
    assert sum(output.value_sats for output in coinbase.outputs) == block.template.coinbasevalue


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_the_proposed_block_holds_the_templates_transactions_and_extension_block(block: RegtestBlock) -> None:
    seen = proposed(block)

    assert [transaction.serialize() for transaction in seen.transactions[1:]] == [
        transaction.data for transaction in block.template.transactions
    ]
    assert seen.extension == block.template.mweb


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_the_proposed_block_is_what_a_miner_would_find_but_for_its_work(block: RegtestBlock) -> None:
    body = block_body(block.template)
    found = find_block(block.job, block.coin, extranonce1=bytes(EXTRANONCE1_SIZE))
    block_found = assemble_block(bytes.fromhex(found.header_hex), bytes.fromhex(found.coinbase_hex), body)

    proposal = proposed_block(block.job, body, block.coin)

    assert proposal[:NONCE_AT] == block_found[:NONCE_AT]
    assert proposal[HEADER_SIZE:] == block_found[HEADER_SIZE:]


def test_templates_of_a_daemon_one_after_the_other_have_one_shape() -> None:
    first, second = BLOCKS[:2]

    assert first.template.prevhash_display != second.template.prevhash_display
    assert shape(first.template) == shape(second.template)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "height": st.integers(min_value=1, max_value=2**31),
            "prevhash_display": st.binary(min_size=32, max_size=32).map(bytes.hex),
            "curtime": st.integers(min_value=0, max_value=2**32 - 1),
            "mintime": st.integers(min_value=0, max_value=2**32 - 1),
            "nbits_hex": st.just("1d00ffff"),
            "target": st.integers(min_value=1, max_value=2**256 - 1),
            "coinbasevalue": st.integers(min_value=0, max_value=2**63 - 1),
            "longpollid": st.text(),
            "witness_commitment": st.binary(min_size=1),
            "mweb": st.binary(min_size=1),
            "transactions": st.lists(
                st.builds(TemplateTransaction, st.binary(), st.binary(), st.integers()), min_size=1
            ).map(tuple),
        },
    )
)
def test_the_next_template_of_the_same_kind_has_the_same_shape(changes: dict[str, Any]) -> None:
    template = BLOCKS[-1].template  # with transactions, commitment and extension block

    assert shape(replace(template, **changes)) == shape(template)


@given(st.permutations(BLOCKS[-1].template.rules))
def test_the_order_of_the_rules_is_nothing(rules: list[str]) -> None:
    template = BLOCKS[-1].template

    assert shape(replace(template, rules=tuple(rules))) == shape(template)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0x20000001},
        {"rules": ("csv", "!segwit")},
        {"transactions": ()},
        {"witness_commitment": None},
        {"mweb": None},
        {"flags": b"/P2SH/"},
        {"payees": (Output(1, b"\x51"),)},
        {"coinbase_payload": b"\x01"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_decides_how_a_block_is_made_changes_the_shape(changes: dict[str, Any]) -> None:
    template = BLOCKS[-1].template

    assert shape(replace(template, **changes)) != shape(template)


def test_more_payees_and_a_longer_payload_are_another_shape_and_other_ones_are_not() -> None:
    payee, other = Output(1, b"\x51"), Output(2, b"\x52")
    template = replace(BLOCKS[-1].template, payees=(payee,), coinbase_payload=b"one")

    assert shape(replace(template, payees=(other,), coinbase_payload=b"two")) == shape(template)
    assert shape(replace(template, payees=(payee, other))) != shape(template)
    assert shape(replace(template, coinbase_payload=b"three")) != shape(template)


def test_whom_the_coinbase_pays_and_whether_the_coin_stakes_change_the_shape() -> None:
    template = BLOCKS[-1].template

    assert shape(template, script=b"\x52") != shape(template)
    assert shape(template, proof_of_stake=True) != shape(template)
