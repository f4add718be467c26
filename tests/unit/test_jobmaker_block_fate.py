"""What daemons' answers to a submitted block amount to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.block_fate import (
    COMPETING_SECONDS,
    PATIENCE_SECONDS,
    Answer,
    Verdict,
    Weight,
    judge,
    read_result,
    reason,
)

ACCEPTED = read_result("a:1", None)
DUPLICATE = read_result("a:1", "duplicate")
BESIDE = read_result("b:1", "inconclusive")
REFUSED = read_result("b:1", "bad-cb-amount")
UNJUDGED = read_result("c:1", "prev-blk-not-found")
SILENT = Answer("d:1", "unreachable", Weight.SILENT)

answers = st.lists(st.sampled_from([ACCEPTED, DUPLICATE, BESIDE, REFUSED, UNJUDGED, SILENT]))


@pytest.mark.parametrize(
    ("result", "weight"),
    [
        (None, Weight.ACCEPTED),
        ("duplicate", Weight.BESIDE),
        ("rejected: duplicate", Weight.BESIDE),
        ("inconclusive", Weight.BESIDE),
        ("duplicate-inconclusive", Weight.BESIDE),
        ("duplicate-invalid", Weight.REFUSED),
        ("high-hash", Weight.REFUSED),
        ("rejected", Weight.REFUSED),
        ("prev-blk-not-found", Weight.UNJUDGED),
    ],
)
def test_each_answer_of_a_daemon_has_its_weight(result: str | None, weight: Weight) -> None:
    assert read_result("a:1", result).weight is weight


@given(answers, st.floats(min_value=0, max_value=1e9))
def test_one_acceptance_settles_it_whatever_the_others_say(others: list[Answer], age: float) -> None:
    assert judge([*others, ACCEPTED], in_chain=False, age_seconds=age) is Verdict.ACCEPTED
    assert judge(others, in_chain=True, age_seconds=age) is Verdict.ACCEPTED


@given(st.integers(min_value=0, max_value=4), st.floats(min_value=0, max_value=1e9))
def test_silence_alone_never_settles_anything(count: int, age: float) -> None:
    assert judge([SILENT] * count, in_chain=False, age_seconds=age) is Verdict.OPEN


@given(answers)
def test_a_young_block_is_rejected_only_when_every_daemon_has_judged_it(given_answers: list[Answer]) -> None:
    if judge(given_answers, in_chain=False, age_seconds=0) is Verdict.REJECTED:
        assert {answer.weight for answer in given_answers} == {Weight.REFUSED}


@given(answers, st.floats(0, 10 * PATIENCE_SECONDS))
def test_a_block_that_some_daemon_holds_valid_is_never_rejected(
    given_answers: list[Answer], age: float
) -> None:
    assert judge([*given_answers, BESIDE], in_chain=False, age_seconds=age) is not Verdict.REJECTED


def test_a_refusal_waits_for_a_silent_daemon_only_so_long() -> None:
    assert judge([REFUSED, SILENT], in_chain=False, age_seconds=PATIENCE_SECONDS) is Verdict.OPEN
    assert judge([REFUSED, SILENT], in_chain=False, age_seconds=PATIENCE_SECONDS + 1) is Verdict.REJECTED


def test_a_block_known_to_the_daemons_but_in_no_chain_competes_once_the_tips_have_settled() -> None:
    assert judge([DUPLICATE, BESIDE], in_chain=False, age_seconds=COMPETING_SECONDS - 1) is Verdict.OPEN
    assert judge([DUPLICATE, BESIDE], in_chain=False, age_seconds=COMPETING_SECONDS) is Verdict.COMPETING
    assert judge([DUPLICATE], in_chain=True, age_seconds=0) is Verdict.ACCEPTED


def test_a_block_whose_parent_nobody_knows_is_submitted_again() -> None:
    assert judge([UNJUDGED], in_chain=False, age_seconds=1) is Verdict.OPEN
    assert judge([UNJUDGED], in_chain=False, age_seconds=PATIENCE_SECONDS + 1) is Verdict.REJECTED


def test_the_reason_is_the_most_telling_answer() -> None:
    assert reason([SILENT, BESIDE, REFUSED]) == "bad-cb-amount"
    assert reason([SILENT, BESIDE]) == "inconclusive"
    assert reason([]) == "no daemon"
