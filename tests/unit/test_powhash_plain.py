"""The digests of the standards against Python's own and against known answers, at every length of message."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import powhash
from tests.raw_digest import raw_digest
from tests.unit.chain_samples import vectors

FOX = b"The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the "

OTHERS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "sha256": (32, lambda data: hashlib.sha256(data).digest()),
    "sha256d": (32, lambda data: hashlib.sha256(hashlib.sha256(data).digest()).digest()),
    "sha512": (64, lambda data: hashlib.sha512(data).digest()),
    "sha1": (20, lambda data: hashlib.sha1(data).digest()),
    "sha3_256": (32, lambda data: hashlib.sha3_256(data).digest()),
    "sha3_512": (64, lambda data: hashlib.sha3_512(data).digest()),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_digest_is_pythons_own_at_every_length_around_its_blocks(name: str) -> None:
    size, other = OTHERS[name]
    message = bytes(index * 7 % 251 for index in range(320))

    for length in range(len(message)):
        assert raw_digest(name, size, message[:length]) == other(message[:length])


@given(st.sampled_from(sorted(OTHERS)), st.binary(max_size=2000))
def test_a_digest_of_anything_is_pythons_own(name: str, message: bytes) -> None:
    size, other = OTHERS[name]

    assert raw_digest(name, size, message) == other(message)


@pytest.mark.parametrize("row", vectors("powhash_plain.json")["keccak"], ids=lambda row: row["label"])
def test_keccak_with_its_first_padding_has_the_digests_of_its_authors(row: dict[str, str]) -> None:
    message = bytes.fromhex(row["message"])

    assert raw_digest("keccak256", 32, message).hex() == row["keccak256"]
    assert raw_digest("keccak512", 64, message).hex() == row["keccak512"]


@pytest.mark.parametrize("row", vectors("powhash_plain.json")["headers"], ids=lambda row: row["algorithm"])
def test_a_header_has_its_known_digest(row: dict[str, str]) -> None:
    assert powhash.digest(row["algorithm"], bytes.fromhex(row["header"])).hex() == row["digest"]


@given(st.binary(max_size=200))
def test_sha1_of_coins_is_made_of_the_windows_of_a_circle_of_letters(header: bytes) -> None:
    letters = base64.b64encode(hashlib.sha1(header).digest())[:26]
    circle = letters + letters[:11]
    total = 0
    for start in range(26):
        total ^= int.from_bytes(hashlib.sha1(circle[start : start + 12]).digest(), "big")

    assert powhash.digest("sha1", header) == bytes(12) + total.to_bytes(20, "big")


@settings(max_examples=40)
@given(st.binary(max_size=200), st.sampled_from([2, 4, 64, 1024, 8192]), st.integers(1, 9))
def test_scrypt_is_openssls(header: bytes, n: int, r: int) -> None:
    other = hashlib.scrypt(header, salt=header, n=n, r=r, p=1, maxmem=1 << 28, dklen=32)

    assert powhash.scrypt(header, n, r) == other


def test_scrypt_og_has_a_small_n() -> None:
    assert powhash.digest("scrypt-og", FOX) == powhash.scrypt(FOX, 64)
    assert powhash.digest("scrypt", FOX) == powhash.scrypt(FOX, 1024)


@pytest.mark.parametrize("row", vectors("powhash_plain.json")["scrypt-jane"], ids=lambda row: row["label"])
def test_scrypt_jane_has_the_digests_of_yacoins_time(row: dict[str, str]) -> None:
    assert powhash.scrypt_jane(bytes.fromhex(row["header"]), int(row["nfactor"])).hex() == row["digest"]


@pytest.mark.parametrize(("n", "r"), [(0, 1), (1, 1), (3, 1), (1 << 33, 1), (1024, 0), (1024, 1 << 21)])
def test_scrypt_without_sense_is_a_value_error(n: int, r: int) -> None:
    with pytest.raises(ValueError, match="scrypt has no N"):
        powhash.scrypt(FOX, n, r)


def test_scrypt_jane_of_more_than_any_machine_has_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="at most 30, not 31"):
        powhash.scrypt_jane(FOX, 31)


@pytest.mark.parametrize(("n", "r"), [(-1, 1), (1 << 64, 1), (1024, -1)])
def test_numbers_that_are_no_words_of_the_machine_are_refused(n: int, r: int) -> None:
    with pytest.raises(OverflowError):
        powhash.scrypt(FOX, n, r)


def test_scrypt_for_which_there_is_no_memory_is_a_memory_error() -> None:
    with pytest.raises(MemoryError):
        powhash.scrypt(FOX, 1 << 31, 1 << 20)  # 2^58 bytes


@pytest.mark.parametrize("name", [name for name, row in powhash.ALGORITHMS.items() if row.input_bytes])
@pytest.mark.parametrize("change", [-80, -1, 1])
def test_an_algorithm_of_headers_takes_nothing_else(name: str, change: int) -> None:
    size = powhash.ALGORITHMS[name].input_bytes + change

    with pytest.raises(ValueError, match=f"takes 80 bytes, not {size}"):
        powhash.digest(name, bytes(size))


@pytest.mark.parametrize("name", powhash.ALGORITHMS)
def test_threads_that_hash_at_once_do_not_disturb_each_other(name: str) -> None:
    headers = [bytes([index]) * 80 for index in range(4)]
    expected = [powhash.digest(name, header) for header in headers]
    found: dict[int, list[bytes]] = {}

    def hash_often(index: int) -> None:
        found[index] = [powhash.digest(name, headers[index]) for _ in range(5)]

    threads = [threading.Thread(target=hash_often, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {index: [digest] * 5 for index, digest in enumerate(expected)}
    assert len(set(expected)) == 4


def test_names_are_given_once() -> None:
    assert sorted(row.place for row in powhash.ALGORITHMS.values()) == list(range(len(powhash.ALGORITHMS)))
