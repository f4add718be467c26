"""Who may mine at a switching port, and to which address of each of its coins that is paid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import (
    NetworkParams,
    address_for,
    encode_base58check,
    encode_segwit,
    p2pkh_script,
    p2sh_script,
    script_for,
    segwit_script,
)
from nompcore.errors import StratumError
from services.stratum.authorization import Authorizer
from services.stratum.switch_authorization import HINT, NO_KEY, UNKNOWN, SwitchAuthorizer
from tests.stratum_work import coin

LITECOIN, DOGECOIN, BITCOIN, MONACOIN, CASH = (
    coin(f"{name}.json").networks["main"]
    for name in ("litecoin", "dogecoin", "bitcoin", "monacoin", "bitcoincash")
)
# The key 1: what every wallet makes of it can be looked up anywhere.
KEY = "751e76e8199196d454941c45d1b3a323f1433bd6"
ON_BITCOIN = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"
ON_BITCOIN_WITNESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
ON_LITECOIN = "LVuDpNCSSj6pQ7t9Pv6d6sUkLKoqDEVUnJ"
ON_DOGECOIN = "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE"
ON_CASH = "bitcoincash:qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h"

SCRYPT = (LITECOIN, DOGECOIN)
hashes = st.binary(min_size=20, max_size=20)


def paid(user: str, own: NetworkParams, *port: NetworkParams, known: tuple[NetworkParams, ...] = ()) -> str:
    return SwitchAuthorizer(own, port or SCRYPT, known).worker(user).name


def refusal(user: str, *port: NetworkParams, known: tuple[NetworkParams, ...] = ()) -> str:
    texts = set()
    for own in port or SCRYPT:
        with pytest.raises(StratumError) as caught:
            SwitchAuthorizer(own, port or SCRYPT, known).worker(user)
        texts.add(caught.value.text)
    (text,) = texts  # all pools of a port decide alike
    return text


@pytest.mark.parametrize("user", [KEY, KEY.upper(), ON_LITECOIN, ON_DOGECOIN])
def test_one_key_is_paid_at_each_coins_own_address(user: str) -> None:
    assert paid(user, LITECOIN) == ON_LITECOIN
    assert paid(f"{user}.rig.7", DOGECOIN) == f"{ON_DOGECOIN}.rig.7"


def test_an_address_of_a_coin_that_the_port_does_not_mine_names_a_key_too() -> None:
    for user in (ON_BITCOIN, ON_BITCOIN_WITNESS, ON_BITCOIN_WITNESS.upper()):
        assert paid(user, DOGECOIN, known=(BITCOIN,)) == ON_DOGECOIN


def test_on_its_own_coin_an_address_is_paid_as_it_is_in_its_one_spelling() -> None:
    witness = encode_segwit("ltc", 0, bytes.fromhex(KEY))
    assert paid(f"{witness.upper()}.a", LITECOIN) == f"{witness}.a"
    assert paid(f"{witness}.a", DOGECOIN) == f"{ON_DOGECOIN}.a"
    assert paid(ON_BITCOIN, CASH, BITCOIN, CASH) == ON_BITCOIN  # the older form of the same address
    assert paid(ON_BITCOIN_WITNESS, CASH, BITCOIN, CASH) == ON_CASH
    assert paid(ON_CASH, BITCOIN, BITCOIN, CASH) == ON_BITCOIN


@pytest.mark.parametrize(
    "address",
    [
        encode_base58check(50, bytes(range(20))),  # a script of Litecoin
        encode_segwit("ltc", 0, bytes(32)),
        encode_segwit("ltc", 1, bytes(32)),
    ],
)
def test_an_address_without_a_key_is_refused_where_not_every_coin_can_pay_it(address: str) -> None:
    assert refusal(f"{address}.rig") == NO_KEY
    assert paid(f"{address}.rig", LITECOIN, LITECOIN) == f"{address}.rig"


def test_a_script_that_is_the_same_on_every_coin_of_the_port_is_paid() -> None:
    address = encode_base58check(5, bytes(range(20)))
    assert paid(address, CASH, BITCOIN, CASH) == paid(address, BITCOIN, BITCOIN, CASH) == address


def test_what_is_a_key_for_one_coin_and_a_script_for_another_is_neither() -> None:
    """Version 50: nobody could spend what is sent to a hash of the other kind."""
    address = encode_base58check(50, bytes(range(20)))
    assert refusal(address, known=(MONACOIN,)) == NO_KEY
    assert refusal(address, LITECOIN, MONACOIN) == NO_KEY


@pytest.mark.parametrize(
    ("user", "text"),
    [
        (ON_LITECOIN[:-1] + "K", f"the address has a wrong checksum; {HINT}"),
        (ON_BITCOIN, f"the address is of another coin or network (version 0); {HINT}"),
        (ON_CASH, f"addresses with a prefix and a colon are not supported; use the legacy form; {HINT}"),
        ("ltc1account", f"{UNKNOWN}; {HINT}"),
        (KEY[:-1], f"the address has a wrong checksum; {HINT}"),
        ("", "worker name is not address or address.rig"),
        (f"{KEY}.a b", "worker name is not address or address.rig"),
    ],
)
def test_what_names_no_key_is_refused_with_the_reason(user: str, text: str) -> None:
    assert refusal(user) == text


@given(hashes)
def test_every_spelling_of_a_key_is_paid_the_same_where_it_is_no_address(key_hash: bytes) -> None:
    port = (LITECOIN, DOGECOIN)
    spellings = [
        key_hash.hex(),
        address_for(p2pkh_script(key_hash), LITECOIN),
        address_for(segwit_script(0, key_hash), LITECOIN),
    ]
    expected = address_for(p2pkh_script(key_hash), DOGECOIN)
    assert {paid(user, DOGECOIN, *port) for user in spellings} == {expected}
    assert script_for(expected, DOGECOIN) == p2pkh_script(key_hash)


@given(hashes, st.permutations([LITECOIN, DOGECOIN, BITCOIN, CASH]))
def test_all_pools_of_a_port_decide_alike(key_hash: bytes, port: list[NetworkParams]) -> None:
    for script in (p2pkh_script(key_hash), p2sh_script(key_hash), segwit_script(0, key_hash)):
        user = address_for(script, BITCOIN)
        outcomes = {_is_taken(user, own, tuple(port)) for own in port}
        assert outcomes == {script != p2sh_script(key_hash)}


@given(hashes, st.sampled_from(SCRYPT))
def test_a_worker_that_was_taken_is_one_of_the_pools_own_port_too(
    key_hash: bytes, own: NetworkParams
) -> None:
    name = paid(f"{key_hash.hex()}.rig", own)
    assert Authorizer(own).worker(name).name == name


def _is_taken(user: str, own: NetworkParams, port: tuple[NetworkParams, ...]) -> bool:
    try:
        SwitchAuthorizer(own, port).worker(user)
    except StratumError:
        return False
    return True
