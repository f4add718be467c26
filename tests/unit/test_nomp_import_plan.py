"""What would be booked of a NOMP: nothing is lost, nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.target import WORK_PER_DIFFICULTY, work_from_difficulty
from services.payouts.ledger.accounts import unassigned
from services.payouts.nomp_import.dialect import Source
from services.payouts.nomp_import.difference import differences
from services.payouts.nomp_import.figures import EXACT, Unreadable
from services.payouts.nomp_import.plan import LIVE_SECONDS, is_live
from services.payouts.nomp_import.reading import Reading
from tests.unit.nomp_samples import (
    ALICE,
    BOB,
    CAROL,
    DECIMALS,
    KEY,
    LATER,
    SEED,
    member,
    nothing,
    plan_of,
    redis_float,
)

NAMES = st.sampled_from([ALICE, f"{ALICE}.rig1", KEY, BOB, BOB.upper(), CAROL, "bob", "", "undefined"])
COINS = st.floats(0, 1e8).map(redis_float)
SATS = st.integers(0, 10**15).map(str)
JUNK = st.sampled_from(["", "nan", "-0.5", "1e999", "0x1", "a", "-1"])


# ---- sums ----


@given(st.dictionaries(NAMES, COINS | JUNK))
def test_what_nomp_owed_in_coins_is_credited_but_for_roundings(balances: dict[str, str]) -> None:
    _check_sums(balances, LATER)


@given(st.dictionaries(NAMES, SATS | JUNK))
def test_what_nomp_owed_in_satoshis_is_credited_exactly(balances: dict[str, str]) -> None:
    plan = _check_sums(balances, SEED)
    assert plan == 0


def _check_sums(balances: dict[str, str], source: Source) -> Decimal:
    """The plan's sums against the text, by another way; the sum of roundings."""
    plan = plan_of(nothing(source, balances=balances), skip_unreadable=True)
    left_out = {gap.what for gap in plan.unreadable}
    scale = 0 if source is LATER else DECIMALS
    owed = sum((Decimal(text) for name, text in balances.items() if name not in left_out), Decimal(0))
    with_exponent = EXACT.scaleb(EXACT.plus(plan.owed), scale)
    assert abs(with_exponent - owed) <= Decimal("1e-12") * (1 + owed)  # `sum` rounds to 28 digits
    assert EXACT.scaleb(Decimal(plan.credited_sats), -DECIMALS) == EXACT.add(plan.owed, plan.rounding)
    assert sum(line.credited_sats for line in plan.lines) == plan.credited_sats
    assert all(abs(line.rounding) <= Decimal("0.5e-8") * len(line.names) for line in plan.lines)
    named = {name for line in plan.lines for name in line.names}
    assert named | left_out == {name for name, text in balances.items() if name in left_out or Decimal(text)}
    return plan.rounding


@given(st.dictionaries(NAMES, st.floats(0, 1e12).map(redis_float)))
def test_all_work_of_a_round_is_somebodys(shares: dict[str, str]) -> None:
    plan = plan_of(nothing(running=shares))

    works = [work_from_difficulty(float(text)) for text in shares.values() if float(text)]
    assert sum(plan.running.values()) == sum(works)
    assert plan.unreadable == ()


def test_the_names_of_one_miner_are_one_account() -> None:
    balances = {ALICE: "0.1", f"{ALICE}.rig1": "0.2", KEY: "0.30000000000000004", BOB: "1"}
    plan = plan_of(nothing(balances=balances, payouts={KEY: "2.5", CAROL: "4"}))

    assert [(line.address, line.credited_sats, line.paid_sats) for line in plan.lines] == [
        (BOB, 100_000_000, 0),
        (ALICE, 60_000_000, 250_000_000),
        (CAROL, 0, 400_000_000),
    ]
    assert plan.lines[1].names == tuple(sorted([ALICE, f"{ALICE}.rig1", KEY]))
    assert plan.rounding == Decimal("-0.00000000000000004")


def test_a_name_that_is_no_address_is_held_and_told() -> None:
    plan = plan_of(nothing(balances={"bob": "3"}, running={"eve": "1"}))

    assert [(line.address, line.credited_sats) for line in plan.lines] == [(unassigned("bob"), 300_000_000)]
    assert plan.running == {unassigned("eve"): WORK_PER_DIFFICULTY}
    (warning,) = plan.warnings
    assert unassigned("bob") in warning
    assert unassigned("eve") in warning
    assert plan.obstacles == ()


# ---- what cannot be understood ----


