"""What the core makes of the hash library beside its digests."""

from __future__ import annotations

from typing import Any

import pytest

import powhash
from nompcore.coin import parse_coin
from nompcore.errors import HashingError
from nompcore.hashing import library_algorithm, pow_hash

HEADER = bytes(range(80))
COIN: dict[str, Any] = {
    "name": "Testcoin",
    "symbol": "TST",
    "networks": {"main": {"pubkeyVersions": [0], "scriptVersions": [5]}},
}


def at(time: int) -> bytes:
    """The counting header at another time."""
    return HEADER[:68] + time.to_bytes(4, "little") + HEADER[72:]


def test_the_n_of_scrypt_jane_is_that_of_the_headers_time() -> None:
    hash_header = pow_hash("scrypt-jane")

    assert hash_header(at(1368515488)) == powhash.scrypt_jane(at(1368515488), 5)
    assert hash_header(at(1370612640)) == powhash.scrypt_jane(at(1370612640), 9)
    with pytest.raises(HashingError, match="N factor is 23"):
        pow_hash("scrypt-jane", schedule=lambda _time: 23)(HEADER)


def test_keccak_may_be_of_the_header_and_its_time() -> None:
    once = powhash.digest("keccak", HEADER + bytes((71, 70, 69, 68)))

    assert pow_hash("keccak", hashes_time_too=True)(HEADER) == powhash.digest("keccak", once)
    assert pow_hash("keccak")(HEADER) == powhash.digest("keccak", HEADER)


def test_the_library_has_what_is_not_made_of_more() -> None:
    assert library_algorithm("x11", None, None, hashes_time_too=True) == "x11"
    assert library_algorithm("scrypt", None, None, hashes_time_too=False) == "scrypt"
    assert library_algorithm("scrypt", 2048, None, hashes_time_too=False) == ""
    assert library_algorithm("scrypt-n", None, None, hashes_time_too=False) == ""
    assert library_algorithm("keccak", None, None, hashes_time_too=False) == "keccak"
    assert library_algorithm("keccak", None, None, hashes_time_too=True) == ""


def test_a_coin_file_says_how_scrypt_janes_n_grows() -> None:
    keys = {"chainStartTime": 1195787588 - 10_000_000, "nMin": 5, "nMax": 7}
    grown = parse_coin("jane.json", COIN | {"algorithm": "scrypt-jane"} | keys)

    assert grown.pow_hash(HEADER) == powhash.scrypt_jane(HEADER, 7)
    assert grown.pow_hash(at(1195787588 - 10_000_000 + 1)) == powhash.scrypt_jane(
        at(1195787588 - 10_000_000 + 1), 5
    )
    assert parse_coin("jane.json", COIN | {"algorithm": "scrypt-jane"}).pow_hash(
        HEADER
    ) == powhash.scrypt_jane(HEADER, 4)


def test_a_coin_tells_which_hash_of_the_library_is_its_proof_of_work() -> None:
    keccak = parse_coin("keccak.json", COIN | {"algorithm": "keccak"})
    normal = parse_coin("keccak.json", COIN | {"algorithm": "keccak", "normalHashing": True})

    assert keccak.library_algorithm == "keccak"
    assert normal.library_algorithm == ""
    assert normal.pow_hash(HEADER) == pow_hash("keccak", hashes_time_too=True)(HEADER)
    assert not normal.hashes_coinbase_once
