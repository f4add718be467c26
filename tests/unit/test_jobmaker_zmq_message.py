"""What a daemon publishes of a new block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import EncodingError
from services.jobmaker.zmq_news import TOPIC, HashBlock, is_gap, parse_hashblock

HASH = bytes(range(32))


def test_a_hash_is_published_as_people_write_it_and_the_sequence_is_little_endian() -> None:
    assert parse_hashblock([b"hashblock", HASH, b"\x01\x02\0\0"]) == HashBlock(HASH.hex(), 0x201)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [TOPIC],
        [TOPIC, HASH],
        [TOPIC, HASH, bytes(4), b""],
        [TOPIC + b"s", HASH, bytes(4)],
        [b"hashtx", HASH, bytes(4)],
        [TOPIC, HASH[1:], bytes(4)],
        [TOPIC, HASH + b"\0", bytes(4)],
        [TOPIC, HASH, bytes(3)],
        [TOPIC, HASH, bytes(5)],
    ],
)
def test_anything_else_is_an_error_of_encoding(parts: list[bytes]) -> None:
    with pytest.raises(EncodingError):
        parse_hashblock(parts)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
def test_every_hash_and_sequence_is_read(block_hash: bytes, sequence: int) -> None:
    parts = [TOPIC, block_hash, sequence.to_bytes(4, "little")]

    assert parse_hashblock(parts) == HashBlock(block_hash.hex(), sequence)


@pytest.mark.parametrize(
    ("before", "sequence", "gap"),
    [
        (None, 0, False),
        (None, 7, False),
        (0, 1, False),
        (0, 2, True),
        (6, 9, True),
        (6, 6, False),
        (6, 0, False),  # started anew
        (2**32 - 1, 0, False),  # counted around
    ],
)
def test_a_gap_is_a_number_that_was_left_out(before: int | None, sequence: int, gap: bool) -> None:
    assert is_gap(before, sequence) is gap
