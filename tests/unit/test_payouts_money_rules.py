"""Who is due, whether the books hold, and whether a transaction is what was asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import NetworkParams, encode_base58check, encode_segwit, script_for
from services.payouts.auditing import audit
from services.payouts.auditing.audit import Standing
from services.payouts.failpoint import ALL_FAILPOINTS, Failpoints, FailpointUnknown
from services.payouts.ledger import accounts
from services.payouts.payments.output_size import FALLBACK_DUST_SATS
from services.payouts.payments.payees import Rules, Terms, choose, fee_to_withdraw_sats
from services.payouts.payments.transaction_check import (
    Output,
    WrongOutputs,
    check_outputs,
    intended_outputs,
    read_transaction,
)

RULES = Rules(minimum_sats=10_000, fee_address=None, fee_threshold_sats=0)
REGTEST = NetworkParams(pubkey_versions=(111,), script_versions=(196, 58), bech32_hrp="rltc")


def owed(**sats: int) -> dict[str, int]:
    return {accounts.miner(address): -amount for address, amount in sats.items()}


def anyone(_address: str) -> bool:
    return True


# ---- payees ----


def test_balances_from_the_minimum_on_are_paid_whole() -> None:
    due = choose(owed(rich=30_000, enough=10_000, poor=9_999), RULES, anyone)
    assert [(payee.address, payee.amount_sats) for payee in due.payees] == [
        ("rich", 30_000),
        ("enough", 10_000),
    ]


def test_no_minimum_goes_below_dust() -> None:
    rules = Rules(minimum_sats=0, fee_address=None, fee_threshold_sats=0)
    due = choose(owed(dust=FALLBACK_DUST_SATS - 1, coin=FALLBACK_DUST_SATS), rules, anyone)
    assert [payee.address for payee in due.payees] == ["coin"]


def test_a_bad_address_is_left_out_and_the_others_are_paid() -> None:
    due = choose(owed(good=20_000, bad=30_000), RULES, lambda address: address != "bad")
    assert [payee.address for payee in due.payees] == ["good"]
    assert due.unpayable == ["bad"]


def test_the_largest_balances_come_first_where_not_all_fit() -> None:
    many = {f"a{number:04}": 10_000 + number for number in range(30)}
    due = choose(owed(**many), RULES, anyone, Terms(weight=lambda _: 100, weight_limit=2_050))
    assert [payee.amount_sats for payee in due.payees] == list(range(10_029, 10_009, -1))
    assert {row.reason for row in due.left_out} == {"no room in this transaction"}


def test_the_fee_goes_out_from_its_threshold_on() -> None:
    rules = Rules(minimum_sats=10_000, fee_address="pool", fee_threshold_sats=50_000)
    assert choose({accounts.FEE: -49_999}, rules, anyone).payees == []
    (payee,) = choose({accounts.FEE: -50_000}, rules, anyone).payees
    assert (payee.account, payee.address, payee.amount_sats) == (accounts.FEE, "pool", 50_000)
    assert choose({accounts.FEE: -50_000}, RULES, anyone).payees == []


def test_the_fee_bears_what_the_network_takes() -> None:
    assert fee_to_withdraw_sats({accounts.FEE: -100, accounts.NETWORK_FEES: 30}) == 70
    assert fee_to_withdraw_sats({accounts.FEE: -10, accounts.NETWORK_FEES: 30}) == 0


def test_the_pools_own_accounts_are_no_payees() -> None:
    balances = {accounts.SUSPENSE: -(10**9), accounts.IN_FLIGHT: -(10**9), accounts.WALLET: 2 * 10**9}
    assert choose(balances, RULES, anyone).payees == []


# ---- audit ----

BALANCES = {accounts.WALLET: 100, accounts.miner("a"): -60, accounts.IN_FLIGHT: -40}


def standing(**changes: Any) -> Standing:
    return Standing(**{
        "balances": BALANCES, "unsettled_sats": 40, "sent_sats": 0, "wallet_sats": 100, **changes
    })  # fmt: skip


def test_books_that_hold_have_no_problems() -> None:
    assert audit.problems(standing()) == []


def test_what_was_sent_need_not_be_in_the_wallet_any_more() -> None:
    assert audit.problems(standing(sent_sats=40, wallet_sats=60)) == []
    assert "is owed" in audit.problems(standing(sent_sats=40, wallet_sats=59))[0]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"balances": {**BALANCES, accounts.FEE: 1}}, "off by 1"),
        ({"unsettled_sats": 41}, "in flight"),
        ({"wallet_sats": 99}, "is owed"),
        (
            {"balances": {accounts.WALLET: -5, accounts.miner("a"): 5}, "unsettled_sats": 0},
            "more than was owed",
        ),
        (
            {"balances": {accounts.WALLET: 9, accounts.SUSPENSE: -9}, "unsettled_sats": 0, "wallet_sats": 8},
            "owed",
        ),
    ],
)
def test_each_discrepancy_is_found(changes: dict[str, Any], word: str) -> None:
    assert any(word in problem for problem in audit.problems(standing(**changes)))


# ---- the transaction ----


def decoded(*outputs: Output) -> dict[str, Any]:
    """What decoderawtransaction would say."""
    return {
        "txid": "t",
        "vin": [{"txid": "i", "vout": 1}],
        "vout": [
            {
                "value": Decimal(output.sats).scaleb(-8),
                "scriptPubKey": {"hex": output.script_hex, "addresses": [output.address]},
            }
            for output in outputs
        ],
    }


A, B, CHANGE = Output("aa", 100, "a"), Output("bb", 200, "b"), Output("cc", 5, "change")


def test_the_intended_outputs_and_change_are_accepted_in_any_order() -> None:
    assert check_outputs(read_transaction(decoded(CHANGE, B, A), 8), [A, B]) == "change"
    assert check_outputs(read_transaction(decoded(A, B), 8), [B, A]) is None


@pytest.mark.parametrize(
    "outputs",
    [
        (A,),
        (A, Output("bb", 199, "b"), CHANGE),
        (A, Output("bd", 200, "b"), CHANGE),
        (A, B, CHANGE, CHANGE),
        (A, A),
    ],
)
def test_any_other_transaction_is_refused(outputs: tuple[Output, ...]) -> None:
    with pytest.raises(WrongOutputs):
        check_outputs(read_transaction(decoded(*outputs), 8), [A, B])


def test_newer_daemons_tell_one_address_instead_of_a_list() -> None:
    answer = decoded(A)
    answer["vout"][0]["scriptPubKey"] = {"hex": "aa", "address": "a"}
    assert read_transaction(answer, 8).outputs == [A]


def test_two_spellings_of_one_script_share_an_output() -> None:
    old, new = encode_base58check(196, bytes(20)), encode_base58check(58, bytes(20))
    (output,) = intended_outputs({old: 1, new: 2}, REGTEST)
    assert output.sats == 3
    assert output.script_hex == script_for(old, REGTEST).hex()


@given(st.dictionaries(st.binary(min_size=20, max_size=20), st.integers(1, 10**15), min_size=1, max_size=20))
def test_a_payment_pays_exactly_its_outputs(programs: dict[bytes, int]) -> None:
    payees = {encode_segwit("rltc", 0, program): sats for program, sats in programs.items()}
    outputs = intended_outputs(payees, REGTEST)
    assert sum(output.sats for output in outputs) == sum(payees.values())
    assert check_outputs(read_transaction(decoded(*outputs), 8), outputs) is None


# ---- failpoints ----


def test_every_failpoint_can_be_armed_by_its_name() -> None:
    assert [Failpoints.from_text(str(failpoint)).armed for failpoint in ALL_FAILPOINTS] == list(
        ALL_FAILPOINTS
    )


def test_no_failpoint_is_armed_by_default_and_a_wrong_name_is_refused() -> None:
    assert Failpoints.from_text("").armed is None
    with pytest.raises(FailpointUnknown):
        Failpoints.from_text("payment.never")
