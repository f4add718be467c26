"""Signatures of texts by the keys of addresses: known answers of other programs, and junk."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import encode_base58check, encode_segwit, script_for
from nompcore.bip322 import fits_simple, message_hash, to_sign_id, to_spend_id
from nompcore.encoding import display
from nompcore.ripemd160 import hash160, plain_ripemd160, ripemd160
from nompcore.signed_message import Verdict, check_signature, message_digest
from tests.unit.chain_samples import coin, vectors

KNOWN = vectors("signed_messages.json")
BITCOIN, LITECOIN = coin("bitcoin.json"), coin("litecoin.json")
MAIN = BITCOIN.networks["main"]


def verdict(sample: dict[str, Any], name: str = "bitcoin.json") -> Verdict:
    of = coin(name)
    network = of.networks["main"]
    return check_signature(sample["address"], sample["text"], sample["signature"], network, of.message_magic)


def signed(key: PrivateKey, text: str, first: int, *, magic: str = LITECOIN.message_magic) -> str:
    """What `signmessage` gives, with a first byte of choice."""
    raw = key.sign_recoverable(message_digest(text, magic), hasher=None)
    return base64.b64encode(bytes([first + raw[64]]) + raw[:64]).decode()


@pytest.mark.parametrize("sample", KNOWN["recoverable"], ids=lambda sample: sample["address"])
def test_signatures_of_other_wallets_are_genuine(sample: dict[str, Any]) -> None:
    assert verdict(sample, sample["coin"]) is Verdict.GENUINE


@pytest.mark.parametrize("sample", KNOWN["digests"])
def test_what_is_signed(sample: dict[str, Any]) -> None:
    assert message_digest(sample["text"], sample["magic"]).hex() == sample["digest"]


@pytest.mark.parametrize("sample", KNOWN["bip322_hashes"], ids=lambda sample: sample["text"])
def test_the_transactions_of_bip322(sample: dict[str, Any]) -> None:
    spend = to_spend_id(script_for(sample["address"], MAIN), sample["text"])

    assert message_hash(sample["text"]).hex() == sample["message_hash"]
    assert display(spend) == sample["to_spend"]
    assert display(to_sign_id(spend)) == sample["to_sign"]


@pytest.mark.parametrize("sample", KNOWN["bip322"], ids=lambda sample: sample["signature"][:12])
def test_signatures_of_bip322_are_genuine(sample: dict[str, Any]) -> None:
    assert verdict(sample) is Verdict.GENUINE
    assert verdict({**sample, "text": sample["text"] + "."}) is Verdict.OTHER


@pytest.mark.parametrize("sample", KNOWN["refused"], ids=lambda sample: sample["why"])
def test_what_is_refused_and_why(sample: dict[str, Any]) -> None:
    assert verdict(sample) is Verdict[sample["why"]]


@pytest.mark.parametrize(
    ("name", "magic"),
    [
        ("bitcoin.json", "Bitcoin Signed Message:\n"),
        ("litecoin.json", "Litecoin Signed Message:\n"),
        ("dash.json", "DarkCoin Signed Message:\n"),
        ("dogecoin.json", "Dogecoin Signed Message:\n"),
        ("ecash.json", "eCash Signed Message:\n"),
        ("vertcoin.json", "Bitcoin Signed Message:\n"),
    ],
)
def test_each_coin_has_words_of_its_own_before_the_text(name: str, magic: str) -> None:
    assert coin(name).message_magic == magic


@given(st.binary(min_size=32, max_size=32).filter(lambda secret: 0 < int.from_bytes(secret, "big") < 2**255))
def test_the_first_byte_says_which_addresses_of_a_key_are_meant(secret: bytes) -> None:
    key = PrivateKey(secret)
    mine = hash160(key.public_key.format())
    network = LITECOIN.networks["main"]
    plain = encode_base58check(48, mine)
    nested = encode_base58check(50, hash160(b"\x00\x14" + mine))
    witness = encode_segwit("ltc", 0, mine)

    def genuine(first: int) -> list[bool]:
        signature = signed(key, "yes", first)
        return [
            check_signature(address, "yes", signature, network, LITECOIN.message_magic) is Verdict.GENUINE
            for address in (plain, nested, witness)
        ]

    assert genuine(27) == [False, False, False]
    assert genuine(31) == [True, True, True]  # Electrum's way
    assert genuine(35) == [False, True, False]
    assert genuine(39) == [False, False, True]


def test_words_of_another_coin_are_another_text() -> None:
    key = PrivateKey(b"\x01" * 32)
    address = encode_base58check(48, hash160(key.public_key.format()))
    signature = signed(key, "yes", 31, magic=BITCOIN.message_magic)
    network = LITECOIN.networks["main"]

    assert check_signature(address, "yes", signature, network, LITECOIN.message_magic) is Verdict.OTHER


def test_a_signature_may_be_broken_into_lines() -> None:
    sample = KNOWN["recoverable"][1]
    broken = sample["signature"][:40] + "\r\n  " + sample["signature"][40:] + "\n"

    assert verdict({**sample, "signature": broken}) is Verdict.GENUINE


ADDRESSES = [sample["address"] for sample in (*KNOWN["recoverable"], *KNOWN["bip322"], *KNOWN["refused"])]


@given(st.text() | st.sampled_from(ADDRESSES), st.text(), st.text() | st.binary(max_size=120).map(
    lambda raw: base64.b64encode(raw).decode()
))  # fmt: skip
def test_junk_is_never_genuine_and_never_raises(address: str, text: str, signature: str) -> None:
    assert check_signature(address, text, signature, MAIN, BITCOIN.message_magic) is not Verdict.GENUINE


@given(st.binary(min_size=65, max_size=65), st.integers(27, 42), st.sampled_from(ADDRESSES))
def test_junk_of_the_right_size_is_never_genuine(raw: bytes, first: int, address: str) -> None:
    signature = base64.b64encode(bytes([first]) + raw[1:]).decode()

    assert check_signature(address, "x", signature, MAIN, BITCOIN.message_magic) is not Verdict.GENUINE


@given(st.binary(max_size=250), st.sampled_from([b"\x00\x14" + bytes(20), b"\x51\x20" + bytes(32), b"\x6a"]))
def test_a_junk_witness_proves_nothing(witness: bytes, script: bytes) -> None:
    assert not fits_simple(script, "x", witness)


@given(st.binary(max_size=200))
def test_our_own_ripemd_is_openssls(data: bytes) -> None:
    assert plain_ripemd160(data) == ripemd160(data)


def test_ripemd_of_its_authors() -> None:
    assert plain_ripemd160(b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
