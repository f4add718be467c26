from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.block import BlockBody, assemble_block, header_bytes, with_coinbase_witness
from nompcore.coinbase import CoinbaseSpec, build_coinbase
from nompcore.encoding import display, from_display, varint
from nompcore.errors import EncodingError
from nompcore.hashing import sha256d
from nompcore.job import block_body, pack_transactions, unpack_transactions
from nompcore.share import BlockFound, validate_share
from tests.unit.chain_samples import RegtestBlock, regtest_blocks, vectors

WITNESS = b"\x01\x20" + bytes(32)
POOL = bytes.fromhex("76a914" + "11" * 20 + "88ac")


def whole_coinbase(*, tx_messages: bool) -> bytes:
    parts = build_coinbase(CoinbaseSpec(500000, 1, POOL, b"/nomp/", tx_messages=tx_messages))
    return parts.coinb1 + bytes(8) + parts.coinb2


@pytest.mark.parametrize(
    "row",
    [*vectors("headers.json")["headers"], *vectors("bitcoin_blocks.json")["blocks"]],
    ids=lambda row: row["block_hash"][-8:],
)
def test_a_header_of_a_real_chain_hashes_to_its_block(row: dict[str, Any]) -> None:
    header = header_bytes(
        row["version"],
        from_display(row["prevhash"]),
        from_display(row["merkle_root"]),
        row["ntime"],
        int(row["nbits"], 16),
        row["nonce"],
    )

    assert len(header) == 80
    assert display(sha256d(header)) == row["block_hash"]


def test_a_negative_version_is_written_as_the_same_32_bits() -> None:
    negative = header_bytes(-(2**31) + 2, bytes(32), bytes(32), 0, 0, 0)

    assert negative == header_bytes(2**31 + 2, bytes(32), bytes(32), 0, 0, 0)
    assert negative[:4].hex() == "02000080"


def test_a_block_of_a_proof_of_stake_coin_ends_with_an_empty_signature() -> None:
    body = BlockBody(transactions=(b"one",), has_witness_commitment=False, proof_of_stake=True)

    assert assemble_block(b"h" * 80, b"c", body) == b"h" * 80 + b"\x02" + b"c" + b"one" + b"\x00"


def test_a_coinbase_with_a_time_takes_its_witness_too() -> None:
    parts = build_coinbase(CoinbaseSpec(500000, 1, POOL, b"/nomp/", time=1_700_000_000))
    coinbase = parts.coinb1 + bytes(8) + parts.coinb2

    with_witness = with_coinbase_witness(coinbase, has_time=True)

    assert with_witness == coinbase[:8] + b"\x00\x01" + coinbase[8:-4] + WITNESS + coinbase[-4:]


@pytest.mark.parametrize("block", regtest_blocks(), ids=lambda block: block.label)
def test_the_assembled_block_is_the_one_the_node_accepted(block: RegtestBlock) -> None:
    found = validate_share(
        block.prepared, block.submission, target=0, now_seconds=block.template.curtime, seen=()
    )
    assert isinstance(found, BlockFound)

    body = unpack_transactions(pack_transactions(block_body(block.template)))

    assert assemble_block(found.header, found.coinbase, body) == block.block


def test_a_block_without_witness_commitment_keeps_its_coinbase() -> None:
    coinbase = whole_coinbase(tx_messages=False)
    body = BlockBody(transactions=(b"one", b"two"), has_witness_commitment=False)

    assert assemble_block(b"h" * 80, coinbase, body) == b"h" * 80 + b"\x03" + coinbase + b"onetwo"


def test_an_empty_extension_block_is_still_announced() -> None:
    body = BlockBody(transactions=(), has_witness_commitment=False, mweb=b"")

    assert assemble_block(b"h" * 80, b"c", body) == b"h" * 80 + b"\x01" + b"c" + b"\x01"


@given(st.integers(0, 300))
def test_the_count_of_transactions_includes_the_coinbase(count: int) -> None:
    body = BlockBody(transactions=(b"",) * count, has_witness_commitment=False)

    assert assemble_block(b"", b"", body) == varint(count + 1)


def test_the_witness_goes_before_the_lock_time() -> None:
    coinbase = whole_coinbase(tx_messages=False)

    assert with_coinbase_witness(coinbase) == (
        coinbase[:4] + b"\x00\x01" + coinbase[4:-4] + WITNESS + coinbase[-4:]
    )


def test_the_witness_goes_before_the_lock_time_also_where_a_comment_follows_it() -> None:
    coinbase = whole_coinbase(tx_messages=True)
    tail = bytes(4) + b"\x06/nomp/"

    assert coinbase.endswith(tail)
    assert with_coinbase_witness(coinbase).endswith(WITNESS + tail)


def test_a_coinbase_cut_short_anywhere_is_refused() -> None:
    coinbase = whole_coinbase(tx_messages=False)

    for size in range(len(coinbase)):
        with pytest.raises(EncodingError):
            with_coinbase_witness(coinbase[:size])


def test_a_transaction_with_two_inputs_is_no_coinbase() -> None:
    coinbase = whole_coinbase(tx_messages=False)

    with pytest.raises(EncodingError, match="one input, not 2"):
        with_coinbase_witness(coinbase[:4] + b"\x02" + coinbase[5:])
