from __future__ import annotations

import hashlib
from typing import Any

import pytest
import scrypt
from hypothesis import given, settings
from hypothesis import strategies as st

from nompcore.encoding import display, from_display
from nompcore.errors import CoinError, EncodingError, HashingError
from nompcore.hashing import difficulty_multiplier, pow_hash, scrypt_hash, self_test, sha256, sha256d
from tests.unit.chain_samples import vectors

HEADER = bytes(range(80))
DIGESTS = {
    ("sha256", 1024): "852c98044fb00507122ff63bda7b529566348fc204f72b00dff1afd7b40501e4",
    ("scrypt", 1024): "bc540a1a801df96e493005c71e010e2d387607fbf0fec416fd3c2645aa1ba9d2",
    ("scrypt", 2048): "67bc1237b713ec9858c9975a3a1056a0609c01587139a730bb17397fd7f3a382",
}


@pytest.mark.parametrize(("algorithm", "n"), DIGESTS)
def test_the_counting_header_has_its_known_digest(algorithm: str, n: int) -> None:
    assert pow_hash(algorithm, n)(HEADER).hex() == DIGESTS[algorithm, n]


@pytest.mark.parametrize("row", vectors("headers.json")["headers"], ids=lambda row: row["name"])
def test_a_genesis_header_has_the_proof_of_work_of_its_chain(row: dict[str, Any]) -> None:
    header = (
        row["version"].to_bytes(4, "little")
        + from_display(row["prevhash"])
        + from_display(row["merkle_root"])
        + row["ntime"].to_bytes(4, "little")
        + bytes.fromhex(row["nbits"])[::-1]
        + row["nonce"].to_bytes(4, "little")
    )

    assert display(pow_hash(row["algorithm"], row.get("n", 1024))(header)) == row["pow"]
    assert display(sha256d(header)) == row["block_hash"]


def test_scrypt_without_parameters_is_litecoins() -> None:
    assert scrypt_hash(HEADER).hex() == DIGESTS["scrypt", 1024]


@settings(max_examples=10)
@given(st.binary(min_size=80, max_size=80), st.sampled_from([2, 64, 1024]), st.integers(1, 3))
def test_two_independent_scrypts_agree(header: bytes, n: int, r: int) -> None:
    assert scrypt_hash(header, n, r) == scrypt.hash(header, header, n, r, 1, 32)


@given(st.binary(max_size=100))
def test_sha256d_is_sha256_twice(data: bytes) -> None:
    assert sha256(data) == hashlib.sha256(data).digest()
    assert sha256d(data) == sha256(sha256(data))


@pytest.mark.parametrize("algorithm", ["sha256", "scrypt"])
@pytest.mark.parametrize("size", [0, 79, 81, 84])
def test_only_a_whole_header_is_hashed(algorithm: str, size: int) -> None:
    with pytest.raises(EncodingError, match="80 bytes"):
        pow_hash(algorithm)(bytes(size))


def test_scrypt_is_65536_times_easier_than_sha256_at_the_same_difficulty() -> None:
    assert difficulty_multiplier("sha256") == 1
    assert difficulty_multiplier("scrypt") == 65536


@pytest.mark.parametrize("algorithm", ["x11", "scrypt-n", "keccak", "hefty1"])
def test_an_algorithm_of_nomp_that_is_not_mined_is_named_as_such(algorithm: str) -> None:
    with pytest.raises(CoinError, match=f"{algorithm}.* is known, but .* sha256 and scrypt only"):
        pow_hash(algorithm)


def test_a_misspelt_algorithm_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(CoinError, match="unknown algorithm 'scrpt', did you mean 'scrypt'"):
        pow_hash("scrpt")


def test_an_algorithm_like_no_other_gets_no_suggestion() -> None:
    with pytest.raises(CoinError, match=r"unknown algorithm '777', known are sha256, scrypt, "):
        pow_hash("777")


@pytest.mark.parametrize(
    ("n", "r"), [(0, 1), (1, 1), (1000, 1), (-1024, 1), (1024, 0), (65536, 1), (65536, 64)]
)
def test_scrypt_parameters_that_cannot_be_hashed_are_refused(n: int, r: int) -> None:
    with pytest.raises(CoinError):
        pow_hash("scrypt", n, r)


def test_a_large_but_allowed_scrypt_gets_the_memory_it_needs() -> None:
    assert len(pow_hash("scrypt", 2**17, 4)(HEADER)) == 32  # 64 MB, twice OpenSSL's own limit


@pytest.mark.parametrize("algorithm", ["sha256", "scrypt"])
def test_this_machine_hashes_rightly(algorithm: str) -> None:
    self_test(algorithm)


def test_a_scrypt_that_hashes_wrongly_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "scrypt", lambda *_args, **_settings: bytes(32))

    with pytest.raises(HashingError, match="scrypt hashes wrongly"):
        self_test("scrypt")
