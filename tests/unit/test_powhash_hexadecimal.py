from __future__ import annotations

from binascii import unhexlify

import pytest
from hypothesis import given
from hypothesis import strategies as st

import powhash
from powhash.hexadecimal import unhex

DIGITS = "0123456789abcdefABCDEF"


@given(
    st.lists(st.binary(max_size=70).map(bytes.hex) | st.binary(max_size=70).map(lambda b: b.hex().upper()))
)
def test_texts_become_their_bytes(texts: list[str]) -> None:
    assert unhex(texts) == [unhexlify(text) for text in texts]


@pytest.mark.parametrize(
    "letter", [chr(code) for code in range(256) if chr(code) not in DIGITS] + ["\u0660", "\ud800"]
)
@pytest.mark.parametrize("at", [0, 15, 16, 33])
def test_every_other_character_is_refused_wherever_it_stands(letter: str, at: int) -> None:
    text = "0f" * 17
    with pytest.raises(ValueError):
        unhex(["00", text[:at] + letter + text[at + 1 :]])


@pytest.mark.parametrize("length", [1, 17, 33])
def test_half_a_byte_is_refused(length: int) -> None:
    with pytest.raises(ValueError):
        unhex(["0" * length])


def test_every_pair_of_digits_is_its_byte() -> None:
    pairs = [high + low for high in DIGITS for low in DIGITS]

    assert unhex(pairs) == [bytes([int(pair, 16)]) for pair in pairs]
    assert unhex(["".join(pairs)]) == [bytes(int(pair, 16) for pair in pairs)]
    assert unhex([]) == []


@pytest.mark.skipif(not powhash.ALGORITHMS, reason="no hash library: test_hash_library_build.py says so")
@pytest.mark.parametrize("texts", [("00",), "00", None, [b"00"], [None]])
def test_what_is_no_list_of_texts_is_a_bug(texts: object) -> None:
    with pytest.raises(TypeError):
        unhex(texts)  # type: ignore[arg-type]
