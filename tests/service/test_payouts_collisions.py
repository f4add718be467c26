"""Two payouts at once on PostgreSQL: nothing is done twice, and the second one sees what the first one did.

The first one has done all its writes when the second one begins, and commits once that one waits for it. So
they meet every time, whatever the machine is busy with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select, update

from services.payouts.failpoint import Failpoints, Moment, Step
from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import Closing, Crediting
from services.payouts.ledger.database import OUTAGES, Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import State
from services.payouts.ledger.tables import blocks
from tests.servers import PostgresServer, wait_until
from tests.service.ledger_databases import run_script
from tests.unit.ledger_steps import (
    NOW,
    REWARD,
    block_id,
    close_accepted,
    confirm,
    credited,
    intend,
    statuses,
)
from tests.unit.payouts_samples import POOL, block_hash, candidate, outcome


@dataclass(frozen=True, slots=True)
class Halted(Failpoints):
    """Does something else before each commit of a step, instead of dying there."""

    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def reach(self, step: Step, moment: Moment) -> None:
        if moment is Moment.BEFORE and self.meanwhile:
            self.meanwhile.pop()()


class TwoPayers:
    """Two processes' ledgers on one database."""

    def __init__(self, server: PostgresServer) -> None:
        url = server.new_database()
        self._server = server
        self._name = url.rpartition("/")[2]
        self._halted = Halted()
        self.first = Ledger(Database(url, self._halted))
        self.second = Ledger(Database(url, Failpoints()))
        self.first.open()
        self._threads = ThreadPoolExecutor(1)

    def collide(self, step: Callable[[Ledger], Any]) -> list[Any]:
        """What both get of a step that they take at once."""
        seconds: list[Future[Any]] = []

        def let_the_second_begin() -> None:
            seconds.append(self._threads.submit(step, self.second))
            asyncio.run(wait_until(self._waits, what="the second one waits"))

        self._halted.meanwhile.append(let_the_second_begin)
        first = step(self.first)
        return [first, seconds[0].result()]

    def _waits(self) -> bool:
        query = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{self._name}' AND wait_event_type = 'Lock'"
        return bool(self._server.ask(query))

    def close(self) -> None:
        self._threads.shutdown()
        self.first.close()
        self.second.close()


@pytest.fixture
def payers(postgres: PostgresServer) -> Iterator[TwoPayers]:
    two = TwoPayers(postgres)
    yield two
    two.close()


def test_one_intent_is_made(payers: TwoPayers) -> None:
    credited(payers.first, "a")
    ids = iter(("p1", "p2"))
    assert payers.collide(lambda ledger: intend(ledger, next(ids), a=REWARD)) == [True, False]
    assert payers.first.balances(POOL)[accounts.IN_FLIGHT] == -REWARD


def test_one_signature_is_kept(payers: TwoPayers) -> None:
    credited(payers.first, "a")
    intend(payers.first, "p1", a=REWARD)
    names = iter(("one", "two"))

    def sign(ledger: Ledger) -> bool:
        return ledger.payments.store_signed("p1", transaction_hex="01", txid=next(names), fee_sats=5)

    assert payers.collide(sign) == [True, False]
    payment = payers.first.payments.open_payment(POOL)
    assert payment is not None
    assert payment.txid == "one"


def test_a_payment_is_sent_and_settled_once(payers: TwoPayers) -> None:
    credited(payers.first, "a")
    intend(payers.first, "p1", a=REWARD)
    payers.first.payments.store_signed("p1", transaction_hex="01", txid="one", fee_sats=0)
    signed = payers.first.payments.open_payment(POOL)
    assert signed is not None
    assert payers.collide(lambda ledger: ledger.payments.mark_broadcast(signed, NOW)) == [True, False]
    (sent,) = payers.second.payments.in_state(POOL, State.BROADCAST)
    assert payers.collide(lambda ledger: ledger.payments.confirm(sent, NOW)) == [True, False]
    assert payers.second.balances(POOL) == {}
    assert len(payers.second.outbox.waiting(POOL)) == 2  # of the block, of the payment


