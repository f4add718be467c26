"""Decisions about payments and payees: a process dies around each, and done again it has happened once."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from services.payouts.failpoint import Failpoint, Failpoints, Moment, Step
from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import Crediting
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.corrections import Order
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payment_returns import Verdict
from services.payouts.ledger.payments_ledger import Payment, State
from tests.service.test_payouts_crashes import FAILPOINTS_OF_DECISIONS
from tests.unit.ledger_steps import NOW, REWARD, block_id, confirm, credited, intend
from tests.unit.payouts_samples import POOL, block_hash, outcome, sqlite_ledger

VERDICT = Verdict("the coins went elsewhere", "ann", "f" * 64)
GROUNDS = Grounds("the wrong address", "ann")
CORRECTION = Order(accounts.miner("b"), accounts.miner("c"), 7, "ticket 42", GROUNDS)
SUSPENDED, FEE = block_hash(2), accounts.FEE


def stuck_payment(ledger: Ledger) -> Payment:
    payment = ledger.payments.find(POOL, "p1")
    assert payment is not None
    return payment


def adopt(ledger: Ledger) -> object:
    payment = stuck_payment(ledger)
    return ledger.returns.adopt(payment, VERDICT, transaction_hex="02", fee_sats=7, now_ms=NOW)


STEPS: Final[dict[Step, Callable[[Ledger], object]]] = {
    Step.PAYMENT_RETURNED: lambda ledger: ledger.returns.give_back(stuck_payment(ledger), VERDICT, NOW),
    Step.PAYMENT_ADOPTED: adopt,
    Step.PAYEE_QUARANTINED: lambda ledger: ledger.payees.quarantine(POOL, {"b": "no"}, NOW),
    Step.PAYEE_RELEASED: lambda ledger: ledger.payees.release(POOL, "a"),
    Step.MINIMUM_SET: lambda ledger: ledger.payees.set_minimum(POOL, "a", 7, NOW),
    Step.PAYMENTS_PAUSED: lambda ledger: ledger.pauses.pause(POOL, reason="r", author="ann", now_ms=NOW),
    Step.BOOKS_CORRECTED: lambda ledger: ledger.corrections.correct(POOL, CORRECTION, bool, NOW),
    Step.SUSPENSE_RELEASED: lambda ledger: ledger.suspense.give(POOL, SUSPENDED, FEE, GROUNDS, NOW),
    Step.FINDING_ACCEPTED: lambda ledger: ledger.findings.accept(POOL, SUSPENDED, GROUNDS, NOW),
    Step.UPSTREAM_REWARD: lambda ledger: ledger.upstream_rewards.enter(
        POOL, "d" * 64, reward_sats=7, fee_ppm=0, address="ours", grounds=GROUNDS, now_ms=NOW
    ),
    Step.AUDIT_NOTED: lambda ledger: ledger.findings.note(POOL, ["the books are off by 1"], NOW),
}


def state_of(ledger: Ledger) -> object:
    """Everything that a decision can change."""
    return (
        ledger.balances(POOL),
        stuck_payment(ledger),
        ledger.payees.quarantined(POOL),
        ledger.payees.minimums(POOL),
        ledger.pauses.of(POOL),
        ledger.corrections.listed(POOL),
        ledger.suspense.held(POOL),
        ledger.findings.of(POOL),
        [block.block_hash for block in ledger.reads.credited_blocks(POOL)],
        [event.msg_id for event in ledger.outbox.waiting(POOL)],
    )


def prepare(directory: Path) -> Ledger:
    """A stuck payment to `a`, which is in the quarantine, and a block without shares."""
    ledger = sqlite_ledger(directory)
    credited(ledger, "a", "b")
    ledger.blocks.record_outcome(outcome(2))
    assert confirm(ledger, block_id(ledger, 2)) is Crediting.SUSPENDED
    intend(ledger, "p1", a=REWARD // 2)
    ledger.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=5)
    (signed,) = ledger.payments.in_state(POOL, State.SIGNED)
    ledger.payments.mark_stuck(signed, "spent elsewhere", NOW)
    ledger.payees.quarantine(POOL, {"a": "no"}, NOW)
    return ledger


def decide(directory: Path, failpoint: str) -> None:
    """What the process does that is to die."""
    point = Failpoint.parse(failpoint)
    ledger = Ledger(Database(f"sqlite:///{directory}/ledger.db", Failpoints(point)))
    STEPS[point.step](ledger)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = prepare(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("failpoint", FAILPOINTS_OF_DECISIONS, ids=str)
def test_after_a_kill_a_decision_is_whole_or_not_there_and_repeated_it_holds_once(
    failpoint: Failpoint, ledger: Ledger, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    never_killed = prepare(tmp_path_factory.mktemp("undisturbed"))
    before = state_of(ledger)
    STEPS[failpoint.step](never_killed)
    decided = state_of(never_killed)
    never_killed.close()
    assert decided != before

    process = multiprocessing.get_context("spawn").Process(target=decide, args=(tmp_path, str(failpoint)))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert state_of(ledger) == (before if failpoint.moment is Moment.BEFORE else decided)

    STEPS[failpoint.step](ledger)
    assert state_of(ledger) == decided
    assert sum(ledger.balances(POOL).values()) == 0
    assert accounts.IN_FLIGHT not in ledger.balances(POOL) or failpoint.step is not Step.PAYMENT_RETURNED
