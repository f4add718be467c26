"""What the audit reads and remembers: everything has its turn, and a finding is told once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from nompcore.alarms import AuditFailed
from nompcore.errors import LedgerError
from services.payouts.auditing.audit_findings import Findings
from services.payouts.auditing.audit_reads import due
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.engines import ledger_engine
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import State
from tests.unit.ledger_steps import NOW, REWARD, close_accepted, confirm, credited, intend
from tests.unit.payouts_samples import POOL, block_hash


def tamper(directory: Path, statement: str) -> None:
    """Change the database behind the ledger's back."""
    engine = ledger_engine(f"sqlite:///{directory}/ledger.db")
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    engine.dispose()


# ---- turns ----


@given(st.lists(st.integers(), max_size=60, unique=True), st.integers(1, 7), st.integers(0, 1_000))
def test_the_newest_are_due_every_time_and_all_within_as_many_turns_as_it_takes(
    rows: list[int], size: int, turn: int
) -> None:
    assert due(rows, turn, size)[:size] == rows[:size]
    assert len(due(rows, turn, size)) <= 2 * size
    turns = -(-len(rows) // size)
    assert {row for more in range(turns) for row in due(rows, turn + more, size)} == set(rows)


# ---- rounds and payments that do not add up ----


def test_a_round_whose_shares_do_not_add_up_is_seen(ledger: Ledger, tmp_path: Path) -> None:
    close_accepted(ledger, 1, {"a": 10**20, "b": 1})
    close_accepted(ledger, 2, {"a": 5, "b": 7})
    rounds = ledger.reads.closed_rounds(POOL)
    assert ledger.reads.uneven_rounds(rounds) == {}
    tamper(tmp_path, f"UPDATE round_shares SET work = '8' WHERE block_id = {rounds[0]} AND address = 'b'")
    tamper(tmp_path, f"DELETE FROM round_shares WHERE block_id = {rounds[1]} AND address = 'b'")
    assert ledger.reads.uneven_rounds(rounds) == {
        block_hash(1): (10**20 + 1, 10**20), block_hash(2): (12, 13),
    }  # fmt: skip


def test_rounds_and_blocks_of_other_pools_are_left_alone(ledger: Ledger) -> None:
    confirm(ledger, close_accepted(ledger, 1, {"a": 1}))
    close_accepted(ledger, 2, {"a": 1})
    assert ledger.reads.closed_rounds("other") == []
    assert ledger.reads.credited_blocks("other") == []
    assert len(ledger.reads.closed_rounds(POOL)) == 2
    assert [block.block_hash for block in ledger.reads.credited_blocks(POOL)] == [block_hash(1)]


def test_a_payment_that_pays_another_sum_than_its_own_is_seen(ledger: Ledger, tmp_path: Path) -> None:
    credited(ledger, "a", "b")
    assert intend(ledger, "p1", a=REWARD // 2, b=REWARD // 2)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=5)
    (signed,) = ledger.payments.in_state(POOL, State.SIGNED)
    ledger.payments.mark_broadcast(signed, NOW)
    (sent,) = ledger.payments.in_state(POOL, State.BROADCAST)
    ledger.payments.confirm(sent, NOW)
    assert ledger.reads.confirmed_payments(POOL) == ["p1"]
    assert ledger.reads.uneven_payments(["p1"]) == {}
    tamper(tmp_path, "UPDATE payment_outputs SET amount_sats = 7 WHERE address = 'b'")
    assert ledger.reads.uneven_payments(["p1"]) == {"p1": (REWARD, REWARD // 2 + 7)}


# ---- findings ----


def test_a_finding_is_told_once_until_it_is_another_one(ledger: Ledger) -> None:
    def told() -> list[list[str]]:
        events = [event.message for event in ledger.outbox.waiting(POOL)]
        return [event.problems for event in events if isinstance(event, AuditFailed)]

    first, grown, other = ["5 is owed, but the wallet holds 4"], ["6 is owed, but the wallet holds 4"], ["x"]
    assert not ledger.findings.note(POOL, [], NOW)
    assert [ledger.findings.note(POOL, first, NOW + late) for late in range(3)] == [True, False, False]
    assert not ledger.findings.note(POOL, grown, NOW + 3)
    assert told() == [first]
    assert ledger.findings.note(POOL, other, NOW + 4)
    assert ledger.findings.of(POOL) == Findings(other, NOW)
    assert ledger.findings.note(POOL, [], NOW + 5)
    assert not ledger.findings.note(POOL, [], NOW + 6)
    assert ledger.findings.of(POOL) == Findings([])
    assert ledger.findings.note(POOL, first, NOW + 7)
    assert told() == [first, other, first]
    assert ledger.findings.of("other") == Findings([])


def test_what_an_operator_has_dealt_with_is_passed_over(ledger: Ledger) -> None:
    confirm(ledger, close_accepted(ledger, 1, {"a": 1}))
    confirm(ledger, close_accepted(ledger, 2, {"a": 1}))
    grounds = Grounds("the pool bears it", "ann")
    assert [ledger.findings.accept(POOL, block_hash(1), grounds, NOW) for _ in range(2)] == [True, False]
    assert [block.block_hash for block in ledger.reads.credited_blocks(POOL)] == [block_hash(2)]
    assert len(ledger.reads.closed_rounds(POOL)) == 1
    with pytest.raises(LedgerError, match="no block and no payment"):
        ledger.findings.accept(POOL, "p1", grounds, NOW)
    intend(ledger, "p1", a=2 * REWARD)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=5)
    (signed,) = ledger.payments.in_state(POOL, State.SIGNED)
    ledger.payments.mark_broadcast(signed, NOW)
    (sent,) = ledger.payments.in_state(POOL, State.BROADCAST)
    ledger.payments.confirm(sent, NOW)
    assert ledger.reads.confirmed_payments(POOL) == ["p1"]
    assert ledger.findings.accept(POOL, "p1", grounds, NOW)
    assert ledger.reads.confirmed_payments(POOL) == []
