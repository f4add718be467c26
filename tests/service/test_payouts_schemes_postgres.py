"""Reward schemes in the ledger on PostgreSQL: the steps that the unit tests take on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from tests.servers import PostgresServer
from tests.service.test_payouts_ledger_postgres import steps_of
from tests.unit import test_payouts_scheme_history, test_payouts_share_credits

STEPS = list(steps_of(test_payouts_scheme_history, test_payouts_share_credits))


@pytest.fixture
def ledger(postgres: PostgresServer) -> Iterator[Ledger]:
    opened = Ledger(Database(postgres.new_database(), Failpoints()))
    opened.open()
    yield opened
    opened.close()


def test_there_are_steps() -> None:
    assert len(STEPS) > 15


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.removeprefix("test_"))
def test_postgresql_does_as_sqlite(step: Callable[[Ledger], None], ledger: Ledger) -> None:
    step(ledger)
