"""x11 and the other chains of digests, and the digests that only they use."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import powhash
from tests.raw_digest import raw_digest
from tests.unit.chain_samples import vectors

KNOWN = vectors("powhash_chains.json")
HEADER = bytes(range(80))
X11 = ["blake512", "bmw512", "groestl512", "skein512", "jh512", "keccak512", "luffa512", "cubehash512"]
X11 += ["shavite512", "simd512", "echo512"]
X15 = [*X11, "hamsi512", "fugue512", "shabal512", "whirlpool"]
STRAIGHT = {"x11": X11, "x13": X15[:13], "x15": X15, "qubit": X11[6:], "shavite3": ["shavite512"] * 2}
X16R = [*X11[:3], "jh512", "keccak512", "skein512", *X15[6:], "sha512"]  # by digit
OF_A_HEADER = ("x16r", "x16rv2")

any_message = st.binary(max_size=300)


@pytest.mark.parametrize("row", KNOWN["chains"], ids=lambda row: f"{row['algorithm']} {row['digest'][:8]}")
def test_a_chain_has_its_known_digests(row: dict[str, str]) -> None:
    assert powhash.digest(row["algorithm"], bytes.fromhex(row["input"])).hex() == row["digest"]


@pytest.mark.parametrize("row", KNOWN["digests"], ids=lambda row: row["name"])
def test_a_digest_has_its_known_digests_at_every_length_around_its_blocks(row: dict[str, Any]) -> None:
    name, size = row["name"], row["size"]
    message = bytes(i * 7 % 251 for i in range(321))
    together = b"".join(raw_digest(name, size, message[:length]) for length in range(len(message)))

    assert raw_digest(name, size, b"").hex() == row["empty"]
    assert raw_digest(name, size, b"abc").hex() == row["abc"]
    assert hashlib.sha256(together).hexdigest() == row["all_lengths"]


@pytest.mark.parametrize("row", KNOWN["x16r"], ids=lambda row: f"{row['algorithm']} {row['digit']}")
def test_every_digit_of_the_previous_hash_has_its_digest(row: dict[str, str]) -> None:
    header = HEADER[:4] + bytes.fromhex(row["digit"] * 64) + HEADER[36:]

    assert powhash.digest(row["algorithm"], header).hex() == row["digest"]


@given(st.binary(min_size=32, max_size=32))
def test_the_last_digits_of_the_displayed_previous_hash_give_the_order(previous: bytes) -> None:
    header = HEADER[:4] + previous + HEADER[36:]
    digest = header
    for digit in previous[::-1].hex()[-16:]:
        digest = raw_digest(X16R[int(digit, 16)], 64, digest)

    assert powhash.digest("x16r", header) == digest[:32]


@given(st.sampled_from(sorted(STRAIGHT)), any_message)
def test_a_straight_chain_is_its_digests_one_after_the_other(name: str, message: bytes) -> None:
    digest = message
    for link in STRAIGHT[name]:
        digest = raw_digest(link, 64, digest)

    assert powhash.digest(name, message) == digest[:32]


@given(any_message)
def test_quark_turns_by_a_bit_of_the_digest_before(message: bytes) -> None:
    def either(digest: bytes, where_set: str, where_clear: str) -> bytes:
        return raw_digest(where_set if digest[0] & 8 else where_clear, 64, digest)

    digest = raw_digest("bmw512", 64, raw_digest("blake512", 64, message))
    digest = either(digest, "groestl512", "skein512")
    digest = raw_digest("jh512", 64, raw_digest("groestl512", 64, digest))
    digest = either(digest, "blake512", "bmw512")
    digest = raw_digest("skein512", 64, raw_digest("keccak512", 64, digest))

    assert powhash.digest("quark", message) == either(digest, "keccak512", "jh512")[:32]


@pytest.mark.parametrize("name", OF_A_HEADER)
@pytest.mark.parametrize("length", [0, 11, 79, 81])
def test_what_has_no_previous_hash_has_no_order(name: str, length: int) -> None:
    with pytest.raises(ValueError, match="80"):
        powhash.digest(name, bytes(length))
