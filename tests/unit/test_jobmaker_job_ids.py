"""Job ids never repeat: not in a millisecond, with the clock set back, between replicas or pools."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.job_ids import JobIds

NOW_MS = 1_760_000_000_000


def test_an_id_is_the_time_in_hex_and_four_digits_of_replica_and_pool() -> None:
    job_id = JobIds("host-1", "ltc").next(NOW_MS)

    assert job_id[:-4] == f"{NOW_MS:x}"
    assert len(job_id) == 15


@given(st.lists(st.integers(min_value=1, max_value=2**42), min_size=1, max_size=50))
def test_ids_rise_whatever_the_clock_does(clock: list[int]) -> None:
    ids = JobIds("host-1", "ltc")
    times = [int(ids.next(now_ms)[:-4], 16) for now_ms in clock]

    assert times == sorted(set(times))


def test_replicas_and_pools_never_share_an_id_in_the_same_millisecond() -> None:
    makers = [(replica, pool) for replica in ("host-1", "host-2") for pool in ("ltc", "doge", "btc", "bch")]

    assert len({JobIds(*maker).next(NOW_MS) for maker in makers}) == len(makers)


@pytest.mark.parametrize("last", [JobIds("host-1", "ltc").next(NOW_MS), f"{NOW_MS:x}7e"])
def test_a_replica_that_takes_over_with_a_clock_behind_continues_after_the_last_job(last: str) -> None:
    """Also after a job of an earlier version, whose ids had two digits of the replica alone."""
    ids = JobIds("host-2", "ltc")
    ids.start_after(last)

    assert int(ids.next(NOW_MS - 5_000)[:-4], 16) == NOW_MS + 1


def test_an_id_of_another_form_is_no_reason_to_start_later() -> None:
    ids = JobIds("host-1", "ltc")
    ids.start_after("cc1d")
    ids.start_after("another job")

    assert ids.next(NOW_MS) == JobIds("host-1", "ltc").next(NOW_MS)
