"""Batches: whoever is due is paid or named with a reason, and what is paid fits into one transaction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import p2pkh_script, p2sh_script, segwit_script
from services.payouts.ledger import accounts
from services.payouts.payments.output_size import (
    FALLBACK_DUST_SATS,
    OUTPUTS_WEIGHT,
    SIGNATURE_WEIGHT,
    TRANSACTION_WEIGHT,
    size_of,
)
from services.payouts.payments.payees import NOT_PAYABLE, Rules, Terms, choose

RULES = Rules(minimum_sats=10_000, fee_address="pool", fee_threshold_sats=50_000)
HASH20, HASH32 = bytes(20), bytes(32)
SCRIPTS = {
    "p2pkh": p2pkh_script(HASH20),
    "p2sh": p2sh_script(HASH20),
    "p2wpkh": segwit_script(0, HASH20),
    "p2wsh": segwit_script(0, HASH32),
    "p2tr": segwit_script(1, HASH32),
}


def owed(**sats: int) -> dict[str, int]:
    return {accounts.miner(address): -amount for address, amount in sats.items()}


def reasons(balances: dict[str, int], terms: Terms) -> dict[str, str]:
    due = choose(balances, RULES, lambda address: address != "bad", terms)
    return {row.address: row.reason for row in due.left_out}


# ---- amounts and weights of outputs ----


@pytest.mark.parametrize(
    ("kind", "weight", "bitcoin_sats", "litecoin_sats"),
    [
        ("p2pkh", 136, 546, 5_460),  # what Bitcoin Core and Litecoin Core refuse is below these
        ("p2sh", 128, 540, 5_400),
        ("p2wpkh", 124, 294, 2_940),
        ("p2wsh", 172, 330, 3_300),
        ("p2tr", 172, 330, 3_300),
    ],
)
def test_outputs_weigh_and_are_dust_as_nodes_count(
    kind: str, weight: int, bitcoin_sats: int, litecoin_sats: int
) -> None:
    size = size_of(SCRIPTS[kind])
    assert size.weight == weight
    assert size.dust_sats(100) == bitcoin_sats  # Bitcoin's relay fee since version 30
    assert size.dust_sats(1_000) == litecoin_sats
    assert size.dust_sats(0) == bitcoin_sats
    assert size.dust_sats(None) == FALLBACK_DUST_SATS


def test_a_full_batch_leaves_room_for_inputs() -> None:
    left = TRANSACTION_WEIGHT - OUTPUTS_WEIGHT
    old_input = 4 * (32 + 4 + 1 + 4) + SIGNATURE_WEIGHT
    assert left // old_input >= 330


# ---- who waits, and why ----


def test_a_miner_may_want_to_wait_longer_but_not_shorter() -> None:
    balances = owed(patient=20_000, hasty=9_000)
    terms = Terms(minimums_sats={"patient": 20_001, "hasty": 1_000})
    assert reasons(balances, terms) == {
        "patient": "below the minimum of 20001",
        "hasty": "below the minimum of 10000",
    }
    assert reasons(owed(patient=20_001), terms) == {}


def test_the_quarantined_and_the_unpayable_wait_with_their_reason() -> None:
    terms = Terms(quarantined={"odd": "Invalid address"})
    assert reasons(owed(odd=20_000, bad=20_000, good=20_000), terms) == {
        "odd": "quarantined: Invalid address",
        "bad": NOT_PAYABLE,
    }


def test_the_fee_waits_where_its_address_is_quarantined() -> None:
    due = choose({accounts.FEE: -60_000}, RULES, lambda _: True, Terms(quarantined={"pool": "no"}))
    assert due.payees == []
    assert [(row.address, row.amount_sats) for row in due.left_out] == [("pool", 60_000)]


def test_dust_is_a_matter_of_the_kind_of_address() -> None:
    terms = Terms(dust_sats={"old": 15_001, "new": 14_999}.__getitem__)
    assert list(reasons(owed(old=15_000, new=15_000), terms)) == ["old"]


def test_one_payee_is_taken_however_little_room_there_is() -> None:
    due = choose(owed(a=20_000, b=30_000), RULES, lambda _: True, Terms(weight_limit=0))
    assert [payee.address for payee in due.payees] == ["b"]


names = st.text("abcdefgh", min_size=1, max_size=4)


@given(
    balances=st.dictionaries(names, st.integers(1, 60_000), max_size=40),
    fee=st.integers(0, 100_000),
    minimums=st.dictionaries(names, st.integers(0, 60_000)),
    quarantined=st.sets(names),
    limit=st.integers(0, 3_000),
)
def test_every_balance_is_paid_whole_or_left_out_and_the_batch_fits(
    balances: dict[str, int], fee: int, minimums: dict[str, int], quarantined: set[str], limit: int
) -> None:
    terms = Terms(
        minimums_sats=minimums, quarantined=dict.fromkeys(quarantined, "no"), dust_sats=lambda _: 5_000,
        weight=lambda address: 100 + len(address), weight_limit=limit,
    )  # fmt: skip
    books = {**owed(**balances), accounts.FEE: -fee}
    due = choose(books, RULES, lambda address: "h" not in address, terms)

    fee_due = [("pool", fee)] if fee >= RULES.fee_threshold_sats else []
    everyone = sorted([*balances.items(), *fee_due])
    paid = [(payee.address, payee.amount_sats) for payee in due.payees]
    assert sorted(paid + [(row.address, row.amount_sats) for row in due.left_out]) == everyone

    assert len(paid) <= 1 or sum(terms.weight(address) for address, _ in paid) <= limit
    for payee in due.payees:
        assert books[payee.account] == -payee.amount_sats
        assert payee.address not in quarantined
        assert payee.account == accounts.FEE or payee.amount_sats >= max(
            10_000, minimums.get(payee.address, 0)
        )
    if any(row.reason == "no room in this transaction" for row in due.left_out):
        waiting = [row.amount_sats for row in due.left_out if row.reason == "no room in this transaction"]
        assert min(payee.amount_sats for payee in due.payees) >= max(waiting)
