"""The candidates of the SHA-3 contest, and the algorithms of one or two of them, against known answers."""

from __future__ import annotations

import ctypes
import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import powhash
from powhash.build import FLAGS, SOURCES, find_compiler
from tests.raw_digest import raw_digest
from tests.unit.chain_samples import vectors

DIGESTS: list[dict[str, Any]] = vectors("powhash_sha3.json")["digests"]
ALGORITHMS: list[dict[str, str]] = vectors("powhash_sha3.json")["algorithms"]
MESSAGE = bytes(7 * index % 251 for index in range(320))
WITH_INSTRUCTIONS = {"groestl512": 64, "groestl256": 32, "jh512": 64, "luffa512": 64, "cubehash512": 64}
"""Digests with a second version in instructions that not every processor has, and their sizes."""

Digest = Callable[[str, int, bytes], bytes]


@pytest.fixture(scope="module")
def plain_digest(tmp_path_factory: pytest.TempPathFactory) -> Digest:
    """`raw_digest` as on a processor without AES and AVX2."""
    library = tmp_path_factory.mktemp("powhash") / "plain.so"
    compile_plainly(library)
    functions = ctypes.CDLL(str(library))

    def digest(name: str, size: int, data: bytes) -> bytes:
        out = ctypes.create_string_buffer(size)
        functions[f"powhash_{name}"](data, ctypes.c_size_t(len(data)), out)
        return out.raw

    return digest


def compile_plainly(library: Path) -> None:
    """Every digest of WITH_INSTRUCTIONS, told that the processor supports nothing."""
    families = ("aes_round", "groestl", "jh512", "luffa512", "cubehash")
    sources = [str(path) for family in families for path in SOURCES.glob(f"{family}*.c")]
    command = [find_compiler(), *FLAGS, "-O1", "-shared", "-D__builtin_cpu_supports(feature)=0"]
    subprocess.run([*command, *sources, "-o", str(library)], check=True)


each_digest = pytest.mark.parametrize("row", DIGESTS, ids=lambda row: row["digest"])


@each_digest
def test_short_messages_have_their_known_digests(row: dict[str, Any]) -> None:
    assert raw_digest(row["digest"], row["bytes"], b"").hex() == row["empty"]
    assert raw_digest(row["digest"], row["bytes"], b"abc").hex() == row["abc"]


@each_digest
def test_messages_of_every_length_have_their_known_digests(row: dict[str, Any]) -> None:
    assert of_every_length(raw_digest, row) == row["every_length"]


@pytest.mark.parametrize(
    "row", [row for row in DIGESTS if row["digest"] in WITH_INSTRUCTIONS], ids=lambda row: row["digest"]
)
def test_a_processor_without_the_instructions_gives_the_same(
    row: dict[str, Any], plain_digest: Digest
) -> None:
    assert of_every_length(plain_digest, row) == row["every_length"]


@settings(max_examples=50)
@given(st.sampled_from(sorted(WITH_INSTRUCTIONS)), st.binary(max_size=1000))
def test_both_versions_agree_on_anything(plain_digest: Digest, name: str, message: bytes) -> None:
    size = WITH_INSTRUCTIONS[name]

    assert plain_digest(name, size, message) == raw_digest(name, size, message)


@pytest.mark.parametrize("row", ALGORITHMS, ids=lambda row: f"{row['algorithm']} {row['digest'][:8]}")
def test_a_header_has_its_known_digest(row: dict[str, str]) -> None:
    assert powhash.digest(row["algorithm"], bytes.fromhex(row["header"])).hex() == row["digest"]


@given(st.binary(max_size=200))
def test_two_algorithms_end_in_sha256(header: bytes) -> None:
    skein, groestl = raw_digest("skein512", 64, header), raw_digest("groestl512", 64, header)

    assert powhash.digest("skein", header) == hashlib.sha256(skein).digest()
    assert powhash.digest("groestlmyriad", header) == hashlib.sha256(groestl).digest()
    assert powhash.digest("groestl", header) == raw_digest("groestl512", 64, groestl)[:32]


@pytest.mark.parametrize("version", ["lyra2re", "lyra2rev2", "lyra2rev3"])
def test_every_bit_of_a_header_matters_to_lyra2(version: str) -> None:
    header = bytes(range(80))
    places = [(0, 1), (3, 0x80), (4, 1), (68, 1), (79, 0x80)]
    changed = [bytes(b ^ bit if i == at else b for i, b in enumerate(header)) for at, bit in places]

    assert len({powhash.digest(version, data) for data in (header, *changed)}) == len(places) + 1


def of_every_length(digest: Digest, row: dict[str, Any]) -> str:
    """SHA-256 of the digests of all beginnings of MESSAGE."""
    digests = (digest(row["digest"], row["bytes"], MESSAGE[:length]) for length in range(len(MESSAGE)))
    return hashlib.sha256(b"".join(digests)).hexdigest()