def test_a_reward_is_credited_once(payers: TwoPayers) -> None:
    row_id = close_accepted(payers.first, 1, {"a": 1})
    results = payers.collide(lambda ledger: confirm(ledger, row_id))
    assert results == [Crediting.CREDITED, Crediting.CREDITED_BEFORE]
    assert payers.first.balances(POOL) == {accounts.WALLET: REWARD, accounts.miner("a"): -REWARD}


def test_a_round_is_closed_once(payers: TwoPayers) -> None:
    payers.first.blocks.record_outcome(outcome(1))

    def close(ledger: Ledger) -> Closing:
        return ledger.blocks.close_round(POOL, candidate(1), {"a": 1}, NOW, round_work=1)

    assert payers.collide(close) == [Closing.CLOSED, Closing.CLOSED_BEFORE]


def test_a_dead_round_is_taken_once(payers: TwoPayers) -> None:
    payers.first.blocks.orphan(close_accepted(payers.first, 1, {"a": 1}), reason="other", now_ms=NOW)
    for number in (2, 3):
        payers.first.blocks.record_outcome(outcome(number))
    numbers = iter((2, 3))

    def close(ledger: Ledger) -> Closing:
        return ledger.blocks.close_round(POOL, candidate(next(numbers)), {"b": 1}, NOW, round_work=1)

    assert payers.collide(close) == [Closing.CLOSED, Closing.CLOSED]
    for number in (2, 3):
        confirm(payers.first, block_id(payers.first, number))
    assert payers.first.balances(POOL)[accounts.miner("a")] == -REWARD // 2


def test_a_block_is_recorded_once(payers: TwoPayers) -> None:
    payers.collide(lambda ledger: ledger.blocks.record_outcome(outcome(1)))
    assert statuses(payers.second) == {block_hash(1): "pending"}


def test_a_block_is_orphaned_once(payers: TwoPayers) -> None:
    row_id = close_accepted(payers.first, 1, {"a": 1})
    assert payers.collide(lambda ledger: _orphan(ledger, row_id)) == [True, False]
    assert len(payers.first.outbox.waiting(POOL)) == 1


def test_a_block_is_not_credited_and_orphaned(payers: TwoPayers) -> None:
    row_id = close_accepted(payers.first, 1, {"a": 1})
    steps = iter((confirm, _orphan))
    assert payers.collide(lambda ledger: next(steps)(ledger, row_id)) == [Crediting.CREDITED, False]


def _orphan(ledger: Ledger, row_id: int) -> bool:
    return ledger.blocks.orphan(row_id, reason="other", now_ms=NOW)


def test_what_somebody_else_did_meanwhile_is_never_overwritten(postgres: PostgresServer) -> None:
    """An operator at the database takes no lock of ours."""
    url = postgres.new_database()
    database = Database(url, Failpoints())
    ledger = Ledger(database)
    ledger.open()
    credited(ledger, "a")
    change, step = update(blocks).values(reason="seen to"), Step.BLOCK_OUTCOME
    with pytest.raises(OUTAGES, match="could not serialize access"), database.write(step) as mine:
        assert mine.scalar(select(blocks.c.reason)) == ""
        run_script(url, "UPDATE blocks SET reason = 'by hand'")
        mine.execute(change)
    with database.write(step) as again:
        assert again.scalar(select(blocks.c.reason)) == "by hand"
        again.execute(change)
    ledger.close()


def test_a_standby_is_an_outage(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    migrated = Ledger(Database(url, Failpoints()))
    migrated.open()
    postgres.do(f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_read_only = on")
    migrated.close()
    with pytest.raises(OUTAGES, match="read-only transaction"):
        credited(migrated, "a")
    migrated.close()
