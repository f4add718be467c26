"""An import in the ledger: whole, once, and what it brings is paid like everything else."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.auditing import audit
from services.payouts.auditing.audit import Standing
from services.payouts.ledger.accounts import OPENING, miner, unassigned
from services.payouts.nomp_import import booking
from services.payouts.nomp_import.booking import Applied
from services.payouts.nomp_import.carried_over import paid_before_sats, total_paid_before_sats
from services.payouts.nomp_import.dialect import Refusal
from services.payouts.nomp_import.figures import EXACT
from services.payouts.nomp_import.report import LedgerFigures, as_json, as_text, make_report
from services.payouts.payments.payees import Rules, choose
from tests.unit.ledger_steps import REWARD, close_accepted, confirm
from tests.unit.nomp_samples import ALICE, BOB, CAROL, DECIMALS, member, nothing, plan_of, redis_float
from tests.unit.nomp_world import World
from tests.unit.payouts_samples import POOL

NAMES = st.sampled_from([ALICE, BOB, CAROL, "x", f"{ALICE}.1"])

READING = nothing(
    balances={ALICE: "0.5", f"{ALICE}.rig": "0.25", BOB: "2.00000000000000004", "bob": "1"},
    payouts={ALICE: "10.5", CAROL: "1"},
    running={ALICE: "3", BOB: "1"},
    rounds={7: {BOB: "2", "bob": "2"}},
    pending=(member(70, 7), member(80, 8)),
    confirmed=4,
    stats={"validShares": "12", "totalPaid": "11.5"},
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(f"sqlite:///{tmp_path}/ledger.db")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One ledger for many pools."""
    return World(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")


def problems(world: World) -> list[str]:
    """What the audit before each payment says, if the wallet holds exactly what the books say it does."""
    balances = world.ledger.balances(POOL)
    owed = -sum(sats for account, sats in balances.items() if account.startswith("miner:"))
    return audit.problems(Standing(balances, unsettled_sats=0, sent_sats=0, wallet_sats=owed))


def test_balances_are_owed_against_the_opening_account(world: World) -> None:
    assert world.apply(READING) == Applied(is_new=True)

    assert world.ledger.balances(POOL) == {
        OPENING: 375_000_000,
        miner(ALICE): -75_000_000,
        miner(BOB): -200_000_000,
        miner(unassigned("bob")): -100_000_000,
    }
    assert problems(world) == []


def test_a_wallet_that_does_not_hold_the_balances_is_noticed(world: World) -> None:
    world.apply(READING)

    standing = Standing(world.ledger.balances(POOL), unsettled_sats=0, sent_sats=0, wallet_sats=374_999_999)
    assert audit.problems(standing) == ["375000000 is owed, but the wallet holds 374999999"]


@given(st.dictionaries(NAMES, st.floats(0, 1e6).map(redis_float)))
def test_what_is_owed_after_is_what_was_owed_before_and_the_roundings(
    shared: World, balances: dict[str, str]
) -> None:
    pool = uuid.uuid4().hex
    reading = nothing(balances=balances)
    plan = plan_of(reading)
    shared.apply(reading, pool)

    books = shared.ledger.balances(pool)
    assert sum(books.values()) == 0
    owed_sats = -sum(sats for account, sats in books.items() if account.startswith("miner:"))
    assert EXACT.add(plan.owed, plan.rounding) == EXACT.scaleb(Decimal(owed_sats), -DECIMALS)
    assert shared.apply(reading, pool) == Applied(is_new=False)
    assert shared.ledger.balances(pool) == books


def test_a_second_run_changes_nothing(world: World) -> None:
    world.apply(READING)
    before = _dump(world)

    assert world.apply(READING) == Applied(is_new=False)
    assert world.apply(replace(READING, newest_share_s=9.0)) == Applied(is_new=False)
    assert _dump(world) == before


def test_a_source_that_changed_is_refused(world: World) -> None:
    world.apply(READING)
    before = _dump(world)

    changed = replace(READING, balances={**READING.balances, BOB: "3"})
    refused = world.apply(changed)
    assert isinstance(refused, Refusal)
    assert refused.reasons[1:] == (f"balances: {BOB} was 2.00000000000000004 and is 3",)
    assert _dump(world) == before


def test_an_obstacle_or_a_known_block_books_nothing(world: World) -> None:
    interrupted = replace(READING, payment_interrupted=True)
    assert isinstance(world.apply(interrupted), Refusal)
    close_accepted(world.ledger, 80, {ALICE: 1})  # a block of the reading

    refused = world.apply(READING)
    assert refused == Refusal((f"block {80:064x} is in the ledger already",))
    assert world.ledger.balances(POOL) == {}
    assert booking.look(world.database, POOL).stored is None


def test_a_name_that_is_no_address_is_never_due(world: World) -> None:
    world.apply(READING)
    rules = Rules(minimum_sats=1, fee_address=None, fee_threshold_sats=0)

    due = choose(world.ledger.balances(POOL), rules, lambda address: address in (ALICE, BOB))
    assert [payee.address for payee in due.payees] == [BOB, ALICE]
    assert due.unpayable == [unassigned("bob")]


def test_a_taken_over_block_is_credited_to_its_round(world: World) -> None:
    world.apply(READING)
    with_round, without = world.ledger.blocks.unsettled(POOL)
    assert (with_round.height, without.height) == (7, 8)
    confirm(world.ledger, with_round.id)
    confirm(world.ledger, without.id)

    books = world.ledger.balances(POOL)
    assert books[miner(BOB)] == -200_000_000 - REWARD // 2
    assert books[miner(unassigned("bob"))] == -100_000_000 - REWARD // 2
    assert books["suspense"] == -REWARD


def test_the_running_round_is_taken_by_the_next_living_block_once(world: World) -> None:
    world.apply(READING)
    assert world.ledger.blocks.returnable_work(POOL) == {
        ALICE: 3 * WORK_PER_DIFFICULTY,
        BOB: WORK_PER_DIFFICULTY,
    }

    first = close_accepted(world.ledger, 1, {CAROL: 4 * WORK_PER_DIFFICULTY})
    second = close_accepted(world.ledger, 2, {CAROL: 1})
    confirm(world.ledger, first)
    confirm(world.ledger, second)
    books = world.ledger.balances(POOL)
    assert books[miner(ALICE)] == -75_000_000 - REWARD * 3 // 8
    assert books[miner(CAROL)] == -REWARD // 2 - REWARD


def test_what_was_paid_before_is_kept_beside_the_books(world: World) -> None:
    world.apply(READING)

    with world.database.read() as connection:
        assert paid_before_sats(connection, POOL, ALICE) == 1_050_000_000
        assert paid_before_sats(connection, POOL, BOB) == 0
        assert total_paid_before_sats(connection, POOL) == 1_150_000_000
        assert total_paid_before_sats(connection, "another") == 0


# ---- the report ----


def test_the_report_is_the_same_from_redis_and_from_the_ledger(world: World) -> None:
    before = world.report(READING)
    world.apply(READING)
    stored = booking.look(world.database, POOL).stored
    assert stored is not None
    after = world.report(stored.reading)

    assert stored.reading == READING
    assert [row.booked for row in before.rows] == [None] * 4
    assert [row.booked for row in after.rows] == [row.credited for row in before.rows]
    assert (after.total.booked, after.total.balance) == ("3.75000000", "3.75000000")
    assert (before.total.balance, before.total.rounding) == ("0.00000000", "-0.00000000000000004")
    assert after.warnings == before.warnings


def test_books_that_say_something_else_are_told(world: World) -> None:
    figures = LedgerFigures({ALICE: 1}, {})
    report = make_report(
        nothing(balances={ALICE: "1"}), plan_of(nothing(balances={ALICE: "1"})), figures, pool=POOL,
        decimals=DECIMALS, state="for a test",
    )  # fmt: skip

    assert report.warnings == (f"the books say 1 for {ALICE}, the plan 100000000",)


def test_the_text_and_the_json_tell_the_same(world: World) -> None:
    report = world.report(READING)
    text, tree = as_text(report), json.loads(as_json(report))

    for row in tree["rows"]:
        (line,) = [line for line in text.splitlines() if line.split()[:1] == [row["address"]]]
        assert line.split()[1:4] == [row["owed_by_nomp"], row["rounding"], row["credited"]]
    assert all(block["block_hash"] in text for block in tree["blocks"])
    assert all(warning in text for warning in tree["warnings"])
    assert tree["counts"] == {"confirmed": 4, "orphaned": 0, "kicked": 0}
    assert "totalPaid: 11.5" in text


def _dump(world: World) -> list[object]:
    """Every row of the ledger."""
    with world.database.read() as connection:
        tables = ("transfers", "entries", "blocks", "round_shares", "nomp_imports", "nomp_payouts", "outbox")
        return [connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall() for table in tables]
