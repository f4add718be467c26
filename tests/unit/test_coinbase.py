from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.coinbase import (
    EXTRANONCE1_SIZE,
    EXTRANONCE2_SIZE,
    MAX_SCRIPT_SIZE,
    PPM,
    CoinbaseParts,
    CoinbaseSpec,
    Output,
    Recipient,
    build_coinbase,
    coinbase_outputs,
)
from nompcore.encoding import push_int, read_varint, varint
from nompcore.errors import EncodingError, TemplateError
from tests.unit.chain_samples import RegtestBlock, regtest_blocks

POOL = bytes.fromhex("76a914" + "11" * 20 + "88ac")
COMMITMENT = bytes.fromhex("6a24aa21a9ed" + "22" * 32)
EXTRANONCES = bytes.fromhex("f000000ff111111f")

scripts = st.binary(min_size=22, max_size=42)
recipients = st.lists(st.builds(Recipient, scripts, st.integers(0, PPM // 8)), max_size=8).map(tuple)
specs = st.builds(
    CoinbaseSpec,
    height=st.integers(1, 2**31),
    value_sats=st.integers(0, 2**53),
    pool_script=scripts,
    pool_tag=st.binary(max_size=60),
    recipients=recipients,
    witness_commitment=st.none() | st.just(COMMITMENT),
    aux_flags=st.binary(max_size=20),
    tx_messages=st.booleans(),
    payees=st.lists(st.builds(Output, st.integers(0, 2**40), scripts), max_size=4).map(tuple),
    time=st.none() | st.integers(0, 2**32 - 1),
    payload=st.none() | st.binary(max_size=300),
).filter(lambda spec: sum(payee.value_sats for payee in spec.payees) <= spec.value_sats)


@dataclass(frozen=True)
class Transaction:
    """A coinbase read field by field."""

    version: int
    time: int | None
    outpoint: bytes
    script: bytes
    sequence: bytes
    outputs: list[Output]
    rest: bytes  # lock time and what follows


def read_transaction(raw: bytes, *, has_time: bool = False) -> Transaction:
    version, raw = int.from_bytes(raw[:4], "little"), raw[4:]
    time, raw = (int.from_bytes(raw[:4], "little"), raw[4:]) if has_time else (None, raw)
    assert raw[0] == 1, "one input"
    script_size, at = read_varint(raw, 37)
    script, at = raw[at : at + script_size], at + script_size
    sequence, at = raw[at : at + 4], at + 4
    count, at = read_varint(raw, at)
    outputs = []
    for _ in range(count):
        value_sats = int.from_bytes(raw[at : at + 8], "little")
        size, at = read_varint(raw, at + 8)
        outputs.append(Output(value_sats, raw[at : at + size]))
        at += size
    return Transaction(version, time, raw[1:37], script, sequence, outputs, raw[at:])


def read(spec: CoinbaseSpec) -> Transaction:
    return read_transaction(whole(build_coinbase(spec)), has_time=spec.time is not None)


def whole(parts: CoinbaseParts) -> bytes:
    return parts.coinb1 + EXTRANONCES + parts.coinb2


def test_a_plain_coinbase_is_these_bytes() -> None:
    parts = build_coinbase(
        CoinbaseSpec(
            height=500000,
            value_sats=5_000_000_000,
            pool_script=POOL,
            pool_tag=b"/nomp/",
            recipients=(Recipient(b"\x51" * 22, 15_000),),
            witness_commitment=COMMITMENT,
        )
    )

    assert parts.coinb1.hex() == "0100000001" + "00" * 32 + "ffffffff" + "14" + "0320a107" + "08"
    assert parts.coinb2.hex() == (
        "06" + b"/nomp/".hex() + "ffffffff" + "03"
        "0000000000000000" + "26" + COMMITMENT.hex() +
        "40898d2501000000" + "19" + POOL.hex() +
        "c068780400000000" + "16" + "51" * 22 +
        "00000000"
    )  # fmt: skip
    assert parts.reward_sats == 4_925_000_000


@pytest.mark.parametrize("block", regtest_blocks(), ids=lambda block: block.label)
def test_a_node_reads_the_coinbase_as_it_was_meant(block: RegtestBlock) -> None:
    transaction = read_transaction(block.prepared.coinb1 + EXTRANONCES + block.prepared.coinb2)

    assert transaction.outputs[0] == Output(0, block.template.witness_commitment or b"")
    assert transaction.outputs[1].value_sats == block.job.reward_sats
    assert sum(output.value_sats for output in transaction.outputs) == block.template.coinbasevalue


@given(specs)
def test_the_halves_around_an_extranonce_are_the_transaction_asked_for(spec: CoinbaseSpec) -> None:
    transaction = read(spec)

    plain = 2 if spec.tx_messages else 1
    assert transaction.version == (plain if spec.payload is None else 0x00050003)
    assert transaction.time == spec.time
    assert transaction.outpoint == bytes(32) + b"\xff" * 4
    assert transaction.outputs == coinbase_outputs(spec)[0]
    assert transaction.sequence == b"\xff" * 4
    assert transaction.rest[:4] == bytes(4)
    comment = bytes([len(spec.pool_tag)]) + spec.pool_tag if spec.tx_messages else b""
    payload = b"" if spec.payload is None else varint(len(spec.payload)) + spec.payload
    assert transaction.rest[4:] == comment + payload


@given(specs)
def test_the_script_holds_height_flags_extranonce_and_tag_in_this_order(spec: CoinbaseSpec) -> None:
    script = read(spec).script

    tag = bytes([len(spec.pool_tag)]) + spec.pool_tag if spec.pool_tag else b""
    assert script == push_int(spec.height) + spec.aux_flags + b"\x08" + EXTRANONCES + tag
    assert 2 <= len(script) <= MAX_SCRIPT_SIZE


@given(specs)
def test_all_of_the_value_is_paid_and_no_recipient_gets_more_than_its_part(spec: CoinbaseSpec) -> None:
    outputs, reward_sats = coinbase_outputs(spec)

    assert sum(output.value_sats for output in outputs) == spec.value_sats
    assert Output(reward_sats, spec.pool_script) in outputs
    left_sats = spec.value_sats - sum(payee.value_sats for payee in spec.payees)
    for output, recipient in zip(
        outputs[len(outputs) - len(spec.recipients) :], spec.recipients, strict=True
    ):
        assert 0 <= left_sats * recipient.ppm - output.value_sats * PPM < PPM


@given(specs)
def test_every_payee_gets_exactly_what_the_chain_demands(spec: CoinbaseSpec) -> None:
    outputs, _ = coinbase_outputs(spec)

    before = len(outputs) - len(spec.recipients) - len(spec.payees)
    assert tuple(outputs[before : before + len(spec.payees)]) == spec.payees


def test_payees_cannot_get_more_than_there_is() -> None:
    with pytest.raises(TemplateError, match="exceed its value"):
        build_coinbase(CoinbaseSpec(1, 10, POOL, payees=(Output(11, POOL),)))


@given(specs)
def test_the_witness_commitment_comes_first_and_is_worth_nothing(spec: CoinbaseSpec) -> None:
    outputs, _ = coinbase_outputs(spec)

    assert (outputs[0] == Output(0, COMMITMENT)) == (spec.witness_commitment is not None)


def test_the_extranonce_has_room_for_both_parts() -> None:
    assert len(EXTRANONCES) == EXTRANONCE1_SIZE + EXTRANONCE2_SIZE


def test_a_script_of_100_bytes_fits_and_one_of_101_does_not() -> None:
    exactly = CoinbaseSpec(500000, 1, POOL, bytes(60), aux_flags=bytes(26))
    too_long = CoinbaseSpec(500000, 1, POOL, bytes(60), aux_flags=bytes(27))

    assert len(read_transaction(whole(build_coinbase(exactly))).script) == 100
    with pytest.raises(TemplateError, match="101 bytes of 100"):
        build_coinbase(too_long)


@pytest.mark.parametrize("parts_ppm", [(PPM + 1,), (600_000, 600_000), (-1,)])
def test_recipients_cannot_get_more_than_there_is_or_less_than_nothing(parts_ppm: tuple[int, ...]) -> None:
    with pytest.raises(EncodingError):
        build_coinbase(
            CoinbaseSpec(1, 5_000_000_000, POOL, recipients=tuple(Recipient(POOL, ppm) for ppm in parts_ppm))
        )


@given(st.binary(min_size=4, max_size=4), st.integers(0, 75))
def test_a_mark_stands_before_the_extranonce_where_there_is_room_for_it(mark: bytes, tag_bytes: int) -> None:
    """And makes other work of what is alike otherwise, so that no share of the one is one of the other."""
    spec = CoinbaseSpec(height=700_000, value_sats=1, pool_script=b"", pool_tag=bytes(tag_bytes))
    plain, marked = build_coinbase(spec), build_coinbase(replace(spec, mark=mark))

    has_room = 4 + 9 + (tag_bytes and 1 + tag_bytes) + 5 <= MAX_SCRIPT_SIZE
    assert marked.coinb1.endswith(push_int(700_000) + b"\x04" + mark + b"\x08") == has_room
    assert (marked.coinb1 != plain.coinb1) == has_room
    assert marked.coinb2 == plain.coinb2
