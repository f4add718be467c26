from __future__ import annotations

import hashlib
from typing import Any

import pytest
import scrypt
from hypothesis import given, settings
from hypothesis import strategies as st

import powhash
from nompcore import hashing
from nompcore.algorithms import MULTIPLIERS, difficulty_multiplier
from nompcore.encoding import display, from_display
from nompcore.errors import CoinError, EncodingError, HashingError
from nompcore.hashing import hashes_slowly, library_algorithm, pow_hash, self_test, sha256, sha256d
from nompcore.known_answers import ANSWERS
from nompcore.scrypt_pow import openssl_scrypt, scrypt_hash
from tests.unit.chain_samples import vectors

HEADER = bytes(range(80))
LITECOINS = "bc540a1a801df96e493005c71e010e2d387607fbf0fec416fd3c2645aa1ba9d2"
VERTCOINS = "67bc1237b713ec9858c9975a3a1056a0609c01587139a730bb17397fd7f3a382"
WITHOUT_LIBRARY = ("sha256", "scrypt", "scrypt-og", "scrypt-n")
MINABLE = list(MULTIPLIERS) if powhash.ALGORITHMS else list(WITHOUT_LIBRARY)

each_algorithm = pytest.mark.parametrize("algorithm", MINABLE)


def at(time: int) -> bytes:
    """The counting header at another time."""
    return HEADER[:68] + time.to_bytes(4, "little") + HEADER[72:]


@each_algorithm
def test_this_machine_hashes_rightly(algorithm: str) -> None:
    self_test(algorithm)


def test_every_algorithm_has_a_known_answer() -> None:
    assert set(ANSWERS) == set(MULTIPLIERS)
    assert all(len(bytes.fromhex(answer)) == 32 for answer in ANSWERS.values())
    assert len(set(ANSWERS.values())) == len(ANSWERS)


def test_the_library_knows_no_algorithm_that_coin_files_do_not() -> None:
    assert set(powhash.ALGORITHMS) <= set(MULTIPLIERS)


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
    assert scrypt_hash(HEADER).hex() == pow_hash("scrypt")(HEADER).hex() == LITECOINS


def test_a_coin_may_have_another_n() -> None:
    assert pow_hash("scrypt", 2048)(HEADER).hex() == VERTCOINS
    assert pow_hash("scrypt-og", 2048)(HEADER).hex() == VERTCOINS


def test_the_n_of_scrypt_n_is_that_of_the_headers_time() -> None:
    hash_header = pow_hash("scrypt-n")

    assert hash_header(HEADER).hex() == VERTCOINS
    assert hash_header(at(1456415080)) == scrypt_hash(at(1456415080), 2048)
    assert hash_header(at(1456415081)) == scrypt_hash(at(1456415081), 4096)
    assert pow_hash("scrypt-n", schedule=lambda time: 64 if time == 7 else 2)(at(7)) == scrypt_hash(at(7), 64)


@settings(max_examples=10)
@given(st.binary(min_size=80, max_size=80), st.sampled_from([2, 64, 1024]), st.integers(1, 3))
def test_three_independent_scrypts_agree(header: bytes, n: int, r: int) -> None:
    assert scrypt_hash(header, n, r) == scrypt.hash(header, header, n, r, 1, 32)
    assert scrypt_hash(header, n, r) == openssl_scrypt(header, n, r)


def test_an_n_that_openssl_refuses_is_hashed_without_it() -> None:
    assert openssl_scrypt(HEADER, 65536, 1) == scrypt_hash(HEADER, 65536)


@given(st.binary(max_size=100))
def test_sha256d_is_sha256_twice(data: bytes) -> None:
    assert sha256(data) == hashlib.sha256(data).digest()
    assert sha256d(data) == sha256(sha256(data))


@each_algorithm
@pytest.mark.parametrize("size", [0, 79, 81, 84])
def test_only_a_whole_header_is_hashed(algorithm: str, size: int) -> None:
    with pytest.raises(EncodingError, match="80 bytes"):
        pow_hash(algorithm)(bytes(size))


@pytest.mark.parametrize(
    ("multiplier", "algorithms"),
    [
        (1, "sha256 x11 x13 x15 c11 nist5 quark qubit skein blake sha1 shavite3 hefty1"),
        (128, "keccak lyra2re"),
        (256, "x16r x16rv2 lyra2rev2 lyra2rev3 fugue groestl"),
        (65536, "scrypt scrypt-og scrypt-n scrypt-jane neoscrypt yescrypt"),
    ],
)
def test_difficulties_count_as_miners_count_them(multiplier: int, algorithms: str) -> None:
    assert {difficulty_multiplier(name) for name in algorithms.split()} == {multiplier}


def test_only_what_takes_long_goes_to_a_thread() -> None:
    assert not hashes_slowly("sha256")
    assert all(hashes_slowly(name) for name in ("scrypt", "scrypt-og", "scrypt-n", "scrypt-jane", "yescrypt"))


@pytest.mark.parametrize("algorithm", sorted(set(MULTIPLIERS) - set(WITHOUT_LIBRARY)))
def test_without_the_library_its_algorithms_are_refused_with_the_way_to_get_it(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(powhash, "ALGORITHMS", {})
    monkeypatch.setattr(powhash, "WHY_NOT", "No module named 'powhash._native'")

    with pytest.raises(CoinError, match=f"'{algorithm}' needs .*No module named.*`make powhash`"):
        pow_hash(algorithm)


@pytest.mark.parametrize("algorithm", WITHOUT_LIBRARY)
def test_without_the_library_the_standard_library_hashes(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(powhash, "ALGORITHMS", {})
    monkeypatch.setattr("nompcore.scrypt_pow._scrypt", openssl_scrypt)

    self_test(algorithm)
    assert hashes_slowly(algorithm) == (algorithm != "sha256")
    assert library_algorithm(algorithm, None, None, hashes_time_too=False) == ""


def test_a_library_of_an_older_version_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(powhash, "ALGORITHMS", {"sha256": powhash.Algorithm(0, 0, is_slow=False)})
    monkeypatch.setattr(powhash, "WHY_NOT", "")

    with pytest.raises(CoinError, match="'x11' needs the hash library, which is an old one"):
        pow_hash("x11")


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
    assert len(openssl_scrypt(HEADER, 2**17, 4)) == 32


@each_algorithm
def test_a_hash_that_is_wrong_on_this_machine_is_noticed(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = ANSWERS[algorithm]
    monkeypatch.setattr(hashing, "ANSWERS", {algorithm: right[:-1] + ("1" if right[-1] == "0" else "0")})

    with pytest.raises(HashingError, match=f"{algorithm} hashes wrongly on this machine: {right}, not "):
        self_test(algorithm)


def test_the_answers_are_those_of_the_vectors() -> None:
    rows = [row for row in vectors("powhash_memory_hard.json")["answers"] if row["input"] == HEADER.hex()]
    rows += [row for row in vectors("powhash_sha3.json")["algorithms"] if row["header"] == HEADER.hex()]
    told = {row["algorithm"]: row["digest"] for row in rows}

    assert told == {name: ANSWERS[name] for name in told}
    assert len(told) >= 15
