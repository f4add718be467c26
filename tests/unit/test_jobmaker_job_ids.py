"""Job ids never repeat: not in a millisecond, not when the clock is set back, not between replicas."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.job_ids import JobIds

NOW_MS = 1_760_000_000_000


def test_an_id_is_the_time_in_hex_and_two_digits_of_the_replica() -> None:
    job_id = JobIds("host-1").next(NOW_MS)

    assert job_id[:-2] == f"{NOW_MS:x}"
    assert len(job_id) == 13


@given(st.lists(st.integers(min_value=1, max_value=2**42), min_size=1, max_size=50))
def test_ids_rise_whatever_the_clock_does(clock: list[int]) -> None:
    ids = JobIds("host-1")
    times = [int(ids.next(now_ms)[:-2], 16) for now_ms in clock]

    assert times == sorted(set(times))


def test_two_replicas_never_share_an_id_in_the_same_millisecond() -> None:
    assert JobIds("host-1").next(NOW_MS) != JobIds("host-2").next(NOW_MS)


def test_a_replica_that_takes_over_with_a_clock_behind_continues_after_the_last_job() -> None:
    last = JobIds("host-1").next(NOW_MS)
    ids = JobIds("host-2")
    ids.start_after(last)

    assert int(ids.next(NOW_MS - 5_000)[:-2], 16) == NOW_MS + 1


def test_an_id_of_another_form_is_no_reason_to_start_later() -> None:
    ids = JobIds("host-1")
    ids.start_after("cc1d")
    ids.start_after("another job")

    assert ids.next(NOW_MS) == JobIds("host-1").next(NOW_MS)
