from __future__ import annotations

from typing import Any

import pytest

import powhash
from nompcore.target import target_from_nbits
from tests.unit.chain_samples import vectors

HEADERS: list[dict[str, Any]] = vectors("powhash_genesis.json")["headers"]

each_header = pytest.mark.parametrize("row", HEADERS, ids=lambda row: row["coin"])


@each_header
def test_a_first_block_meets_its_own_bits(row: dict[str, Any]) -> None:
    digest = pow_of(row)

    assert digest[::-1].hex() == row["pow"]
    assert int.from_bytes(digest, "little") <= target_from_nbits(int(row["nbits"], 16))


@each_header
def test_the_next_nonce_does_not(row: dict[str, Any]) -> None:
    digest = pow_of({**row, "nonce": (row["nonce"] + 1) % 2**32})

    assert int.from_bytes(digest, "little") > target_from_nbits(int(row["nbits"], 16))


def test_a_score_of_algorithms_has_a_chain_that_began_with_it() -> None:
    assert len({row["algorithm"] for row in HEADERS}) >= 20


def pow_of(row: dict[str, Any]) -> bytes:
    """The proof-of-work hash of a block without a previous one."""
    match row:
        case {"algorithm": "scrypt", "n": int(n)}:
            return powhash.scrypt(header_of(row), n)
        case {"algorithm": "scrypt-jane", "nfactor": int(nfactor)}:
            return powhash.scrypt_jane(header_of(row), nfactor)
        case _:
            return powhash.digest(row["algorithm"], header_of(row))


def header_of(row: dict[str, Any]) -> bytes:
    """The 80 bytes."""
    version, *rest = (
        number.to_bytes(4, "little")
        for number in (row["version"], row["ntime"], int(row["nbits"], 16), row["nonce"])
    )
    return b"".join((version, bytes(32), bytes.fromhex(row["merkle_root"])[::-1], *rest))
