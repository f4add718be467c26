from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import address_for, script_for
from nompcore.cashaddr import CashAddrKind, decode_cashaddr, encode_cashaddr
from nompcore.errors import AddressError
from tests.unit.chain_samples import coin

BITCOIN_CASH = coin("bitcoincash.json").networks["main"]
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
HASH160 = st.binary(min_size=20, max_size=20)
KINDS = st.sampled_from(CashAddrKind)
PREFIXES = st.sampled_from(["bitcoincash", "bchtest", "bchreg", "ecash", "ectest", "ecregtest"])
KNOWN = [  # of the specification and of the tests of the coins' daemons
    ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", 0, "76a04053bda0a88bda5177b86a15c3b29f559873"),
    ("bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy", 0, "cb481232299cd5743151ac4b2d63ae198e7bb0a9"),
    ("bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r", 0, "011f28e473c95f4013d7d53ec5fbc3b42df8ed10"),
    ("bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq", 1, "76a04053bda0a88bda5177b86a15c3b29f559873"),
    ("bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e", 1, "cb481232299cd5743151ac4b2d63ae198e7bb0a9"),
    ("bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37", 1, "011f28e473c95f4013d7d53ec5fbc3b42df8ed10"),
    ("bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2", 0, "f5bf48b397dae70be82b3cca4793f8eb2b6cdac9"),
    ("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", 1, "f5bf48b397dae70be82b3cca4793f8eb2b6cdac9"),
    ("pref:pr6m7j9njldwwzlg9v7v53unlr4jkmx6ey65nvtks5", 1, "f5bf48b397dae70be82b3cca4793f8eb2b6cdac9"),
    ("ecash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2", 0, "76a04053bda0a88bda5177b86a15c3b29f559873"),
    ("ecash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4ypg9alspw", 1, "cb481232299cd5743151ac4b2d63ae198e7bb0a9"),
]


@pytest.mark.parametrize(("address", "kind", "hash160"), KNOWN)
def test_known_addresses_are_read_and_written(address: str, kind: int, hash160: str) -> None:
    prefix = address.partition(":")[0]

    assert decode_cashaddr(prefix, address) == (CashAddrKind(kind), bytes.fromhex(hash160))
    assert encode_cashaddr(prefix, CashAddrKind(kind), bytes.fromhex(hash160)) == address


@given(PREFIXES, KINDS, HASH160, st.booleans(), st.booleans())
def test_an_address_reads_back_in_either_case_with_its_prefix_or_without(
    prefix: str, kind: CashAddrKind, hash160: bytes, is_upper: bool, is_whole: bool
) -> None:
    address = encode_cashaddr(prefix, kind, hash160)
    shown = address if is_whole else address.partition(":")[2]

    assert decode_cashaddr(prefix, shown.upper() if is_upper else shown) == (kind, hash160)


@given(KINDS, HASH160, st.integers(0, 41), st.sampled_from(CHARSET))
def test_one_changed_character_is_noticed(
    kind: CashAddrKind, hash160: bytes, position: int, character: str
) -> None:
    payload = encode_cashaddr("ecash", kind, hash160).partition(":")[2]
    changed = payload[:position] + character + payload[position + 1 :]

    if changed != payload:
        with pytest.raises(AddressError):
            decode_cashaddr("ecash", changed)


@given(KINDS, HASH160, st.permutations(["bitcoincash", "bchtest", "bchreg", "ecash"]))
def test_the_checksum_holds_the_prefix_also_where_it_is_left_out(
    kind: CashAddrKind, hash160: bytes, prefixes: list[str]
) -> None:
    payload = encode_cashaddr(prefixes[0], kind, hash160).partition(":")[2]

    with pytest.raises(AddressError, match="wrong checksum"):
        decode_cashaddr(prefixes[1], payload)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("", "has 0 characters where 42 belong"),
        (":", "prefix is not bitcoincash"),
        ("bitcoincash:", "has 0 characters where 42 belong"),
        (":qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "prefix is not bitcoincash"),
        ("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", "prefix is not bitcoincash"),
        ("a:bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "prefix is not bitcoincash"),
        ("bitcoincash:Qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "mixes upper and lower case"),
        ("BITCOINCASH:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "mixes upper and lower case"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6", "has 41 characters where 42 belong"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q", "wrong checksum"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b", "character that CashAddr does not use"),
        ("BITCOINCASH:QPM2QSZNH\u212aS23Z7629MMS6S4CWEF74VCWVY22GDX6A", "CashAddr does not use"),
        ("bitcoincash:" + "q" * 100_000, "where 42 belong"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(address: str, complaint: str) -> None:
    with pytest.raises(AddressError, match=complaint):
        decode_cashaddr("bitcoincash", address)


def test_a_kind_or_length_without_a_meaning_is_refused() -> None:
    with pytest.raises(AddressError, match="CashAddr version 120 is not supported"):
        decode_cashaddr("prefix", "prefix:0r6m7j9njldwwzlg9v7v53unlr4jkmx6ey3qnjwsrf")
    with pytest.raises(AddressError, match="where 42 belong"):
        decode_cashaddr("bitcoincash", "bitcoincash:q9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2ws4mr9g0")


@pytest.mark.parametrize("size", [0, 19, 21, 32])
def test_no_address_is_made_of_another_number_of_bytes(size: int) -> None:
    with pytest.raises(AddressError, match=f"holds {size} bytes where 20 belong"):
        encode_cashaddr("ecash", CashAddrKind.P2PKH, bytes(size))


@given(st.text(max_size=60))
def test_any_text_is_either_an_address_or_an_address_error(text: str) -> None:
    try:
        kind, hash160 = decode_cashaddr("ecash", text)
    except AddressError:
        return
    assert encode_cashaddr("ecash", kind, hash160).endswith(text.lower())


@pytest.mark.parametrize(
    ("legacy", "cashaddr"),
    [
        ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        ("1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR", "qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy"),
        ("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC", "ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"),
        ("3LDsS579y7sruadqu11beEJoTjdFiFCdX4", "pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e"),
    ],
)
def test_bitcoin_cash_takes_both_forms_and_writes_its_own(legacy: str, cashaddr: str) -> None:
    script = script_for(legacy, BITCOIN_CASH)

    assert script_for(cashaddr, BITCOIN_CASH) == script
    assert script_for(f"bitcoincash:{cashaddr}", BITCOIN_CASH) == script
    assert script_for(f"BITCOINCASH:{cashaddr.upper()}", BITCOIN_CASH) == script
    assert address_for(script, BITCOIN_CASH) == f"bitcoincash:{cashaddr}"


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", "its prefix is not bitcoincash"),
        ("pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t", "wrong checksum"),
        ("bitcoincash:Qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "mixes upper and lower case"),
        ("bitcoincash:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "mixes upper and lower case"),
        ("mi4iBXbBsydtcc5yFmsff2zCFVX4XG7qJc", "another coin or network"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "CashAddr does not use"),
        ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggv", "wrong checksum"),
    ],
)
def test_what_is_no_address_of_bitcoin_cash_is_refused_with_a_reason(address: str, complaint: str) -> None:
    with pytest.raises(AddressError, match=complaint):
        script_for(address, BITCOIN_CASH)
