"""Lines of blocknotify commands."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.notice import Notice, pools_by_name, read_notice
from services.notifier.refusal import Refusal
from tests.unit import api_samples as samples

PASSWORD = "secret of the listener"
HASH = "ab" * 32
POOLS = {"litecoin": ("ltc-eu", "ltc-us"), "ltc": ("ltc-eu", "ltc-us")}


def line(**changes: object) -> bytes:
    return json.dumps({"password": PASSWORD, "coin": "litecoin", "hash": HASH, **changes}).encode() + b"\n"


def test_a_notice_reaches_every_pool_of_its_coin() -> None:
    assert read_notice(line(), PASSWORD, POOLS) == Notice(("ltc-eu", "ltc-us"), HASH)


def test_the_coins_name_may_be_in_any_case() -> None:
    assert isinstance(read_notice(line(coin="LiteCoin"), PASSWORD, POOLS), Notice)


@pytest.mark.parametrize("hash_text", ["", HASH.upper()])
def test_the_hash_may_be_missing_or_in_capitals(hash_text: str) -> None:
    assert read_notice(line(hash=hash_text), PASSWORD, POOLS) == Notice(POOLS["ltc"], hash_text.lower())


@pytest.mark.parametrize("password", ["", "Secret of the listener", PASSWORD + "x", "sécret"])
def test_a_wrong_password_is_refused(password: str) -> None:
    assert read_notice(line(password=password), PASSWORD, POOLS) is Refusal.WRONG_PASSWORD


def test_a_missing_password_is_wrong_even_for_an_unknown_coin() -> None:
    assert read_notice(b'{"coin":"nocoin"}', PASSWORD, POOLS) is Refusal.WRONG_PASSWORD


def test_an_unknown_coin_is_refused() -> None:
    assert read_notice(line(coin="dogecoin"), PASSWORD, POOLS) is Refusal.UNKNOWN_COIN


@pytest.mark.parametrize("hash_text", ["xyz", HASH + "0", "../../etc/passwd"])
def test_a_hash_that_is_none_is_refused(hash_text: str) -> None:
    assert read_notice(line(hash=hash_text), PASSWORD, POOLS) is Refusal.MALFORMED


def test_the_form_without_password_is_told_apart() -> None:
    form = b'{"command":"blocknotify","params":["litecoin","' + HASH.encode() + b'"]}'

    assert read_notice(form, PASSWORD, POOLS) is Refusal.NO_PASSWORD


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"GET / HTTP/1.1",
        b"[]",
        b"null",
        b'{"password":1}',
        b'{"password":"\\ud800"}',
        b"[" * 1000,
        b"\xff",
    ],
)
def test_junk_is_malformed(junk: bytes) -> None:
    assert read_notice(junk, PASSWORD, POOLS) is Refusal.MALFORMED


@given(st.binary(max_size=200))
def test_no_line_raises_or_gets_in_without_the_password(data: bytes) -> None:
    assert isinstance(read_notice(data, PASSWORD, POOLS), Refusal)


def test_a_pool_answers_to_its_name_its_coin_and_its_symbol() -> None:
    pool = samples.pool_config(name="ltc-eu")

    assert pools_by_name([pool, dataclasses.replace(pool, name="ltc-us")]) == {
        "ltc-eu": ("ltc-eu",),
        "ltc-us": ("ltc-us",),
        "litecoin": ("ltc-eu", "ltc-us"),
        "ltc": ("ltc-eu", "ltc-us"),
    }
