"""Any sequence of changes, shares, blocks, orphans, restarts: nothing is paid twice, returned twice, lost."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from nompcore.config import SchemeConfig
from services.payouts.auditing import audit
from services.payouts.auditing.audit import Standing
from services.payouts.counting.groups import OWN
from services.payouts.counting.tally_batch import Candidate, Mark
from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import Closing
from services.payouts.ledger.reserve_ledger import Crediting
from services.payouts.rounds.scheme_history import Wanted
from services.payouts.rounds.share_credits import ShareCredits
from services.payouts.schemes.choice import decode, scheme_named
from tests.unit.payouts_samples import POOL, START_MS, candidate, outcome, share, share_batch, sqlite_ledger

FEE_PPM = 20_000
CONFIG = SchemeConfig()
NAMED = {"score": scheme_named("score", CONFIG)}

works = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 10**20), min_size=1)
names = st.sampled_from(["prop", "pplns", "pplnt", "solo", "pps", "score"])


class Found(NamedTuple):
    """A candidate, and what its round weighs."""

    number: int
    candidate: Candidate
    weights: dict[str, int]


class SchemesMachine(RuleBasedStateMachine):
    """Drives the ledger as closing and crediting do. The clock is the number of steps."""

    waiting = Bundle("waiting")
    pending = Bundle("pending")

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self._path = Path(self._directory.name)
        self.ledger = sqlite_ledger(self._path)
        self._numbers = itertools.count(1)
        self._marks: dict[str, Mark] = {}
        self.closed_work = 0
        self.wallet_sats = 0
        self._adopt("prop", 0)

    def teardown(self) -> None:
        self.ledger.close()
        self._directory.cleanup()

    def _adopt(self, name: str, now_ms: int) -> None:
        wanted = Wanted({OWN: scheme_named(name, CONFIG), **NAMED}, {3334: "score"})
        self.ledger.schemes.adopt(POOL, wanted, has_shares=True, now_ms=now_ms)

    @rule(name=names)
    def change(self, name: str) -> None:
        self._adopt(name, START_MS + next(self._numbers))

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.ledger = sqlite_ledger(self._path)

    @rule(target=waiting, weights=works, group=st.sampled_from([OWN, "score"]), knows=st.booleans())
    def find(self, weights: dict[str, int], group: str, knows: bool) -> Found:
        """`knows`: the tallies know where the round began, or they were lost and the ledger has to."""
        number = next(self._numbers)
        found = replace(candidate(number), sequence=number, group=group)
        began = self._marks.get(group)
        decided = self.ledger.schemes.decide(POOL, found, began if knows else None)
        assert decided == self.ledger.schemes.decide(POOL, found, None)
        assert decided.began == began
        self._marks[group] = found.mark
        assert self.ledger.blocks.expect_round(POOL, found) is Closing.WAITING
        return Found(number, found, {} if decided.scheme.pays_shares else weights)

    def _close(self, found: Found, status: str, times: int) -> None:
        for _ in range(times):
            self.ledger.blocks.record_outcome(outcome(found.number, status))
            if self.ledger.blocks.expect_round(POOL, found.candidate) is Closing.READY:
                self.ledger.blocks.close_round(POOL, found.candidate, found.weights, START_MS, round_work=1)
                self.closed_work += sum(found.weights.values())

    @rule(target=pending, found=consumes(waiting), times=st.integers(1, 2))
    def accept(self, found: Found, times: int) -> int:
        self._close(found, "accepted", times)
        (row_id,) = [
            block.id
            for block in self.ledger.blocks.unsettled(POOL)
            if block.block_hash == found.candidate.block_hash_display
        ]
        return row_id

    @rule(found=consumes(waiting))
    def reject(self, found: Found) -> None:
        self._close(found, "rejected", 1)

    @rule(row_id=consumes(pending))
    def orphan(self, row_id: int) -> None:
        assert self.ledger.blocks.orphan(row_id, reason="other", now_ms=START_MS)

    @rule(row_id=consumes(pending), reward_sats=st.integers(1, 10**10), times=st.integers(1, 2))
    def confirm(self, row_id: int, reward_sats: int, times: int) -> None:
        for _ in range(times):
            self.ledger.blocks.confirm(
                row_id, reward_sats=reward_sats, fee_ppm=FEE_PPM, confirmations=101, now_ms=START_MS
            )
        self.wallet_sats += reward_sats

    @rule(sats=st.integers(1, 10**9), times=st.integers(1, 2))
    def deposit(self, sats: int, times: int) -> None:
        reference = f"deposit {next(self._numbers)}"
        for _ in range(times):
            self.ledger.reserve.deposit_reserve(POOL, sats=sats, reference=reference, now_ms=START_MS)
        self.wallet_sats += sats

    @rule(difficulties=st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=3), times=st.integers(1, 2))
    def credit(self, difficulties: list[float], times: int) -> None:
        number = next(self._numbers)
        shares = [
            share(name, d, time_ms=START_MS + number, reward_sats=10**9, network_difficulty=1e4)
            for name, d in zip("abc", difficulties, strict=False)
        ]
        reserve = self.ledger.reserve.standing(POOL)
        history = self.ledger.schemes.history(POOL)
        folded = ShareCredits(reserve, history, fee_ppm=FEE_PPM, seen=set())
        if folded.add(share_batch(shares), number):
            earned = folded.earned()
            answers = [self.ledger.reserve.credit(POOL, reserve.progress, earned, 0) for _ in range(times)]
            assert answers.count(Crediting.CREDITED) == 1

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        balances = self.ledger.balances(POOL)
        standing = Standing(balances=balances, unsettled_sats=0, sent_sats=0, wallet_sats=self.wallet_sats)
        assert audit.problems(standing) == []
        assert balances.get(accounts.WALLET, 0) == self.wallet_sats

    @invariant()
    def the_reserve_owes_nothing(self) -> None:
        assert self.ledger.reserve.standing(POOL).reserve_sats >= 0

    @invariant()
    def every_weight_is_in_one_round(self) -> None:
        rounds = self._query("SELECT round_work FROM blocks WHERE returned_into IS NULL")
        assert sum(int(work) for (work,) in rounds) == self.closed_work

    @invariant()
    def shares_return_inside_their_group_and_only_where_they_were_used_up(self) -> None:
        returned = self._query(
            "SELECT dead.scheme, dead.round_group, living.scheme, living.round_group FROM blocks "
            "JOIN blocks taker ON taker.id = blocks.returned_into "
            "JOIN rounds dead ON dead.block_hash = blocks.block_hash "
            "JOIN rounds living ON living.block_hash = taker.block_hash"
        )
        for dead, dead_group, living, living_group in returned:
            assert decode(dead).returns
            assert decode(living).takes
            assert dead_group == living_group

    def _query(self, statement: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self._path / "ledger.db")) as connection:
            return connection.execute(statement).fetchall()


TestSchemesMachine = SchemesMachine.TestCase
TestSchemesMachine.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
