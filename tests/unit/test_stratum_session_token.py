"""The subscription id: nobody but the replicas can make one that names an extranonce1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.session_token import KEY_BYTES, TokenMint

KEY = bytes(range(KEY_BYTES))
MINT = TokenMint(KEY, "btc")
EXTRANONCE1 = "a10f0001"
TOKEN = MINT.token(EXTRANONCE1)


def test_a_token_is_the_extranonce1_and_a_signature_of_32_digits_in_all() -> None:
    """The signature as `openssl dgst -sha256 -mac HMAC` computes it of "btc a10f0001"."""
    assert TOKEN == "a10f0001f23ba9af9f4fc074cc3b1687"
    assert MINT.extranonce1_of(TOKEN) == EXTRANONCE1


def test_every_replica_of_the_pool_knows_it() -> None:
    assert TokenMint(KEY, "btc").extranonce1_of(TOKEN) == EXTRANONCE1


@pytest.mark.parametrize(
    "mint", [TokenMint(KEY, "ltc"), TokenMint(KEY, ""), TokenMint(bytes(KEY_BYTES), "btc")]
)
def test_another_pool_or_key_does_not(mint: TokenMint) -> None:
    assert mint.extranonce1_of(TOKEN) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        EXTRANONCE1,
        TOKEN[:-1],
        TOKEN + "0",
        TOKEN.upper(),
        "a10f0002" + TOKEN[8:],
        "deadbeefcafebabe0000000000000001",
        "\u0661" * 32,
        "a10f0001" + "\ud800" * 24,
    ],
)
def test_anything_else_names_nothing(token: str) -> None:
    assert MINT.extranonce1_of(token) is None


@given(st.integers(0, 0xFFFFFFFF).map(lambda number: f"{number:08x}"), st.integers(0, 31))
def test_each_digit_counts(extranonce1_hex: str, position: int) -> None:
    token = MINT.token(extranonce1_hex)
    changed = token[:position] + ("0" if token[position] != "0" else "1") + token[position + 1 :]

    assert MINT.extranonce1_of(token) == extranonce1_hex
    assert MINT.extranonce1_of(changed) is None


@given(st.text(max_size=40))
def test_any_text_is_looked_at(token: str) -> None:
    assert MINT.extranonce1_of(token) in (None, token[:8])
