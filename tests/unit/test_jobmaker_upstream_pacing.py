"""However many jobs an upstream pool sends, our miners are sent few, and a new block's at once."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.upstream.pacing import CLEAN_AT_ONCE, INTERVAL_SECONDS, JobPacing

wishes = st.lists(st.tuples(st.floats(0, 2), st.booleans()), max_size=60)
"""Seconds after the last job was sent, and whether the next one is a clean one."""


def sent(wishes: list[tuple[float, bool]]) -> list[tuple[float, bool]]:
    """When each job of a pool goes out that has the next one ready at once or a little later."""
    pacing, now, times = JobPacing(), 100.0, []
    for after, clean_jobs in wishes:
        now += after
        now += pacing.wait(now, clean_jobs=clean_jobs)
        pacing.sent(now)
        times.append((now, clean_jobs))
    return times


def test_the_first_job_goes_out_at_once() -> None:
    assert JobPacing().wait(0.0, clean_jobs=False) == 0


def test_the_next_one_of_the_same_block_waits_and_a_new_blocks_does_not() -> None:
    pacing = JobPacing()
    pacing.sent(10.0)

    assert pacing.wait(10.1, clean_jobs=False) == INTERVAL_SECONDS - (10.1 - 10.0)
    assert pacing.wait(10.1, clean_jobs=True) == 0
    assert pacing.wait(10.0 + INTERVAL_SECONDS, clean_jobs=False) == 0


def test_clean_jobs_without_end_are_no_way_around_it() -> None:
    times = [when for when, _ in sent([(0.0, True)] * 20)]

    at_once = sum(when == times[0] for when in times)
    assert at_once == CLEAN_AT_ONCE
    assert times[-1] - times[0] == (20 - CLEAN_AT_ONCE) * INTERVAL_SECONDS


@given(wishes)
def test_in_no_span_of_time_are_there_more(wishes: list[tuple[float, bool]]) -> None:
    times = [when for when, _ in sent(wishes)]

    for first, last in itertools.combinations(range(len(times)), 2):
        allowed = CLEAN_AT_ONCE + (times[last] - times[first]) / INTERVAL_SECONDS
        assert last - first + 1 <= allowed + 1e-6


@given(wishes)
def test_ordinary_jobs_keep_their_distance(wishes: list[tuple[float, bool]]) -> None:
    for (before, _), (when, clean_jobs) in itertools.pairwise(sent(wishes)):
        assert clean_jobs or when - before >= INTERVAL_SECONDS - 1e-9


@given(wishes)
def test_nothing_waits_for_longer_than_the_clean_ones_took(wishes: list[tuple[float, bool]]) -> None:
    pacing, now = JobPacing(), 100.0
    for after, clean_jobs in wishes:
        now += after
        wait = pacing.wait(now, clean_jobs=clean_jobs)
        assert wait <= CLEAN_AT_ONCE * INTERVAL_SECONDS + 1e-9
        assert math.isfinite(wait)
        now += wait
        pacing.sent(now)
