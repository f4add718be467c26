from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import (
    NetworkParams,
    address_for,
    decode_base58check,
    encode_base58check,
    encode_segwit,
    p2pkh_script,
    p2sh_script,
    script_for,
    segwit_script,
)
from nompcore.bech32 import decode_segwit
from nompcore.errors import AddressError
from tests.unit.chain_samples import coin, vectors

BITCOIN = coin("bitcoin.json").networks["main"]
LITECOIN = coin("litecoin.json").networks["main"]
BITCOIN_CASH = coin("bitcoincash.json").networks["main"]
HASH160 = st.binary(min_size=20, max_size=20)
BECH32 = vectors("bech32.json")


@pytest.mark.parametrize(
    ("name", "address", "script"),
    [
        (
            "bitcoin.json",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
        ),
        (
            "bitcoin.json",
            "1111111111111111111114oLvT2",
            "76a914000000000000000000000000000000000000000088ac",
        ),
        (
            "bitcoin.json",
            "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
            "a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87",
        ),
        (
            "bitcoin.json",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "0014751e76e8199196d454941c45d1b3a323f1433bd6",
        ),
        (
            "bitcoin.json",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        ),
    ],
)
def test_a_known_address_has_its_script(name: str, address: str, script: str) -> None:
    assert script_for(address, coin(name).networks["main"]).hex() == script


@pytest.mark.parametrize("row", vectors("litecoin_regtest.json")["blocks"], ids=lambda row: row["label"])
def test_a_real_node_paid_the_script_of_its_address(row: dict[str, str]) -> None:
    script = script_for(row["pool_address"], coin("litecoin.json").networks["regtest"])

    assert script in bytes.fromhex(row["block"])


@given(HASH160)
def test_base58_addresses_of_every_version_of_a_coin_are_payable(hash160: bytes) -> None:
    for version in LITECOIN.pubkey_versions:
        assert script_for(encode_base58check(version, hash160), LITECOIN) == p2pkh_script(hash160)
    for version in LITECOIN.script_versions:
        assert script_for(encode_base58check(version, hash160), LITECOIN) == p2sh_script(hash160)


@given(st.sampled_from([(0, 20), (0, 32), (1, 32)]), st.binary(min_size=32, max_size=32), st.booleans())
def test_witness_addresses_in_either_case_are_payable(
    kind: tuple[int, int], entropy: bytes, is_upper: bool
) -> None:
    version, size = kind
    address = encode_segwit("ltc", version, entropy[:size])

    assert script_for(address.upper() if is_upper else address, LITECOIN) == (
        segwit_script(version, entropy[:size])
    )


@given(
    HASH160, st.sampled_from([p2pkh_script, p2sh_script]), st.sampled_from([BITCOIN, LITECOIN, BITCOIN_CASH])
)
def test_the_address_of_a_script_leads_back_to_it(
    hash160: bytes, script: Callable[[bytes], bytes], network: NetworkParams
) -> None:
    assert script_for(address_for(script(hash160), network), network) == script(hash160)


@given(st.sampled_from([(0, 20), (0, 32), (1, 32)]), st.binary(min_size=32, max_size=32))
def test_the_address_of_a_witness_script_leads_back_to_it(kind: tuple[int, int], entropy: bytes) -> None:
    version, size = kind
    script = segwit_script(version, entropy[:size])

    assert script_for(address_for(script, LITECOIN), LITECOIN) == script


def test_of_several_version_bytes_the_first_is_written() -> None:
    network = NetworkParams((48, 0), (50, 5))

    assert address_for(p2pkh_script(bytes(20)), network) == encode_base58check(48, bytes(20))
    assert address_for(p2sh_script(bytes(20)), network) == encode_base58check(50, bytes(20))


@pytest.mark.parametrize(
    "script",
    [
        b"",
        b"\x6a",
        p2pkh_script(bytes(19)),
        p2pkh_script(bytes(20)) + b"\0",
        p2pkh_script(bytes(20))[:-1],
        p2sh_script(bytes(21)),
        segwit_script(0, bytes(21)),
        segwit_script(1, bytes(20)),
        segwit_script(2, bytes(32)),
        segwit_script(0, bytes(20)) + b"\0",
        b"\x21" + bytes(33) + b"\xac",
    ],
    ids=bytes.hex,
)
def test_a_script_of_another_form_has_no_address(script: bytes) -> None:
    with pytest.raises(AddressError, match="has no address on this network"):
        address_for(script, BITCOIN)


def test_a_witness_script_has_no_address_without_segregated_witness() -> None:
    with pytest.raises(AddressError, match="has no address on this network"):
        address_for(segwit_script(0, bytes(20)), BITCOIN_CASH)


def test_a_script_hash_is_not_payable_where_the_coin_abolished_it() -> None:
    network = coin("bitcoinsv.json").networks["main"]

    with pytest.raises(AddressError, match="another coin or network"):
        script_for("3P14159f73E4gFr7JterCCQh9QjiTjiZrG", network)
    with pytest.raises(AddressError, match="has no address on this network"):
        address_for(p2sh_script(bytes(20)), network)


