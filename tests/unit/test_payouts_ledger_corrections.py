"""What people book: with reason and author, each once, and never so that somebody would owe the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from nompcore.errors import LedgerError
from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import Crediting
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.corrections import MAX_AMOUNTS, Corrected, Order
from services.payouts.ledger.engines import ledger_engine
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.suspense import Held, Release
from tests.unit.ledger_steps import NOW, REWARD, block_id, close_accepted, confirm, credited, intend
from tests.unit.payouts_samples import POOL, block_hash, candidate, outcome

GROUNDS = Grounds("credited to the wrong address", "ann")
A, B, NEW = accounts.miner("a"), accounts.miner("b"), accounts.miner("new")
ORDER = Order(A, B, 7, "ticket 42", GROUNDS)


def correct(ledger: Ledger, order: Order, is_payable: Callable[[str], bool] = bool) -> bool:
    return ledger.corrections.correct(POOL, order, is_payable, NOW)


def suspended(ledger: Ledger, number: int, *, fee_ppm: int = 0) -> str:
    """A mature block without shares; its hash."""
    ledger.blocks.record_outcome(outcome(number))
    assert confirm(ledger, block_id(ledger, number), fee_ppm=fee_ppm) is Crediting.SUSPENDED
    return block_hash(number)


# ---- corrections ----


def test_a_correction_moves_its_amount_once_with_reason_and_author(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    assert [correct(ledger, ORDER) for _ in range(2)] == [True, False]
    balances = ledger.balances(POOL)
    assert (balances[A], balances[B]) == (-REWARD // 2 + 7, -REWARD // 2 - 7)
    assert sum(balances.values()) == 0
    assert ledger.corrections.listed(POOL) == [
        Corrected("correction", "ticket 42", {A: 7, B: -7}, 2, GROUNDS, NOW)
    ]
    assert ledger.corrections.listed("other") == []


def test_a_reference_stands_for_one_correction(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    correct(ledger, ORDER)
    before = ledger.balances(POOL)
    for changed in (replace(ORDER, sats=8), replace(ORDER, debit=B, credit=A), replace(ORDER, credit="fee")):
        with pytest.raises(LedgerError, match="another correction"):
            correct(ledger, changed)
    assert ledger.balances(POOL) == before
    assert correct(ledger, replace(ORDER, reference="ticket 43"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sats": REWARD // 2 + 1}, "holds 2500000000"),
        ({"sats": 0}, "none"),
        ({"sats": -7}, "none"),
        ({"sats": 2**60 + 1}, "none"),
        ({"credit": A}, "itself"),
        ({"debit": accounts.FEE}, "fee holds 0"),
        ({"debit": accounts.RESERVE}, "reserve holds 0"),
        ({"debit": accounts.SUSPENSE}, "suspense holds 0"),
        ({"credit": accounts.NETWORK_FEES}, "network_fees holds 0"),
        ({"credit": accounts.OPENING}, "opening holds 0"),
        ({"credit": accounts.IN_FLIGHT}, "is none of"),
        ({"debit": accounts.IN_FLIGHT}, "is none of"),
        ({"debit": "walet"}, "is none of"),
        ({"credit": accounts.miner("nobody")}, "no address"),
        ({"debit": NEW}, "holds 0"),
        ({"reference": ""}, "reference"),
        ({"reference": "a" * 129}, "reference"),
        ({"reference": "a\nb"}, "reference"),
    ],
)
def test_what_cannot_be_is_not_booked(ledger: Ledger, change: dict[str, Any], words: str) -> None:
    credited(ledger, "a", "b")
    before = ledger.balances(POOL)
    with pytest.raises(LedgerError, match=words):
        correct(ledger, replace(ORDER, **change), lambda address: address != "nobody")
    assert ledger.balances(POOL) == before
    assert ledger.corrections.listed(POOL) == []


def test_what_a_payment_took_cannot_be_corrected_away(ledger: Ledger) -> None:
    credited(ledger, "a", "b")
    assert intend(ledger, "p1", a=REWARD // 2)
    with pytest.raises(LedgerError, match="holds 0"):
        correct(ledger, ORDER)


def test_coins_in_the_wallet_can_be_owed_and_a_miner_paid_by_hand(ledger: Ledger) -> None:
    assert correct(ledger, Order(accounts.WALLET, NEW, 100, "found coins", GROUNDS))
    assert correct(ledger, Order(NEW, accounts.WALLET, 60, "paid by hand", GROUNDS))
    assert ledger.balances(POOL) == {accounts.WALLET: 40, NEW: -40}


def test_an_account_without_an_address_can_be_cleared(ledger: Ledger) -> None:
    """A name that NOMP had: nobody can be paid by it, so an operator moves what it holds."""
    credited(ledger, accounts.unassigned("rig"))
    unassigned = accounts.miner(accounts.unassigned("rig"))
    assert correct(ledger, Order(unassigned, NEW, REWARD, "r", GROUNDS), lambda address: address == "new")
    assert ledger.balances(POOL) == {accounts.WALLET: REWARD, NEW: -REWARD}


@pytest.mark.parametrize("words", ["a\nb", "\0", "a" * 1_001])
def test_reason_and_author_are_a_line(words: str) -> None:
    with pytest.raises(LedgerError):
        Grounds(words, "ann")
    with pytest.raises(LedgerError):
        Grounds("because", words)


def test_a_deposit_keeps_reason_and_author(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.reserve.deposit_reserve(POOL, sats=5, reference="tx", now_ms=NOW, grounds=GROUNDS)
    amounts = {accounts.WALLET: 5, accounts.RESERVE: -5}
    assert [(row.kind, row.amounts, row.grounds) for row in ledger.corrections.listed(POOL)] == [
        ("deposit", dict(sorted(amounts.items())), GROUNDS)
    ]


@pytest.mark.parametrize("change", ["UPDATE corrections SET author = 'bob'", "DELETE FROM corrections"])
def test_who_said_so_cannot_be_changed_afterwards(ledger: Ledger, tmp_path: Path, change: str) -> None:
    credited(ledger, "a", "b")
    correct(ledger, ORDER)
    url = f"sqlite:///{tmp_path}/ledger.db"
    with pytest.raises(IntegrityError, match="only added to"), ledger_engine(url).begin() as connection:
        connection.execute(text(change))
    assert ledger.corrections.listed(POOL)[0].grounds == GROUNDS


# ---- suspense ----


@pytest.mark.parametrize("account", [accounts.FEE, NEW])
def test_a_suspended_reward_is_given_to_one_account_once(ledger: Ledger, account: str) -> None:
    lost = suspended(ledger, 1)
    assert ledger.suspense.held(POOL) == [Held(lost, 100, REWARD, is_awaited=False)]
    released = [ledger.suspense.give(POOL, lost, account, GROUNDS, NOW) for _ in range(2)]
    assert released == [Release.RELEASED, Release.RELEASED_BEFORE]
    assert ledger.balances(POOL) == {accounts.WALLET: REWARD, account: -REWARD}
    assert ledger.suspense.held(POOL) == []
    (row,) = ledger.corrections.listed(POOL)
    assert (row.kind, row.reference, row.grounds) == ("release", lost, GROUNDS)


def test_a_suspended_reward_is_spread_over_the_shares_of_a_named_block(ledger: Ledger) -> None:
    close_accepted(ledger, 2, {"a": 3, "b": 1})
    lost = suspended(ledger, 1, fee_ppm=200_000)
    ledger.suspense.give_to_round(POOL, lost, block_hash(2), GROUNDS, NOW)
    fee = REWARD // 5
    assert ledger.balances(POOL) == {
        accounts.WALLET: REWARD, accounts.FEE: -fee, A: -(REWARD - fee) * 3 // 4, B: -(REWARD - fee) // 4,
    }  # fmt: skip


def test_the_next_credited_round_takes_what_was_decided_for_it(ledger: Ledger) -> None:
    lost = suspended(ledger, 1)
    assert ledger.suspense.give_to_next_round(POOL, lost, GROUNDS, NOW) is Release.AWAITED
    assert ledger.suspense.held(POOL) == [Held(lost, 100, REWARD, is_awaited=True)]
    again = suspended(ledger, 2)  # a block without shares is not the one
    assert ledger.balances(POOL)[accounts.SUSPENSE] == -2 * REWARD
    confirm(ledger, close_accepted(ledger, 3, {"a": 1, "b": 1}))
    assert ledger.balances(POOL) == {
        accounts.WALLET: 3 * REWARD, accounts.SUSPENSE: -REWARD, A: -REWARD, B: -REWARD,
    }  # fmt: skip
    assert [row.block_hash for row in ledger.suspense.held(POOL)] == [again]
    confirm(ledger, close_accepted(ledger, 4, {"a": 1}))
    assert ledger.balances(POOL)[accounts.SUSPENSE] == -REWARD
    assert ledger.suspense.give(POOL, lost, NEW, GROUNDS, NOW) is Release.RELEASED_BEFORE
    assert [row.grounds for row in ledger.corrections.listed(POOL)] == [GROUNDS]


def test_a_later_order_overrules_the_wait_for_a_round(ledger: Ledger) -> None:
    lost = suspended(ledger, 1)
    ledger.suspense.give_to_next_round(POOL, lost, GROUNDS, NOW)
    ledger.suspense.give_to_next_round(POOL, lost, Grounds("said again", "bob"), NOW)
    assert ledger.suspense.give(POOL, lost, NEW, GROUNDS, NOW) is Release.RELEASED
    assert ledger.suspense.give_to_next_round(POOL, lost, GROUNDS, NOW) is Release.RELEASED_BEFORE
    confirm(ledger, close_accepted(ledger, 2, {"a": 1}))
    assert ledger.balances(POOL) == {accounts.WALLET: 2 * REWARD, NEW: -REWARD, A: -REWARD}


def test_a_blocks_own_shares_come_before_the_next_rounds(ledger: Ledger) -> None:
    lost = suspended(ledger, 1)
    ledger.suspense.give_to_next_round(POOL, lost, GROUNDS, NOW)
    ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1)
    confirm(ledger, close_accepted(ledger, 2, {"b": 1}))
    assert ledger.balances(POOL) == {accounts.WALLET: 2 * REWARD, A: -REWARD, B: -REWARD}
    with pytest.raises(LedgerError, match="holds nothing"):
        ledger.suspense.give(POOL, lost, NEW, GROUNDS, NOW)


def test_shares_that_turn_up_after_a_release_earn_nothing_a_second_time(ledger: Ledger) -> None:
    lost = suspended(ledger, 1)
    ledger.suspense.give(POOL, lost, accounts.FEE, GROUNDS, NOW)
    ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1)
    assert ledger.balances(POOL) == {accounts.WALLET: REWARD, accounts.FEE: -REWARD}


def test_a_correction_leaves_suspended_rewards_alone(ledger: Ledger) -> None:
    suspended(ledger, 1)
    with pytest.raises(LedgerError, match="suspense holds 0"):
        correct(ledger, Order(accounts.SUSPENSE, NEW, 1, "r1", GROUNDS))
    correct(ledger, Order(accounts.WALLET, accounts.SUSPENSE, 5, "r2", GROUNDS))
    assert correct(ledger, Order(accounts.SUSPENSE, NEW, 5, "r3", GROUNDS))


@pytest.mark.parametrize(
    ("block", "account", "words"),
    [
        (block_hash(9), NEW, "holds nothing of a block"),
        (block_hash(2), NEW, "holds nothing of a block"),
        (block_hash(1), accounts.RESERVE, "neither fee nor miner"),
    ],
)
def test_a_release_of_nothing_is_refused(ledger: Ledger, block: str, account: str, words: str) -> None:
    suspended(ledger, 1)
    confirm(ledger, close_accepted(ledger, 2, {"a": 1}))
    before = ledger.balances(POOL)
    with pytest.raises(LedgerError, match=words):
        ledger.suspense.give(POOL, block, account, GROUNDS, NOW)
    assert ledger.balances(POOL) == before


def test_a_release_to_a_round_without_shares_is_refused(ledger: Ledger) -> None:
    lost, other = suspended(ledger, 1), suspended(ledger, 2)
    with pytest.raises(LedgerError, match="no shares"):
        ledger.suspense.give_to_round(POOL, lost, other, GROUNDS, NOW)
    with pytest.raises(LedgerError, match="found no block"):
        ledger.suspense.give_to_round(POOL, lost, block_hash(9), GROUNDS, NOW)


def test_a_list_shows_the_largest_amounts_and_how_many_there_are(ledger: Ledger) -> None:
    lost = suspended(ledger, 1)
    close_accepted(ledger, 2, {f"m{number:03d}": number for number in range(1, 101)})
    ledger.suspense.give_to_round(POOL, lost, block_hash(2), GROUNDS, NOW)
    (row,) = ledger.corrections.listed(POOL)
    assert row.entries == 101
    assert list(row.amounts)[:2] == [accounts.SUSPENSE, accounts.miner("m100")]
    assert len(row.amounts) == MAX_AMOUNTS
