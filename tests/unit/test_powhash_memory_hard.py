from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import powhash
from tests.unit.chain_samples import vectors

ANSWERS: list[dict[str, Any]] = vectors("powhash_memory_hard.json")["answers"]
YESCRYPTS = ("yescrypt", "yescryptR8", "yescryptR16", "yescryptR32")
YESPOWERS = ("yespower", "yespowerR16", "yespowerSUGAR", "yespowerTIDE")
OF_A_HEADER = ("hefty1", "heavy", "neoscrypt", *YESCRYPTS, *YESPOWERS)

each_header_algorithm = pytest.mark.parametrize("name", OF_A_HEADER)


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: f"{row['algorithm']} {row['digest'][:8]}")
def test_others_hash_so_too(row: dict[str, Any]) -> None:
    assert powhash.digest(row["algorithm"], bytes.fromhex(row["input"])).hex() == row["digest"]


@given(st.binary(max_size=300))
def test_blake2s_is_that_of_the_standard_library(data: bytes) -> None:
    assert powhash.digest("blake2s", data) == hashlib.blake2s(data).digest()


@each_header_algorithm
@pytest.mark.parametrize("length", [0, 79, 81])
def test_what_is_no_header_is_refused(name: str, length: int) -> None:
    with pytest.raises(ValueError, match="80"):
        powhash.digest(name, bytes(length))


@each_header_algorithm
def test_every_bit_of_the_header_matters(name: str) -> None:
    header = bytes(range(80))
    places = [(0, 1), (3, 0x80), (4, 1), (68, 1), (79, 0x80)]
    changed = [bytes(b ^ bit if i == at else b for i, b in enumerate(header)) for at, bit in places]

    assert len({powhash.digest(name, data) for data in (header, *changed)}) == len(places) + 1


@each_header_algorithm
def test_threads_do_not_share_scratch_memory(name: str) -> None:
    inputs = [bytes([i]) * 80 for i in range(8)]
    one_by_one = [powhash.digest(name, data) for data in inputs]

    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(powhash.hasher(name), inputs * 3))

    assert at_once == one_by_one * 3
