"""Which keys of a Redis are those of a coin in NOMP."""

from __future__ import annotations

import pytest

from nompcore.address import NetworkParams, encode_base58check, script_for
from nompcore.cashaddr import CashAddrKind, encode_cashaddr
from services.payouts.ledger.accounts import is_unassigned, unassigned
from services.payouts.nomp_import.dialect import Dialect, Refusal, Source, choose, sources
from services.payouts.nomp_import.names import owner_of
from tests.unit.nomp_samples import ALICE, BOB, CAROL, KEY, LATER, NETWORK, SEED

KEYS_LATER = ["litecoin:balances", "litecoin:shares:roundCurrent", "litecoin:hashrate", "statHistory"]
KEYS_SEED = ["Litecoin_balances", "Litecoin_blocksDropKicked", "Litecoin_shares:round12"]


@pytest.mark.parametrize(
    ("keys", "coin", "source"),
    [
        (KEYS_LATER, "litecoin", LATER),
        (KEYS_LATER, "Litecoin", LATER),
        (KEYS_SEED, "litecoin", SEED),
        ([*KEYS_LATER, "litecoincash:balances", "litecoin-x_balances"], "litecoin", LATER),
    ],
)
def test_a_coin_is_found_in_its_one_layout(keys: list[str], coin: str, source: Source) -> None:
    assert choose(sources(keys, coin), coin, None) == source


def test_two_layouts_with_data_need_a_word() -> None:
    found = sources([*KEYS_LATER, *KEYS_SEED], "litecoin")

    asked = choose(found, "litecoin", None)
    assert isinstance(asked, Refusal)
    assert "--dialect" in asked.reasons[0]
    assert choose(found, "litecoin", Dialect.LATER) == LATER
    assert choose(found, "litecoin", Dialect.SEED) == SEED


def test_two_spellings_are_told_apart_by_the_exact_one() -> None:
    found = sources([*KEYS_SEED, "LITECOIN_balances"], "litecoin")

    assert isinstance(choose(found, "litecoin", None), Refusal)
    assert choose(found, "LITECOIN", None) == Source(Dialect.SEED, "LITECOIN")


@pytest.mark.parametrize("keys", [[], ["dogecoin:balances"], ["litecoin"], ["litecoin:blocksDropKicked"]])
def test_a_coin_that_is_not_there_may_be_one_of_mpos(keys: list[str]) -> None:
    refused = choose(sources(keys, "litecoin"), "litecoin", None)

    assert isinstance(refused, Refusal)
    assert "MPOS" in refused.reasons[0]


# ---- names ----


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        (ALICE, ALICE),
        (f"{ALICE}.rig1", ALICE),
        (f"{ALICE}.rig.2", ALICE),
        (KEY, ALICE),
        (KEY.upper(), ALICE),
        (f"{KEY}.rig", ALICE),
        (BOB.upper(), BOB),
        (CAROL, CAROL),
    ],
)
def test_a_name_that_tells_an_address(name: str, owner: str) -> None:
    assert owner_of(name, NETWORK) == owner


@pytest.mark.parametrize(
    "name",
    ["", "bob", "bob.rig", ".rig", KEY[:-1], KEY + "00", ALICE[:-1], encode_base58check(48, bytes(20))],
)
def test_a_name_that_is_no_address_is_held(name: str) -> None:
    owner = owner_of(name, NETWORK)

    assert owner == unassigned(name)
    assert is_unassigned(owner)
    assert owner_of(owner, NETWORK) == unassigned(owner)  # nothing can be paid to it


def test_a_mining_key_gets_the_form_of_the_coin() -> None:
    cash = NetworkParams((111,), (196,), cashaddr_prefix="bchreg")
    owner = owner_of(KEY, cash)

    assert owner == encode_cashaddr("bchreg", CashAddrKind.P2PKH, bytes.fromhex(KEY))
    assert owner_of(owner.removeprefix("bchreg:"), cash) == owner
    assert script_for(owner, cash) == script_for(ALICE, NETWORK)