@pytest.mark.parametrize(
    ("reading", "left_out"),
    [
        (nothing(balances={ALICE: "-0.5", BOB: "1"}), ("litecoin:balances", ALICE)),
        (nothing(SEED, balances={ALICE: "0.5"}), ("Litecoin_balances", ALICE)),
        (nothing(payouts={ALICE: "x"}), ("litecoin:payouts", ALICE)),
        (nothing(running={ALICE: "-3"}), ("litecoin:shares:roundCurrent", ALICE)),
        (nothing(pending=("junk",)), ("litecoin:blocksPending", "junk")),
        (nothing(SEED, pending=(member(1, 9),)), ("Litecoin_blocksPending", member(1, 9))),
        (nothing(unreadable=(Unreadable("litecoin:stats", "f", "why"),)), ("litecoin:stats", "f")),
    ],
)
def test_what_is_not_understood_stops_the_import_until_it_is_left_out(
    reading: Reading, left_out: tuple[str, str]
) -> None:
    stopped, allowed = plan_of(reading), plan_of(reading, skip_unreadable=True)

    assert [(gap.where, gap.what) for gap in stopped.unreadable] == [left_out]
    assert len(stopped.obstacles) == 1
    assert allowed.obstacles == ()
    assert allowed.lines == stopped.lines


def test_one_block_with_two_facts_is_left_out_once() -> None:
    twice = (f"{1:064x}:{2:064x}:9", f"{1:064x}:{3:064x}:9")
    plan = plan_of(nothing(pending=twice, rounds={9: {ALICE: "1"}}), skip_unreadable=True)

    assert [planned.block.coinbase_txid for planned in plan.blocks] == [f"{2:064x}"]
    assert [gap.what for gap in plan.unreadable] == [twice[1]]


def test_an_interrupted_payment_stops_the_import() -> None:
    (obstacle,) = plan_of(nothing(SEED, payment_interrupted=True)).obstacles

    assert obstacle.startswith("Litecoin_finalRedisCommands exists")


def test_more_than_the_ledger_holds_stops_the_import() -> None:
    half = str(2**62)
    assert plan_of(nothing(SEED, balances={ALICE: half, BOB: str(2**62 - 1)})).obstacles == ()
    assert len(plan_of(nothing(SEED, balances={ALICE: half, BOB: half})).obstacles) == 1


# ---- rounds of found blocks ----


def test_a_pending_block_has_the_round_of_its_height() -> None:
    rounds = {7: {ALICE: "3", f"{ALICE}.rig": "0.5"}, 9: {BOB: "2"}}
    plan = plan_of(nothing(SEED, pending=(member(2, 9, reward=5), member(1, 7, reward=6)), rounds=rounds))

    lower, higher = plan.blocks
    assert (lower.block.height, lower.block.reward_sats) == (7, 6)
    assert lower.weights == {ALICE: work_from_difficulty(3.5)}
    assert higher.weights == {BOB: work_from_difficulty(2)}
    assert plan.warnings == ()


def test_a_block_whose_round_is_missing_comes_without_one() -> None:
    plan = plan_of(nothing(pending=(member(1, 7),), rounds={8: {ALICE: "1"}}))

    assert [planned.weights for planned in plan.blocks] == [{}]
    assert [warning.split(":")[0] for warning in plan.warnings] == [
        "no shares for height 7",
        "the round of height 8 belongs to no pending block",
    ]
    assert plan.obstacles == ()


def test_of_two_blocks_of_a_height_the_operator_names_the_one_with_the_round() -> None:
    reading = nothing(pending=(member(1, 7), member(2, 7)), rounds={7: {ALICE: "1"}})
    asked = plan_of(reading)
    told = plan_of(reading, in_chain=(f"{2:064x}",))
    both = plan_of(reading, in_chain=(f"{1:064x}", f"{2:064x}"))

    assert [planned.weights for planned in asked.blocks] == [{}, {}]
    assert len(asked.obstacles) == len(both.obstacles) == 1
    assert told.obstacles == ()
    assert [planned.weights for planned in told.blocks] == [{}, {ALICE: WORK_PER_DIFFICULTY}]


# ---- live, changed ----


@pytest.mark.parametrize(
    ("newest_s", "live"),
    [(None, False), (1000.0 - LIVE_SECONDS, False), (1001.0 - LIVE_SECONDS, True), (2000.0, True)],
)
def test_a_young_share_tells_that_nomp_runs(newest_s: float | None, live: bool) -> None:
    assert is_live(newest_s, 1000.0) is live


def test_only_changes_that_matter_are_told() -> None:
    before = nothing(balances={ALICE: "1"}, rounds={7: {ALICE: "1"}}, pending=(member(1, 7),))

    assert differences(before, replace(before, newest_share_s=5.0)) == []
    changed = nothing(balances={ALICE: "2", BOB: "1"}, pending=(member(2, 7),), confirmed=1)
    assert len(differences(before, changed)) == 6
