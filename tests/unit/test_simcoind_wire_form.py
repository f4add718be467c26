"""Transactions and blocks in the forms of other coins: nothing is lost, and real ones have their real ids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.encoding import display, push_data
from nompcore.hashing import sha256, sha256d
from simcoind.block import Block, Header, parse_block
from simcoind.pubkey import is_pubkey, make_pubkey, pubkey_hash
from simcoind.transaction import NULL_VOUT, OutPoint, Transaction, TxInput, TxOutput, parse_transaction
from simcoind.wire import DecodeError
from simcoind.wire_form import BITCOIN, WireForm
from tests.unit.chain_samples import RegtestBlock, regtest_blocks

STAKE, MWEB = WireForm(has_time=True), WireForm(has_extension=True)
FORMS = st.builds(
    WireForm,
    has_time=st.booleans(),
    has_comments=st.booleans(),
    has_payloads=st.booleans(),
    hashes_coinbase_once=st.booleans(),
)
UINT32 = st.integers(0, 2**32 - 1)
VERSIONS = st.sampled_from([1, 2, 3, -1, 5 << 16 | 3, 5 << 16 | 2, 5 << 16, 1 << 16 | 4])
INPUTS = st.builds(
    TxInput,
    st.builds(OutPoint, st.binary(min_size=32, max_size=32), UINT32),
    st.binary(max_size=80),
    UINT32,
    st.lists(st.binary(max_size=20), max_size=2).map(tuple),
)
OUTPUTS = st.builds(TxOutput, st.integers(0, 2**62), st.binary(max_size=40))


@st.composite
def transactions(draw: st.DrawFn, forms: st.SearchStrategy[WireForm]) -> Transaction:
    """Transactions that hold nothing which their form does not write."""
    form, version = draw(forms), draw(VERSIONS)
    return Transaction(
        version,
        tuple(draw(st.lists(INPUTS, min_size=1, max_size=3))),
        tuple(draw(st.lists(OUTPUTS, max_size=3))),
        draw(UINT32),
        form,
        draw(UINT32) if form.has_time else 0,
        draw(st.binary(max_size=300)) if form.has_tail(version) else b"",
    )


@given(transactions(FORMS))
def test_a_transaction_of_any_form_survives_being_written_and_read(transaction: Transaction) -> None:
    assert parse_transaction(transaction.serialize(), transaction.form) == transaction


@given(st.lists(transactions(st.just(STAKE)), max_size=3), st.binary(max_size=80))
def test_a_signed_block_survives_being_written_and_read(rows: list[Transaction], signature: bytes) -> None:
    block = Block(Header(1, bytes(32), bytes(32), 0, 0, 0), tuple(rows), signature=signature)

    assert parse_block(block.serialize(), STAKE) == block
    with pytest.raises(DecodeError):
        parse_block(block.serialize() + b"\0", STAKE)
    with pytest.raises(DecodeError):
        parse_block(block.serialize()[:-1], STAKE)


@given(FORMS, st.binary(max_size=300))
def test_junk_is_read_or_refused_whatever_the_form(form: WireForm, junk: bytes) -> None:
    for parse in (parse_transaction, parse_block):
        try:
            parsed = parse(junk, form)
        except DecodeError:
            continue
        assert parsed.serialize() == junk


def coinbase(form: WireForm, version: int = 1, tail: bytes = b"", time: int = 0) -> Transaction:
    inputs = (TxInput(OutPoint(bytes(32), NULL_VOUT), b"\x51\x00"),)
    return Transaction(version, inputs, (TxOutput(1, b"\x51"),), form=form, time=time, tail=tail)


def test_only_the_coinbase_is_hashed_once() -> None:
    once = WireForm(hashes_coinbase_once=True)
    first = coinbase(once)
    other = replace(first, inputs=(TxInput(OutPoint(b"\x11" * 32, 0)),))

    assert first.txid_le == sha256(first.serialize())
    assert other.txid_le == sha256d(other.serialize())
    assert coinbase(BITCOIN).txid_le == sha256d(first.serialize())


@pytest.mark.parametrize(
    ("form", "version"), [(WireForm(has_comments=True), 2), (WireForm(has_payloads=True), 5 << 16 | 3)]
)
def test_what_follows_the_lock_time_belongs_to_the_id(form: WireForm, version: int) -> None:
    told = coinbase(form, version, b"hello")

    assert told.serialize().endswith(bytes(4) + b"\x05hello")
    assert told.txid_le == sha256d(told.serialize())
    assert told.txid_le != coinbase(form, version, b"hellp").txid_le


def test_the_first_block_of_peercoin_has_its_merkle_root() -> None:
    text = b"Matonis 07-AUG-2012 Parallel Currencies And The Roadmap To Monetary Freedom"
    script = push_data(bytes.fromhex("ffff001d")) + push_data(bytes.fromhex("0f27")) + push_data(text)
    inputs = (TxInput(OutPoint(bytes(32), NULL_VOUT), script),)

    first = Transaction(1, inputs, (TxOutput(0, b""),), form=STAKE, time=1_345_083_810)

    assert display(first.txid_le) == "3c2d8f85fab4d17aac558cc648a1a58acff0de6deb890c29985690052c5993c2"


WITH_MWEB = [block for block in regtest_blocks() if block.template.mweb is not None]


@pytest.mark.parametrize("sample", WITH_MWEB, ids=lambda sample: sample.label)
def test_a_block_of_litecoind_with_an_extension_block_is_read(sample: RegtestBlock) -> None:
    block = parse_block(sample.block, MWEB)
    rows = sample.answer["transactions"]

    assert block.serialize() == sample.block
    assert block.extension == sample.template.mweb
    assert display(block.merkle_root_le) == sample.merkle_root_display
    assert [display(transaction.txid_le) for transaction in block.transactions[1:]] == [
        r["txid"] for r in rows
    ]
    assert [display(transaction.wtxid_le) for transaction in block.transactions[1:]] == [
        r["hash"] for r in rows
    ]
    assert [transaction.is_hogex for transaction in block.transactions] == [False] * len(rows) + [True]


def test_there_are_extension_blocks_of_litecoind_to_read() -> None:
    assert len(WITH_MWEB) >= 2


@given(st.binary(min_size=1, max_size=20))
def test_made_keys_are_points_of_the_curve(seed: bytes) -> None:
    assert is_pubkey(make_pubkey(seed))
    assert make_pubkey(seed) == make_pubkey(seed)


# The generator of secp256k1, and its address in Bitcoin: 1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH.
GENERATOR = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")


def test_the_generator_is_a_key_with_a_known_hash() -> None:
    assert is_pubkey(GENERATOR)
    assert pubkey_hash(GENERATOR).hex() == "751e76e8199196d454941c45d1b3a323f1433bd6"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GENERATOR[:-1],
        GENERATOR + b"\0",
        b"\x04" + GENERATOR[1:],
        b"\x02" + bytes(31) + b"\x05",  # 5³ + 7 is no square
        b"\x02" + b"\xff" * 32,  # beyond the field
    ],
)
def test_other_bytes_are_no_key(data: bytes) -> None:
    assert not is_pubkey(data)