@given(st.binary(max_size=40))
def test_any_script_has_an_address_that_leads_back_or_none(script: bytes) -> None:
    try:
        address = address_for(script, BITCOIN)
    except AddressError:
        return
    assert script_for(address, BITCOIN) == script


@given(st.integers(0, 255), st.binary(max_size=24))
def test_base58check_reads_back(version: int, payload: bytes) -> None:
    assert decode_base58check(encode_base58check(version, payload)) == (version, payload)


@given(HASH160, st.integers(0, 33), st.characters(codec="ascii"))
def test_one_changed_character_is_noticed(hash160: bytes, position: int, character: str) -> None:
    address = encode_base58check(48, hash160)
    changed = address[:position] + character + address[position + 1 :]

    if changed != address:
        with pytest.raises(AddressError):
            script_for(changed, LITECOIN)


@given(HASH160, st.integers(4, 41), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_one_changed_character_of_a_witness_address_is_noticed(
    program: bytes, position: int, character: str
) -> None:
    address = encode_segwit("bc", 0, program)
    changed = address[:position] + character + address[position + 1 :]

    if changed != address:
        with pytest.raises(AddressError):
            script_for(changed, BITCOIN)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("", "wrong checksum"),
        ("1", "wrong checksum"),
        ("LWKpk9V5aQpPkPC4zgsAzBDVGLcxYW8Zpw", "wrong checksum"),
        ("mi4iBXbBsydtcc5yFmsff2zCFVX4XG7qJc", "another coin or network"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "another coin or network"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "no bech32 address of this network"),
        ("1" * 200_000, "too long for base58"),
        ("ltc1" + "q" * 200_000, "longer than 90 characters"),
        ("LtC1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", "mixes upper and lower case"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "legacy form"),
        ("LTC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7\u212aGMN4N9", "bech32 does not use"),
        ("worker one", "base58 does not use"),
        ("Ł", "base58 does not use"),
    ],
)
def test_what_is_no_address_of_litecoin_is_refused_with_a_reason(address: str, complaint: str) -> None:
    with pytest.raises(AddressError, match=complaint):
        script_for(address, LITECOIN)


def test_an_mweb_address_is_refused_by_name() -> None:
    regtest_address = vectors("litecoin_regtest.json")["mweb_address"]

    with pytest.raises(AddressError, match="MWEB"):
        script_for(regtest_address, coin("litecoin.json").networks["regtest"])
    with pytest.raises(AddressError, match="MWEB"):
        script_for("LTCMWEB1QQ", LITECOIN)


def test_an_address_that_holds_another_number_of_bytes_is_refused() -> None:
    with pytest.raises(AddressError, match="19 bytes where 20 belong"):
        script_for(encode_base58check(48, bytes(19)), LITECOIN)


@pytest.mark.parametrize(("version", "size"), [(1, 20), (1, 2), (1, 40), (2, 32), (16, 32)], ids=str)
def test_witness_programs_without_a_meaning_are_refused(version: int, size: int) -> None:
    with pytest.raises(AddressError, match=f"witness version {version} with {size} bytes is not supported"):
        script_for(encode_segwit("bc", version, bytes(size)), BITCOIN)


def test_a_coin_without_segregated_witness_has_no_witness_addresses() -> None:
    with pytest.raises(AddressError):
        script_for(encode_segwit("bc", 0, bytes(20)), NetworkParams((0,), (5,)))


@pytest.mark.parametrize(("address", "script"), BECH32["valid"])
def test_valid_vectors_of_bip173_and_bip350_decode_and_encode(address: str, script: str) -> None:
    hrp = address.lower()[:2]
    version, program = decode_segwit(hrp, address)

    assert segwit_script(version, program).hex() == script
    assert encode_segwit(hrp, version, program) == address.lower()


@pytest.mark.parametrize("address", BECH32["invalid"])
def test_invalid_vectors_of_bip173_and_bip350_are_refused(address: str) -> None:
    for hrp in ("bc", "tb"):
        with pytest.raises(AddressError):
            decode_segwit(hrp, address)


def test_a_witness_address_with_a_whole_character_too_many_is_refused() -> None:
    with pytest.raises(AddressError, match="wrong padding"):
        decode_segwit("bc", "bc1pzy3rx3z4q7fa84g")  # 5 bytes need 8 characters of data, this has 9


@pytest.mark.parametrize(("version", "size"), [(17, 32), (-1, 20), (0, 19), (1, 1), (1, 41)])
def test_no_address_is_made_of_an_impossible_witness_program(version: int, size: int) -> None:
    with pytest.raises(AddressError):
        encode_segwit("bc", version, bytes(size))


@given(st.text(max_size=100))
def test_any_text_is_either_payable_or_an_address_error(text: str) -> None:
    try:
        script = script_for(text, LITECOIN)
    except AddressError:
        return
    assert len(script) in (22, 23, 25, 34)
