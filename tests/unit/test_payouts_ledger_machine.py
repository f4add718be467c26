"""Blocks and payments in any order: after every step the books balance and no work is paid twice or lost."""

from __future__ import annotations

import itertools
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from sqlalchemy import select

from services.payouts import accounts, audit
from services.payouts.audit import Standing
from services.payouts.blocks_ledger import Closing
from services.payouts.database import Database
from services.payouts.failpoint import Failpoints
from services.payouts.ledger import Ledger
from services.payouts.payees import Rules, choose
from services.payouts.payment_returns import Verdict
from services.payouts.payments_ledger import State
from services.payouts.tables import blocks
from tests.unit.payouts_samples import POOL, candidate, outcome

NOW = 1_763_900_000_000
FEE_PPM = 20_000
RULES = Rules(minimum_sats=10_000, fee_address="pool", fee_threshold_sats=50_000)

VERDICT = Verdict("spent by hand", "ann", "f" * 64)

weights = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 10**20), min_size=1)


class LedgerMachine(RuleBasedStateMachine):
    """Drives the ledger as the service does, but in any order, with a model of work and of the wallet."""

    waiting = Bundle("waiting")  # found, outcome unknown
    pending = Bundle("pending")  # accepted and closed

    def __init__(self) -> None:
        super().__init__()
        self._database = Database(self.new_database(), Failpoints())
        self.ledger = Ledger(self._database)
        self.ledger.open()
        self._numbers = itertools.count(1)
        self.closed_work = 0
        self.wallet_sats = 0

    def new_database(self) -> str:
        """The URL of an empty one."""
        self._directory = tempfile.TemporaryDirectory()
        return f"sqlite:///{self._directory.name}/ledger.db"

    def teardown(self) -> None:
        self.ledger.close()
        self._directory.cleanup()

    @rule(target=waiting, works=weights)
    def find(self, works: dict[str, int]) -> tuple[int, dict[str, int]]:
        number = next(self._numbers)
        assert self.ledger.blocks.close_round(POOL, candidate(number), works, NOW) is Closing.WAITING
        return number, works

    @rule(target=pending, found=consumes(waiting), times=st.integers(1, 2))
    def accept(self, found: tuple[int, dict[str, int]], times: int) -> int:
        number, works = found
        for _ in range(times):
            self.ledger.blocks.record_outcome(outcome(number))
            self.ledger.blocks.close_round(POOL, candidate(number), works, NOW)
        self.closed_work += sum(works.values())
        (row_id,) = [
            block.id
            for block in self.ledger.blocks.unsettled(POOL)
            if block.block_hash == candidate(number).block_hash_display
        ]
        return row_id

    @rule(found=consumes(waiting))
    def reject(self, found: tuple[int, dict[str, int]]) -> None:
        number, works = found
        self.ledger.blocks.record_outcome(outcome(number, "rejected"))
        assert self.ledger.blocks.close_round(POOL, candidate(number), works, NOW) is Closing.CLOSED
        self.closed_work += sum(works.values())

    @rule(row_id=consumes(pending))
    def orphan(self, row_id: int) -> None:
        assert self.ledger.blocks.orphan(row_id, reason="other", now_ms=NOW)

    @rule(row_id=consumes(pending), reward_sats=st.integers(1, 10**10), times=st.integers(1, 2))
    def confirm(self, row_id: int, reward_sats: int, times: int) -> None:
        (block,) = [block for block in self.ledger.blocks.unsettled(POOL) if block.id == row_id]
        assert block.round_closed
        for _ in range(times):
            self.ledger.blocks.confirm(
                row_id, reward_sats=reward_sats, fee_ppm=FEE_PPM, confirmations=101, now_ms=NOW
            )
        self.wallet_sats += reward_sats

    @rule()
    def intend(self) -> None:
        due = choose(self.ledger.balances(POOL), RULES, lambda address: address != "d")
        if due.payees:
            self.ledger.payments.create_intent(f"payment-{next(self._numbers)}", POOL, due.payees, NOW)

    @rule(fee_sats=st.integers(0, 5_000))
    def sign(self, fee_sats: int) -> None:
        if (payment := self.ledger.payments.open_payment(POOL)) is not None:
            stored = self.ledger.payments.store_signed(
                payment.id, transaction_hex="01", txid=f"tx-{payment.id}", fee_sats=fee_sats
            )
            assert stored == (payment.state is State.INTENT)

    @rule(times=st.integers(1, 2))
    def send(self, times: int) -> None:
        payment = self.ledger.payments.open_payment(POOL)
        if payment is not None and payment.state is State.SIGNED:
            taken = [self.ledger.payments.mark_broadcast(payment, NOW) for _ in range(times)]
            assert taken.count(True) == 1
            self.wallet_sats -= payment.total_sats + payment.fee_sats

    @rule(times=st.integers(1, 2))
    def settle(self, times: int) -> None:
        for payment in self.ledger.payments.in_state(POOL, State.BROADCAST):
            assert [self.ledger.payments.confirm(payment, NOW) for _ in range(times)].count(True) == 1

    @rule(times=st.integers(1, 2))
    def withdraw(self, times: int) -> None:
        payment = self.ledger.payments.open_payment(POOL)
        if payment is not None and payment.state is State.INTENT:
            taken = [self.ledger.returns.withdraw(payment, VERDICT, NOW) for _ in range(times)]
            assert taken.count(True) == 1

    @rule(times=st.integers(1, 2), by_other=st.booleans())
    def lose_coins(self, times: int, by_other: bool) -> None:
        """Another transaction spends the coins of an unsent payment: it may pay the same."""
        payment = self.ledger.payments.open_payment(POOL)
        if payment is None or payment.state is not State.SIGNED:
            return
        self.ledger.payments.mark_stuck(payment, "spent", NOW)
        if by_other:
            taken = [
                self.ledger.returns.adopt(payment, VERDICT, transaction_hex="02", fee_sats=9, now_ms=NOW)
                for _ in range(times)
            ]
            self.wallet_sats -= payment.total_sats + 9
        else:
            taken = [self.ledger.returns.give_back(payment, VERDICT, NOW) for _ in range(times)]
        assert taken.count(True) == 1

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        under_way, balances = self.ledger.payments.under_way(POOL)
        standing = Standing(
            balances=balances,
            unsettled_sats=sum(payment.total_sats for payment in under_way),
            sent_sats=sum(payment.total_sats for payment in under_way if payment.state is State.BROADCAST),
            # the network's fees come out of the operator's reserve until the pool's own fee covers them
            wallet_sats=self.wallet_sats + 10**6,
        )
        assert audit.problems(standing) == []

    @invariant()
    def every_work_is_in_one_round(self) -> None:
        with self._database.read() as connection:
            rounds = connection.scalars(select(blocks.c.round_work).where(blocks.c.returned_into.is_(None)))
            assert sum(map(int, rounds)) == self.closed_work

    @invariant()
    def the_books_and_the_wallet_agree(self) -> None:
        balances = self.ledger.balances(POOL)
        sent = self.ledger.payments.in_state(POOL, State.BROADCAST)
        outside = sum(payment.total_sats + payment.fee_sats for payment in sent)
        assert balances.get(accounts.WALLET, 0) - outside == self.wallet_sats

    @invariant()
    def no_miner_owes_the_pool(self) -> None:
        assert all(
            sats <= 0
            for account, sats in self.ledger.balances(POOL).items()
            if account not in {accounts.WALLET, accounts.NETWORK_FEES}
        )


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
