"""Which upstream pool gives the work: fail-over, the way back, the daemon."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.upstream.choice import (
    DAEMON,
    ChoicePace,
    Source,
    Standing,
    choose,
    how_many,
    seconds_until_due,
)

PACE = ChoicePace(patience=20, steady=60)
NOT_TRIED = Standing()


def ready(since: float) -> Standing:
    return Standing(ready_since=since)


def down(since: float) -> Standing:
    return Standing(down_since=since)


def source(*standings: Standing, current: Source, now: float, daemon: bool = False) -> Source:
    return choose(standings, current, now, PACE, may_fall_back=daemon)


def test_the_first_pool_that_gives_work_is_taken_at_once() -> None:
    assert source(ready(0), NOT_TRIED, current=None, now=0) == 0


def test_the_next_is_asked_when_the_first_has_given_nothing_for_a_while() -> None:
    assert how_many([down(0), NOT_TRIED], None, 19.9, PACE) == 1
    assert how_many([down(0), NOT_TRIED], None, 20, PACE) == 2
    assert source(down(0), ready(21), current=0, now=21) == 1


def test_a_pool_in_use_stays_connected_until_the_better_one_is_steady() -> None:
    standings = [ready(100), ready(21)]
    assert how_many(standings, 1, 130, PACE) == 2
    assert source(*standings, current=1, now=159.9) == 1
    assert source(*standings, current=1, now=160) == 0
    assert how_many(standings, 0, 160, PACE) == 1


def test_the_daemon_comes_last_and_only_where_it_may() -> None:
    assert source(down(0), down(20), current=0, now=39, daemon=True) is None
    assert source(down(0), down(20), current=None, now=40, daemon=True) == DAEMON
    assert source(down(0), down(20), current=None, now=40) is None


def test_the_daemons_turn_ends_when_a_pool_is_steady() -> None:
    assert source(ready(100), down(20), current=DAEMON, now=159, daemon=True) == DAEMON
    assert source(ready(100), down(20), current=DAEMON, now=160, daemon=True) == 0


@given(
    st.lists(
        st.builds(lambda at, is_up: ready(at) if is_up else down(at), st.floats(0, 100), st.booleans()),
        min_size=1,
    ),
    st.floats(100, 300),
    st.booleans(),
)
def test_whoever_is_chosen_gives_work_and_is_connected(
    standings: list[Standing], now: float, daemon: bool
) -> None:
    chosen = choose(standings, None, now, PACE, may_fall_back=daemon)

    if isinstance(chosen, int):
        assert standings[chosen].is_ready()
        assert how_many(standings, chosen, now, PACE) > chosen
        assert choose(standings, chosen, now, PACE, may_fall_back=daemon) <= chosen  # type: ignore[operator]
    else:
        assert not any(standing.is_ready() for standing in standings)


@given(st.lists(st.builds(down, st.floats(0, 100)), min_size=1), st.floats(100, 300))
def test_the_clock_is_looked_at_again_in_time(standings: list[Standing], now: float) -> None:
    """Between now and then nothing is decided otherwise by the clock alone."""
    due = seconds_until_due(standings, now, PACE)
    later = now + (due or 1000) * 0.999

    assert how_many(standings, None, now, PACE) == how_many(standings, None, later, PACE)
