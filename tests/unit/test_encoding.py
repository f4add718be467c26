from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.encoding import (
    display,
    from_display,
    from_stratum_prevhash,
    hex_to_bytes,
    push_data,
    push_int,
    read_varint,
    stratum_prevhash_hex,
    varint,
)
from nompcore.errors import EncodingError


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "00"),
        (0xFC, "fc"),
        (0xFD, "fdfd00"),
        (0xFFFF, "fdffff"),
        (0x10000, "fe00000100"),
        (0xFFFFFFFF, "feffffffff"),
        (0x100000000, "ff0000000001000000"),
    ],
)
def test_a_varint_takes_the_shortest_form(number: int, expected: str) -> None:
    assert varint(number).hex() == expected


@given(st.integers(0, 2**64 - 1), st.binary(max_size=4), st.binary(max_size=4))
def test_a_varint_is_read_back_where_it_stands(number: int, before: bytes, after: bytes) -> None:
    encoded = varint(number)

    assert read_varint(before + encoded + after, len(before)) == (number, len(before) + len(encoded))


@given(st.integers(0, 2**64 - 1))
def test_a_varint_cut_short_is_refused(number: int) -> None:
    with pytest.raises(EncodingError):
        read_varint(varint(number)[:-1])


@pytest.mark.parametrize("number", [-1, 2**64])
def test_a_number_that_does_not_fit_is_no_varint(number: int) -> None:
    with pytest.raises(EncodingError):
        varint(number)


@pytest.mark.parametrize(
    ("number", "expected"),
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
        (1700000000, "0400f15365"),
    ],
)
def test_a_height_is_pushed_as_bip34_wants_it(number: int, expected: str) -> None:
    assert push_int(number).hex() == expected


@given(st.integers(17, 2**40))
def test_a_pushed_height_is_minimal_positive_and_reads_back(number: int) -> None:
    size, body = push_int(number)[0], push_int(number)[1:]

    assert size == len(body)
    assert int.from_bytes(body, "little", signed=True) == number
    assert body[-1] != 0 or body[-2] & 0x80  # a zero byte only where the sign bit needs room


def test_a_negative_height_is_refused() -> None:
    with pytest.raises(EncodingError):
        push_int(-1)


def test_data_is_pushed_with_its_length_and_no_data_with_nothing() -> None:
    assert push_data(b"/nomp/") == b"\x06/nomp/"
    assert push_data(b"") == b""
    assert push_data(bytes(75))[0] == 75
    with pytest.raises(EncodingError):
        push_data(bytes(76))


@given(st.binary(max_size=40))
def test_hex_of_either_case_becomes_bytes(data: bytes) -> None:
    assert hex_to_bytes(data.hex()) == data
    assert hex_to_bytes(data.hex().upper(), len(data)) == data


@pytest.mark.parametrize("text", ["0", "0g", "00 11", " 0011", "0011\n", "0x11", "\uff11\uff11"])
def test_anything_but_whole_hex_bytes_is_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        hex_to_bytes(text)


def test_hex_of_another_size_is_refused() -> None:
    with pytest.raises(EncodingError, match="2 bytes of hex where 4 belong"):
        hex_to_bytes("0011", 4)


@given(st.binary(min_size=32, max_size=32))
def test_a_hash_survives_its_display_and_stratum_forms(hash_le: bytes) -> None:
    assert from_display(display(hash_le)) == hash_le
    assert from_stratum_prevhash(stratum_prevhash_hex(display(hash_le))) == hash_le


def test_display_reverses_the_bytes() -> None:
    assert display(bytes(range(32))) == bytes(reversed(range(32))).hex()


def test_stratum_reverses_the_words_of_a_displayed_hash_but_not_their_bytes() -> None:
    displayed = "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"

    assert (
        stratum_prevhash_hex(displayed) == "0c0d0e0f08090a0b0405060700010203ccddeeff8899aabb4455667700112233"
    )


def test_a_hash_of_another_size_has_no_stratum_form() -> None:
    with pytest.raises(EncodingError):
        stratum_prevhash_hex("00" * 31)
