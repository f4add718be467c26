"""New tip, refresh or nothing."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.decision import LOWER_TIP_PATIENCE_SECONDS, Decision, Pace, Work, decide

PACE = Pace(tx_refresh_seconds=20, job_rebroadcast_seconds=55)
CURRENT = Work(prevhash_hex="aa" * 32, height=100, transactions_id=b"one", daemon="a:1")
SAME = CURRENT
OTHER_TRANSACTIONS = dataclasses.replace(CURRENT, transactions_id=b"two")
NEXT = Work(prevhash_hex="bb" * 32, height=101, transactions_id=b"", daemon="a:1")


def test_the_first_template_is_a_new_tip() -> None:
    assert decide(None, SAME, 0, PACE) is Decision.NEW_TIP


def test_another_previous_block_is_a_new_tip_at_once() -> None:
    assert decide(CURRENT, NEXT, 0, PACE) is Decision.NEW_TIP


def test_a_reorganisation_to_the_same_height_is_a_new_tip() -> None:
    assert decide(CURRENT, dataclasses.replace(NEXT, height=100), 0, PACE) is Decision.NEW_TIP


def test_the_same_work_is_nothing() -> None:
    assert decide(CURRENT, SAME, 54, PACE) is Decision.NOTHING


def test_new_transactions_wait_for_the_refresh_interval() -> None:
    assert decide(CURRENT, OTHER_TRANSACTIONS, 19, PACE) is Decision.NOTHING
    assert decide(CURRENT, OTHER_TRANSACTIONS, 20, PACE) is Decision.REFRESH


def test_old_work_is_refreshed_even_without_new_transactions() -> None:
    assert decide(CURRENT, SAME, 55, PACE) is Decision.REFRESH


@given(st.floats(min_value=0, max_value=1e9))
def test_zero_turns_the_rebroadcast_off(age: float) -> None:
    assert decide(CURRENT, SAME, age, Pace(20, 0)) is Decision.NOTHING


def test_a_daemon_that_lags_does_not_take_miners_back() -> None:
    lagging = Work("cc" * 32, 99, b"", "b:1")

    assert decide(CURRENT, lagging, LOWER_TIP_PATIENCE_SECONDS - 1, PACE) is Decision.NOTHING
    assert decide(CURRENT, lagging, LOWER_TIP_PATIENCE_SECONDS, PACE) is Decision.NEW_TIP


def test_a_lower_tip_of_the_same_daemon_is_a_reorganisation() -> None:
    assert decide(CURRENT, Work("cc" * 32, 99, b"", "a:1"), 0, PACE) is Decision.NEW_TIP
