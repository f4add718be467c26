"""Which shares a window is shown: its group's between two places in the log, in any chunks the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nompcore.messages import Share, ShareBatch
from services.payouts.counting.groups import OWN, POOL_ONLY, Groups
from services.payouts.counting.tally_batch import Mark
from services.payouts.rounds.share_windows import Stretch
from services.payouts.schemes.scheme import Window
from services.payouts.schemes.score import Score
from tests.unit.payouts_samples import START_MS, block_hash, share, share_batch, stored
from tests.unit.scheme_samples import ONE, candidate_of, log_share


def mark(number: int, sequence: int) -> Mark:
    return Mark(block_hash(number), sequence, START_MS)


def shown(stretch: Stretch, *messages: ShareBatch) -> list[tuple[str, int]]:
    return [(each.address, each.work // ONE) for each in stretch.newest_first(stored(*messages))]


def found(worker: str, number: int) -> Share:
    return share(worker, 1, block=block_hash(number))


def test_a_window_ends_with_its_candidate_and_begins_behind_another() -> None:
    first = share_batch([share("before", 1), found("before", 1), share("a", 2)])
    second = share_batch([share("b", 3), found("c", 2), share("after", 4)])
    stretch = Stretch(mark(2, 2), mark(1, 1), OWN, POOL_ONLY)
    assert shown(stretch, first, second) == [("c", 1), ("b", 3), ("a", 2)]


def test_both_places_may_be_in_one_message() -> None:
    message = share_batch([found("x", 1), share("a", 2), found("b", 2), share("y", 1)])
    assert shown(Stretch(mark(2, 1), mark(1, 1), OWN, POOL_ONLY), message) == [("b", 1), ("a", 2)]


def test_the_first_share_of_a_candidate_counts_where_it_was_repeated() -> None:
    message = share_batch([found("x", 1), share("a", 2), found("x", 1), found("b", 2), found("b", 2)])
    stretch = Stretch(mark(2, 1), mark(1, 1), OWN, POOL_ONLY)
    assert shown(stretch, message) == [("b", 1), ("x", 1), ("a", 2)]


def test_shares_of_other_groups_are_passed() -> None:
    groups = Groups({3334: ((0, "solo"),)})
    message = share_batch([share("a", 2), share("s", 3, port=3334), found("b", 2)])
    assert shown(Stretch(mark(2, 1), None, OWN, groups), message) == [("b", 1), ("a", 2)]


def test_a_share_without_difficulty_is_passed() -> None:
    message = share_batch([share("a", 0), found("b", 2)])
    assert shown(Stretch(mark(2, 1), None, OWN, POOL_ONLY), message) == [("b", 1)]


def test_a_place_in_a_log_that_was_lost_limits_nothing() -> None:
    stretch = Stretch(mark(2, 1), mark(1, 700), OWN, POOL_ONLY)
    assert stretch.first_sequence == 1
    assert shown(stretch, share_batch([share("a", 2), found("b", 2)])) == [("b", 1), ("a", 2)]


messages = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.integers(0, 10**6)), max_size=4),
    max_size=12,
)


@given(messages, st.data())
def test_chunks_change_nothing(drawn: list[list[tuple[str, int, int]]], data: st.DataObject) -> None:
    log = [
        share_batch([share(name, difficulty, time_ms=START_MS + ms) for name, difficulty, ms in shares])
        for shares in drawn
    ]
    log.append(share_batch([share("finder", 1, block=block_hash(2), time_ms=START_MS + 10**6)]))
    stretch = Stretch(Mark(block_hash(2), len(log), START_MS), None, OWN, POOL_ONLY)
    entries = stored(*log)

    def weigh(cuts: list[int]) -> dict[str, int]:
        window: Window = Score(300).window(candidate_of(log_share("finder", at_seconds=1000)))
        upper = len(entries)
        for cut in [*sorted(cuts, reverse=True), 0]:
            for each in stretch.newest_first(entries[cut:upper]):
                window.add(each)
            upper = cut
        return window.weights

    cuts = data.draw(st.lists(st.integers(0, len(entries)), max_size=5))
    assert weigh(cuts) == weigh([])


def test_a_beginning_that_is_not_in_the_log_was_in_another_one() -> None:
    log = stored(share_batch([share("a", 1)]), share_batch([share("b", 1)]), share_batch([found("c", 2)]))
    stretch = Stretch(mark(2, 3), mark(1, 2), OWN, POOL_ONLY)
    assert stretch.checked(log[2:], 2) == stretch  # it cannot be seen yet
    assert stretch.checked(log[1:], 1).begin is None
    here = stored(share_batch([share("a", 1)]), share_batch([found("b", 1)]), share_batch([found("c", 2)]))
    assert stretch.checked(here[1:], 1) == stretch
