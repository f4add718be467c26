"""Blocks, payments and corrections in any order: after every step the books balance, every coin that came in
went out or is held, and no work is paid twice or lost."""

from __future__ import annotations

import itertools
import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from sqlalchemy import func, select

from nompcore.errors import LedgerError
from services.payouts.auditing import audit
from services.payouts.auditing.audit import Standing
from services.payouts.failpoint import Failpoints
from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import Closing, Crediting
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.corrections import OWN_ACCOUNTS, Order
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payment_returns import Verdict
from services.payouts.ledger.payments_ledger import State
from services.payouts.ledger.suspense import Release
from services.payouts.ledger.tables import blocks, entries
from services.payouts.payments.payees import Rules, choose
from tests.unit.ledger_money import MINERS, SPENT, may_move
from tests.unit.payouts_samples import POOL, block_hash, candidate, outcome

NOW = 1_763_900_000_000
FEE_PPM = 20_000
RULES = Rules(minimum_sats=10_000, fee_address="pool", fee_threshold_sats=50_000)

VERDICT = Verdict("spent by hand", "ann", "f" * 64)

GROUNDS = Grounds("ticket 42", "ann")

account = st.sampled_from([*OWN_ACCOUNTS, *MINERS])
weights = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 10**20), min_size=1)


class LedgerMachine(RuleBasedStateMachine):
    """Drives the ledger as the service does, but in any order, with a model of work and of the wallet."""

    waiting = Bundle("waiting")  # found, outcome unknown
    pending = Bundle("pending")  # accepted and closed
    suspended = Bundle("suspended")  # credited to suspense, as its shares were missing

    def __init__(self) -> None:
        super().__init__()
        self._database = Database(self.new_database(), Failpoints())
        self.ledger = Ledger(self._database)
        self.ledger.open()
        self._numbers = itertools.count(1)
        self.closed_work = 0
        self.coins_in = 0
        self.coins_out = 0
        self.beyond_the_books = 10**6  # coins in the wallet that no account has: network fees come out of it
        self.in_suspense: dict[int, int] = {}  # number of a block → sats

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
        assert (
            self.ledger.blocks.close_round(POOL, candidate(number), works, NOW, round_work=1)
            is Closing.WAITING
        )
        return number, works

    @rule(target=pending, found=consumes(waiting), times=st.integers(1, 2))
    def accept(self, found: tuple[int, dict[str, int]], times: int) -> int:
        number, works = found
        for _ in range(times):
            self.ledger.blocks.record_outcome(outcome(number))
            self.ledger.blocks.close_round(POOL, candidate(number), works, NOW, round_work=1)
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
        assert (
            self.ledger.blocks.close_round(POOL, candidate(number), works, NOW, round_work=1)
            is Closing.CLOSED
        )
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
        self.coins_in += reward_sats
        for number in [number for number, sats in self.in_suspense.items() if sats < 0]:
            self.in_suspense.pop(number)  # was waiting for this round

    @rule(target=suspended, found=consumes(waiting), reward_sats=st.integers(1, 10**10))
    def confirm_without_shares(
        self, found: tuple[int, dict[str, int]], reward_sats: int
    ) -> tuple[int, dict[str, int]]:
        number, works = found
        self.ledger.blocks.record_outcome(outcome(number))
        (row_id,) = [
            row.id for row in self.ledger.blocks.unsettled(POOL) if row.block_hash == block_hash(number)
        ]
        crediting = self.ledger.blocks.confirm(
            row_id, reward_sats=reward_sats, fee_ppm=FEE_PPM, confirmations=101, now_ms=NOW
        )
        assert crediting is Crediting.SUSPENDED
        self.coins_in += reward_sats
        self.in_suspense[number] = reward_sats
        return number, works

    @rule(found=consumes(suspended), times=st.integers(1, 2))
    def find_shares_late(self, found: tuple[int, dict[str, int]], times: int) -> None:
        number, works = found
        for _ in range(times):
            self.ledger.blocks.close_round(POOL, candidate(number), works, NOW, round_work=1)
        self.closed_work += sum(works.values())
        self.in_suspense.pop(number, None)

    @rule(found=suspended, to=st.sampled_from([accounts.FEE, *MINERS]), times=st.integers(1, 2))
    def give_reward(self, found: tuple[int, dict[str, int]], to: str, times: int) -> None:
        number, _ = found
        was_held = self.in_suspense.pop(number, None) is not None
        for _ in range(times):
            release = self.ledger.suspense.give(POOL, block_hash(number), to, GROUNDS, NOW)
            assert release is (Release.RELEASED if was_held else Release.RELEASED_BEFORE)
            was_held = False

    @rule(found=suspended, over=pending)
    def give_reward_to_round(self, found: tuple[int, dict[str, int]], over: int) -> None:
        number, _ = found
        (block,) = [row for row in self.ledger.blocks.unsettled(POOL) if row.id == over]
        release = self.ledger.suspense.give_to_round(POOL, block_hash(number), block.block_hash, GROUNDS, NOW)
        assert (release is Release.RELEASED) == (self.in_suspense.pop(number, None) is not None)

    @rule(found=suspended)
    def give_reward_to_next_round(self, found: tuple[int, dict[str, int]]) -> None:
        number, _ = found
        release = self.ledger.suspense.give_to_next_round(POOL, block_hash(number), GROUNDS, NOW)
        assert (release is Release.AWAITED) == (number in self.in_suspense)
        if number in self.in_suspense:
            self.in_suspense[number] = -abs(self.in_suspense[number])

    @rule(debit=account, credit=account, sats=st.integers(1, 10**9), times=st.integers(1, 2))
    def correct(self, debit: str, credit: str, sats: int, times: int) -> None:
        before = self.ledger.balances(POOL)
        order = Order(debit, credit, sats, f"ticket {next(self._numbers)}", GROUNDS)
        if not may_move(before, order, sum(map(abs, self.in_suspense.values()))):
            with pytest.raises(LedgerError):
                self.ledger.corrections.correct(POOL, order, bool, NOW)
            assert self.ledger.balances(POOL) == before
            return
        booked = [self.ledger.corrections.correct(POOL, order, bool, NOW) for _ in range(times)]
        assert booked == [True, False][:times]
        moved = {debit: before.get(debit, 0) + sats, credit: before.get(credit, 0) - sats}
        after = {**before, **moved}
        assert self.ledger.balances(POOL) == {name: left for name, left in after.items() if left}
        self.coins_in += sats * (debit == accounts.WALLET)
        self.coins_out += sats * (credit == accounts.WALLET)
        self.beyond_the_books += sats * (debit in SPENT)  # what was spent or owed without an account's coins

    @rule(sats=st.integers(1, 10**9), times=st.integers(1, 2))
    def deposit(self, sats: int, times: int) -> None:
        reference = f"tx {next(self._numbers)}"
        for _ in range(times):
            self.ledger.reserve.deposit_reserve(
                POOL, sats=sats, reference=reference, now_ms=NOW, grounds=GROUNDS
            )
        self.coins_in += sats

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
            self.coins_out += payment.total_sats + payment.fee_sats

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
            self.coins_out += payment.total_sats + 9
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
            # the network's fees come out of the operator's own coins until the pool's fee covers them
            wallet_sats=self.coins_in - self.coins_out + self.beyond_the_books,
        )
        assert audit.problems(standing) == []

    @invariant()
    def every_work_is_in_one_round(self) -> None:
        with self._database.read() as connection:
            rounds = connection.scalars(select(blocks.c.round_work).where(blocks.c.returned_into.is_(None)))
            assert sum(map(int, rounds)) == self.closed_work

    @invariant()
    def coins_that_came_in_went_out_or_are_held(self) -> None:
        sent = self.ledger.payments.in_state(POOL, State.BROADCAST)
        outside = sum(payment.total_sats + payment.fee_sats for payment in sent)
        held = self.ledger.balances(POOL).get(accounts.WALLET, 0) - outside
        assert self.coins_in == self.coins_out + held

    @invariant()
    def parts_add_up_to_the_whole(self) -> None:
        """Each transfer by itself; and suspense, by the blocks whose rewards it holds."""
        with self._database.read() as connection:
            total = func.sum(entries.c.amount_sats)
            uneven = select(entries.c.transfer_id).group_by(entries.c.transfer_id).having(total != 0)
            assert connection.scalars(uneven).all() == []
        held = {row.block_hash: row.sats for row in self.ledger.suspense.held(POOL)}
        assert held == {block_hash(number): abs(sats) for number, sats in self.in_suspense.items()}
        rounds = self.ledger.reads.closed_rounds(POOL)
        assert self.ledger.reads.uneven_rounds(rounds) == {}
        assert self.ledger.reads.uneven_payments(self.ledger.reads.confirmed_payments(POOL)) == {}

    @invariant()
    def nobody_owes_the_pool(self) -> None:
        balances = self.ledger.balances(POOL)
        assert all(sats <= 0 for name, sats in balances.items() if name not in {accounts.WALLET, *SPENT})
        assert all(balances.get(name, 0) >= 0 for name in SPENT)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=15, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
