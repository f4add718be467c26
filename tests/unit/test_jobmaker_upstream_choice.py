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


def fickle(down_since: float, ready_after: float | None) -> Standing:
    since = None if ready_after is None else down_since + ready_after
    return Standing(since, down_since, is_fickle=True)


ANY = st.one_of(
    st.builds(ready, st.floats(0, 100)),
    st.builds(down, st.floats(0, 100)),
    st.builds(fickle, st.floats(0, 100), st.none() | st.floats(0, 100)),
)


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


def test_a_pool_that_gives_work_for_moments_only_has_failed() -> None:
    standing = down(0).found(1).lost(2, PACE).found(3)
    assert how_many([standing, NOT_TRIED], 0, 21.9, PACE) == 1
    assert how_many([standing, NOT_TRIED], 0, 22, PACE) == 2
    lost = standing.lost(22, PACE)
    assert source(lost, ready(21), current=0, now=22) == 1
    assert source(lost.found(23), ready(21), current=1, now=82.9) == 1
    assert source(lost.found(23), ready(21), current=1, now=83) == 0
    assert how_many([lost.found(23), ready(21)], 0, 83, PACE) == 1


def test_a_steady_pool_that_is_lost_once_is_given_its_time() -> None:
    standing = down(0).found(1).lost(1 + PACE.steady, PACE)
    assert standing == down(1 + PACE.steady)
    assert standing.lost(70, PACE) == standing
    assert standing.found(71) == ready(71)


def test_the_daemon_comes_last_and_only_where_it_may() -> None:
    assert source(down(0), down(20), current=0, now=39, daemon=True) is None
    assert source(down(0), down(20), current=None, now=40, daemon=True) == DAEMON
    assert source(down(0), down(20), current=None, now=40) is None


def test_the_daemons_turn_ends_when_a_pool_is_steady() -> None:
    assert source(ready(100), down(20), current=DAEMON, now=159, daemon=True) == DAEMON
    assert source(ready(100), down(20), current=DAEMON, now=160, daemon=True) == 0


@given(st.lists(ANY, min_size=1), st.floats(200, 400), st.booleans())
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


@given(st.lists(ANY, min_size=1), st.floats(200, 400))
def test_the_clock_is_looked_at_again_in_time(standings: list[Standing], now: float) -> None:
    """Between now and then nothing is decided otherwise by the clock alone."""
    due = seconds_until_due(standings, now, PACE)
    later = now + (due or 1000) * 0.999

    assert how_many(standings, None, now, PACE) == how_many(standings, None, later, PACE)
