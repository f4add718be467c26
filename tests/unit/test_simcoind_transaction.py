"""simcoind's own reading of transactions and blocks: nothing is lost, nothing is made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.encoding import display
from simcoind.block import Block, Header, parse_block
from simcoind.block_rules import Position, check_block, check_position, check_proof_of_work
from simcoind.parameters import ChainParameters
from simcoind.script import (
    NONSTANDARD,
    NULLDATA,
    PUBKEYHASH,
    SCRIPTHASH,
    TAPROOT,
    WITNESS_KEYHASH,
    WITNESS_SCRIPTHASH,
    height_push,
    script_kind,
)
from simcoind.transaction import (
    OutPoint,
    Transaction,
    TxInput,
    TxOutput,
    parse_transaction,
)
from simcoind.wire import DecodeError, Reader
from tests.unit.chain_samples import RegtestBlock, regtest_blocks

UINT32 = st.integers(0, 2**32 - 1)
SCRIPTS = st.binary(max_size=300)
WITNESSES = st.lists(st.binary(max_size=80), max_size=3).map(tuple)
OUTPOINTS = st.builds(OutPoint, st.binary(min_size=32, max_size=32), UINT32)
INPUTS = st.builds(TxInput, OUTPOINTS, SCRIPTS, UINT32, WITNESSES)
OUTPUTS = st.builds(TxOutput, st.integers(-(2**63), 2**63 - 1), SCRIPTS)
TRANSACTIONS = st.builds(
    Transaction,
    st.integers(-(2**31), 2**31 - 1),
    st.lists(INPUTS, min_size=1, max_size=4).map(tuple),
    st.lists(OUTPUTS, max_size=4).map(tuple),
    UINT32,
)
HEADERS = st.builds(
    Header,
    st.integers(-(2**31), 2**31 - 1),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    UINT32,
    UINT32,
    UINT32,
)

WITHOUT_MWEB = [block for block in regtest_blocks() if block.template.mweb is None]


@given(TRANSACTIONS)
def test_a_transaction_survives_being_written_and_read(transaction: Transaction) -> None:
    assert parse_transaction(transaction.serialize()) == transaction


@given(HEADERS, st.lists(TRANSACTIONS, max_size=3))
def test_a_block_survives_being_written_and_read(header: Header, transactions: list[Transaction]) -> None:
    block = Block(header, tuple(transactions))

    assert parse_block(block.serialize()) == block
    assert block.size == len(block.serialize())


@given(TRANSACTIONS, st.data())
def test_a_transaction_cut_short_is_refused(transaction: Transaction, data: st.DataObject) -> None:
    raw = transaction.serialize_without_witness()
    length = data.draw(st.integers(0, len(raw) - 1))

    with pytest.raises(DecodeError):
        parse_transaction(raw[:length])


@given(TRANSACTIONS)
def test_a_transaction_with_more_behind_it_is_refused(transaction: Transaction) -> None:
    with pytest.raises(DecodeError):
        parse_transaction(transaction.serialize_without_witness() + b"\x00")


@given(TRANSACTIONS)
def test_with_more_behind_it_a_witness_form_is_at_most_a_draft(transaction: Transaction) -> None:
    try:
        misread = parse_transaction(transaction.serialize() + b"\x00")
    except DecodeError:
        return
    assert misread.inputs == ()  # which no node takes


@given(st.binary(max_size=400))
def test_junk_is_read_or_refused_but_breaks_nothing(junk: bytes) -> None:
    for parse in (parse_transaction, parse_block):
        try:
            parsed = parse(junk)
        except DecodeError:
            continue
        assert parsed.serialize() == junk


def test_a_draft_without_inputs_is_read_although_it_looks_like_a_witness_flag() -> None:
    draft = Transaction(2, (), (TxOutput(150_000_000, bytes(25)),))

    assert parse_transaction(draft.serialize()) == draft


def test_a_witness_flag_without_any_witness_is_refused() -> None:
    plain = Transaction(2, (TxInput(OutPoint(bytes(32), 0)),), (TxOutput(1, b""),))
    raw = plain.serialize()
    flagged = raw[:4] + b"\x00\x01" + raw[4:-4] + b"\x00" + raw[-4:]

    with pytest.raises(DecodeError):
        parse_transaction(flagged)


@given(TRANSACTIONS)
def test_witnesses_change_the_wtxid_but_not_the_txid(transaction: Transaction) -> None:
    bare = Transaction(
        transaction.version,
        tuple(TxInput(i.previous, i.script_sig, i.sequence) for i in transaction.inputs),
        transaction.outputs,
        transaction.locktime,
    )

    assert bare.txid_le == transaction.txid_le
    assert (bare.wtxid_le == transaction.wtxid_le) is not transaction.has_witness
    assert transaction.weight == 3 * bare.size + transaction.size


@pytest.mark.parametrize(
    ("data", "value"),
    [("fc", 0xFC), ("fdfd00", 0xFD), ("fdffff", 0xFFFF), ("fe00000100", 0x10000), ("fe00000002", 0x02000000)],
)
def test_compact_sizes_are_read(data: str, value: int) -> None:
    assert Reader(bytes.fromhex(data)).compact_size() == value


@pytest.mark.parametrize("data", ["", "fd", "fdfc00", "feffff0000", "ff0000000001000000", "fe01000002"])
def test_compact_sizes_that_are_cut_long_winded_or_huge_are_refused(data: str) -> None:
    with pytest.raises(DecodeError):
        Reader(bytes.fromhex(data)).compact_size()


@pytest.mark.parametrize(
    ("height", "push"),
    [
        (0, "00"),
        (1, "51"),
        (16, "60"),
        (17, "0111"),
        (127, "017f"),
        (128, "028000"),
        (255, "02ff00"),
        (32767, "02ff7f"),
        (32768, "03008000"),
        (500000, "0320a107"),
    ],
)
def test_a_coinbase_begins_with_its_height(height: int, push: str) -> None:
    assert height_push(height).hex() == push


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("76a914" + "11" * 20 + "88ac", PUBKEYHASH),
        ("a914" + "11" * 20 + "87", SCRIPTHASH),
        ("0014" + "11" * 20, WITNESS_KEYHASH),
        ("0020" + "11" * 32, WITNESS_SCRIPTHASH),
        ("5120" + "11" * 32, TAPROOT),
        ("6a0100", NULLDATA),
        ("51", NONSTANDARD),
        ("", NONSTANDARD),
        ("0014" + "11" * 21, NONSTANDARD),
    ],
)
def test_scripts_are_told_apart(script: str, kind: str) -> None:
    assert script_kind(bytes.fromhex(script)) == kind


@pytest.mark.parametrize("sample", WITHOUT_MWEB, ids=lambda sample: sample.label)
def test_a_block_that_litecoind_accepted_is_accepted(sample: RegtestBlock) -> None:
    block = parse_block(sample.block)
    parameters = ChainParameters(
        "Litecoin", "regtest", sample.coin.networks["regtest"], sample.coin.pow_hash, ("segwit",)
    )
    template = sample.template
    position = Position(template.height, template.mintime - 1, block.header.nbits, template.curtime)

    assert block.serialize() == sample.block
    assert display(block.merkle_root_le) == sample.merkle_root_display
    assert display(block.transactions[0].txid_le) == sample.coinbase_txid_display
    assert display(parameters.block_hash_le(block.header.serialize())) == sample.block_hash_display
    assert check_proof_of_work(block, parameters) is None
    assert check_block(block) is None
    assert check_position(block, position) is None


def test_there_are_blocks_of_litecoind_to_judge() -> None:
    assert len(WITHOUT_MWEB) >= 3
