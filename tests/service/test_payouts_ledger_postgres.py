"""The ledger on PostgreSQL: every step that the unit tests take on SQLite, and their state machine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from tests.servers import PostgresServer
from tests.unit import (
    test_payouts_ledger,
    test_payouts_ledger_corrections,
    test_payouts_ledger_decisions,
    test_payouts_ledger_payments,
)
from tests.unit.test_payouts_ledger_machine import LedgerMachine


def steps_of(*modules: ModuleType) -> Iterator[Callable[[Ledger], None]]:
    """Tests that want a ledger and nothing else."""
    for module in modules:
        for name, test in vars(module).items():
            if name.startswith("test_") and list(inspect.signature(test).parameters) == ["ledger"]:
                yield test


STEPS = list(
    steps_of(
        test_payouts_ledger, test_payouts_ledger_payments, test_payouts_ledger_decisions,
        test_payouts_ledger_corrections,
    )
)  # fmt: skip


@pytest.fixture
def ledger(postgres: PostgresServer) -> Iterator[Ledger]:
    opened = Ledger(Database(postgres.new_database(), Failpoints()))
    opened.open()
    yield opened
    opened.close()


def test_there_are_steps() -> None:
    assert len(STEPS) > 45


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.removeprefix("test_"))
def test_postgresql_does_as_sqlite(step: Callable[[Ledger], None], ledger: Ledger) -> None:
    step(ledger)


@pytest.mark.timeout(400)
def test_blocks_payments_and_corrections_in_any_order(postgres: PostgresServer) -> None:
    class Machine(LedgerMachine):
        def new_database(self) -> str:
            super().new_database()
            return postgres.new_database()

    case: Any = Machine.TestCase
    case.settings = settings(LedgerMachine.TestCase.settings, max_examples=8)
    case("runTest").runTest()
