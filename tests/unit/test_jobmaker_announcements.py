"""Announced blocks: when they are news, how often the daemons are asked for them, and when no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.announcements import FIRST_RETRY_SECONDS, RETRIES, Announcements

TIP, BLOCK, LATER_BLOCK = "aa" * 32, "bb" * 32, "cc" * 32

MUCH_LATER = 3600.0

clocks = st.integers(min_value=0, max_value=10**9).map(lambda quarters: quarters / 4)
"""Quarters of a second are exact, so that sums of waits can be compared."""

waits = st.lists(st.floats(min_value=0, max_value=20, allow_nan=False), max_size=40)


def ask_times(announcements: Announcements, heard_at: float) -> list[float]:
    """How long after the announcement the daemons are asked, by a caller that sleeps as told."""
    now, times = heard_at, []
    while (seconds := announcements.seconds_until_due(now)) is not None:
        now += seconds  # rounded, it may be a moment early
        if announcements.take_due(now):
            times.append(now - heard_at)
    return times


@given(clocks)
def test_a_block_that_there_is_work_on_is_no_news(now: float) -> None:
    announcements = Announcements()

    assert not announcements.hear(TIP, TIP, now)

    assert announcements.seconds_until_due(now) is None
    assert not announcements.take_due(now + 3600)


def test_a_block_that_there_is_work_on_does_not_end_the_wait_for_another() -> None:
    announcements = Announcements()
    announcements.hear(BLOCK, TIP, 0)

    assert not announcements.hear(TIP, TIP, 0)

    assert announcements.seconds_until_due(0) == FIRST_RETRY_SECONDS


def test_an_unknown_block_is_asked_for_after_doubling_waits_and_then_given_up() -> None:
    announcements = Announcements()

    assert announcements.hear(BLOCK, TIP, 0)
    times = ask_times(announcements, 0)

    waited = [later - earlier for earlier, later in zip([0, *times], times, strict=False)]
    assert len(times) == RETRIES
    assert [round(seconds, 6) for seconds in waited] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8]
    assert not announcements.take_due(10**9)


@given(st.integers(min_value=0, max_value=RETRIES - 1))
def test_work_on_the_block_ends_the_asking(asked_before: int) -> None:
    announcements = Announcements()
    announcements.hear(BLOCK, TIP, 0)
    for times in range(asked_before):
        assert announcements.take_due(MUCH_LATER * (1 + times))

    announcements.fetched(TIP)
    assert announcements.seconds_until_due(0) is not None
    announcements.fetched(BLOCK)

    assert announcements.seconds_until_due(0) is None
    assert not announcements.take_due(10**9)


@given(st.integers(min_value=0, max_value=RETRIES), clocks)
def test_a_later_announcement_replaces_the_earlier(asked_before: int, now: float) -> None:
    announcements, fresh = Announcements(), Announcements()
    announcements.hear(BLOCK, TIP, 0)
    for times in range(asked_before):
        assert announcements.take_due(MUCH_LATER * (1 + times))

    assert announcements.hear(LATER_BLOCK, TIP, now)
    fresh.hear(LATER_BLOCK, TIP, now)
    announcements.fetched(BLOCK)

    assert ask_times(announcements, now) == ask_times(fresh, now)


@given(st.sampled_from(["", TIP]), clocks, clocks)
def test_an_empty_hash_is_always_news_and_never_repeated(fetched_tip: str, now: float, later: float) -> None:
    announcements = Announcements()

    assert announcements.hear("", fetched_tip, now)
    assert announcements.hear("", fetched_tip, now)

    assert announcements.seconds_until_due(now) is None
    assert not announcements.take_due(now + later)


@given(st.floats(min_value=0, max_value=1e9), waits)
def test_what_is_due_and_when_it_will_be_agree(start: float, steps: list[float]) -> None:
    """Whatever a caller's clock shows when it looks, and however late it comes."""
    announcements, now, asked = Announcements(), start, 0
    announcements.hear(BLOCK, TIP, start)
    for step in steps:
        now += step
        seconds = announcements.seconds_until_due(now)
        assert announcements.take_due(now) == (seconds == 0)
        asked += seconds == 0
        if seconds == 0 and asked < RETRIES:
            # 1e-6: at a clock of 1e9 seconds a float has steps of 1e-7
            following = announcements.seconds_until_due(now)
            assert following is not None
            assert abs(following - FIRST_RETRY_SECONDS * 2**asked) < 1e-6
    assert asked <= RETRIES
    assert (announcements.seconds_until_due(now) is None) == (asked == RETRIES)
