"""The ledger on SQLite: nothing is booked twice, nothing is lost, and the books balance after every step."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from nompcore.errors import LedgerError
from nompcore.target import work_from_difficulty
from services.payouts.failpoint import Failpoints, Step
from services.payouts.ledger import accounts
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.block_rows import Status
from services.payouts.ledger.blocks_ledger import Closing, Crediting
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from tests.unit.ledger_steps import NOW, REWARD, block_id, close_accepted, confirm, credited, intend, statuses
from tests.unit.payouts_samples import POOL, block_hash, candidate, outcome

# ---- the books ----


def test_a_transfer_that_does_not_balance_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/books.db", Failpoints())
    database.create_tables()
    with pytest.raises(LedgerError, match="off by 1"), database.write(Step.BLOCK_CONFIRMED) as connection:
        accounts.book(
            connection,
            pool=POOL,
            kind=Kind.REWARD,
            reference="r",
            amounts={"wallet": 2, "fee": -1},
            now_ms=NOW,
        )
    database.close()


def test_the_same_transfer_is_booked_once(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/books.db", Failpoints())
    database.create_tables()
    amounts = {accounts.WALLET: 5, accounts.FEE: -5}
    with database.write(Step.BLOCK_CONFIRMED) as connection:
        accounts.book(connection, pool=POOL, kind=Kind.REWARD, reference="r", amounts=amounts, now_ms=NOW)
    with pytest.raises(IntegrityError), database.write(Step.BLOCK_CONFIRMED) as connection:
        accounts.book(connection, pool=POOL, kind=Kind.REWARD, reference="r", amounts=amounts, now_ms=NOW)
    with database.read() as connection:
        assert accounts.balances(connection, POOL) == {accounts.WALLET: 5, accounts.FEE: -5}
    database.close()


@pytest.mark.parametrize("change", ["UPDATE {} SET pool = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["entries", "transfers"])
def test_the_books_can_only_be_added_to(ledger: Ledger, tmp_path: Path, table: str, change: str) -> None:
    credited(ledger, "a")
    with sqlite3.connect(tmp_path / "ledger.db") as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(change.format(table))


def test_a_transaction_that_raises_leaves_nothing(ledger: Ledger) -> None:
    credited(ledger, "a")
    with pytest.raises(LedgerError):
        intend(ledger, "p1", a=REWARD, nobody=1)
    assert ledger.balances(POOL)[accounts.miner("a")] == -REWARD
    assert ledger.payments.open_payment(POOL) is None


def test_commits_are_on_disk_and_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/books.db", Failpoints())
    database.create_tables()
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    with database.write(Step.BLOCK_OUTCOME), database.read() as connection:
        assert accounts.balances(connection, POOL) == {}
    database.close()


# ---- rounds and rewards ----


def test_a_round_waits_until_the_outcome_of_its_block_is_known(ledger: Ledger) -> None:
    assert ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1) is Closing.WAITING
    assert statuses(ledger) == {block_hash(1): "submitted"}
    assert ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1) is Closing.WAITING
    ledger.blocks.record_outcome(outcome(1))
    assert ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1) is Closing.CLOSED
    assert ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1) is Closing.CLOSED_BEFORE


def test_a_reward_is_credited_once_and_exactly(ledger: Ledger) -> None:
    row_id = close_accepted(ledger, 1, {"a": 1, "b": 2})
    assert confirm(ledger, row_id, fee_ppm=10_000) is Crediting.CREDITED
    assert confirm(ledger, row_id, fee_ppm=10_000) is Crediting.CREDITED_BEFORE
    assert ledger.balances(POOL) == {
        accounts.WALLET: REWARD,
        accounts.FEE: -50000000,
        accounts.miner("a"): -16_50000000,
        accounts.miner("b"): -33_00000000,
    }


def test_the_reward_of_a_block_without_shares_waits_in_suspense_until_they_come(ledger: Ledger) -> None:
    ledger.blocks.record_outcome(outcome(1))
    assert confirm(ledger, block_id(ledger, 1), fee_ppm=10_000) is Crediting.SUSPENDED
    assert ledger.balances(POOL) == {accounts.WALLET: REWARD, accounts.SUSPENSE: -REWARD}
    assert ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1) is Closing.CLOSED
    assert ledger.balances(POOL) == {
        accounts.WALLET: REWARD, accounts.FEE: -50000000, accounts.miner("a"): -49_50000000,
    }  # fmt: skip


@pytest.mark.parametrize("dies_by", ["rejection", "orphaning"])
def test_shares_of_a_dead_round_go_to_the_next_living_one_once(ledger: Ledger, dies_by: str) -> None:
    if dies_by == "rejection":
        ledger.blocks.record_outcome(outcome(1, "rejected"))
        ledger.blocks.close_round(POOL, candidate(1), {"a": 3}, NOW, round_work=1)
    else:
        assert ledger.blocks.orphan(close_accepted(ledger, 1, {"a": 3}), reason="other", now_ms=NOW)
    assert ledger.blocks.returnable_work(POOL) == {"a": 3}
    second = close_accepted(ledger, 2, {"a": 1, "b": 4})
    assert ledger.blocks.returnable_work(POOL) == {}
    third = close_accepted(ledger, 3, {"b": 1})
    confirm(ledger, second, reward_sats=8)
    confirm(ledger, third, reward_sats=8)
    balances = ledger.balances(POOL)
    assert (balances[accounts.miner("a")], balances[accounts.miner("b")]) == (-4, -12)


def test_shares_travel_on_when_the_round_that_took_them_dies_too(ledger: Ledger) -> None:
    first = close_accepted(ledger, 1, {"a": 1})
    ledger.blocks.orphan(first, reason="other", now_ms=NOW)
    second = close_accepted(ledger, 2, {"b": 2})
    ledger.blocks.orphan(second, reason="other", now_ms=NOW)
    assert ledger.blocks.returnable_work(POOL) == {"a": 1, "b": 2}
    confirm(ledger, close_accepted(ledger, 3, {"c": 1}), reward_sats=4)
    balances = ledger.balances(POOL)
    assert [balances[accounts.miner(name)] for name in "abc"] == [-1, -2, -1]


def test_two_dead_rounds_are_returned_together(ledger: Ledger) -> None:
    for number in (1, 2):
        ledger.blocks.record_outcome(outcome(number, "rejected"))
        ledger.blocks.close_round(POOL, candidate(number), {"a": number}, NOW, round_work=1)
    assert ledger.blocks.returnable_work(POOL) == {"a": 3}


def test_a_round_closed_after_its_block_was_orphaned_is_returned(ledger: Ledger) -> None:
    ledger.blocks.record_outcome(outcome(1))
    ledger.blocks.orphan(block_id(ledger, 1), reason="other", now_ms=NOW)
    assert ledger.blocks.close_round(POOL, candidate(1), {"a": 5}, NOW, round_work=1) is Closing.CLOSED
    assert ledger.blocks.returnable_work(POOL) == {"a": 5}


def test_an_acceptance_after_a_rejection_counts_and_shares_taken_meanwhile_are_not_paid_twice(
    ledger: Ledger,
) -> None:
    for number in (1, 2):
        ledger.blocks.record_outcome(outcome(number, "rejected"))
        ledger.blocks.close_round(POOL, candidate(number), {"a": 1}, NOW, round_work=1)
        if number == 1:
            close_accepted(ledger, 3, {"b": 1})  # takes the shares of block 1
        ledger.blocks.record_outcome(outcome(number))
    assert confirm(ledger, block_id(ledger, 1)) is Crediting.SUSPENDED
    assert confirm(ledger, block_id(ledger, 2)) is Crediting.CREDITED


def test_a_late_rejection_does_not_undo_an_acceptance(ledger: Ledger) -> None:
    ledger.blocks.record_outcome(outcome(1))
    ledger.blocks.record_outcome(outcome(1, "rejected"))
    assert statuses(ledger) == {block_hash(1): "pending"}


def test_a_confirmed_block_is_not_orphaned(ledger: Ledger) -> None:
    row_id = close_accepted(ledger, 1, {"a": 1})
    confirm(ledger, row_id)
    assert not ledger.blocks.orphan(row_id, reason="other", now_ms=NOW)
    assert statuses(ledger) == {block_hash(1): "confirmed"}


def test_a_block_that_only_the_chain_tells_of_becomes_pending(ledger: Ledger) -> None:
    ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1)
    (block,) = ledger.blocks.unsettled(POOL)
    assert block.status is Status.SUBMITTED
    ledger.blocks.settle_submitted(block.id, coinbase_txid="c" * 64)
    (block,) = ledger.blocks.unsettled(POOL)
    assert (block.status, block.coinbase_txid) == (Status.PENDING, "c" * 64)


def test_a_block_shows_how_much_work_its_round_took(ledger: Ledger) -> None:
    ledger.blocks.record_outcome(outcome(1))
    ledger.blocks.record_outcome(outcome(2))
    found = dataclasses.replace(candidate(1), network_difficulty=8.0)
    half = work_from_difficulty(8.0) // 2
    ledger.blocks.close_round(POOL, found, {"a": 1}, NOW, round_work=half)
    ledger.blocks.close_round(POOL, candidate(2), {"a": 1}, NOW, round_work=half)

    later, first = ledger.reports.block_page(POOL, 0, 10).blocks
    assert (first.effort, first.network_difficulty) == (0.5, 8.0)
    assert (later.effort, later.network_difficulty) == (0, 0), "of the first versions"
