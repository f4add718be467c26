"""How far back the share log is needed: as far as anything asks for, and all of it where that is unknown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nompcore.target import WORK_PER_DIFFICULTY as ONE
from services.payouts.counting.groups import OWN, Groups
from services.payouts.counting.tally_batch import Mark
from services.payouts.ledger.round_rows import Round
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.pplnt import Pplnt
from services.payouts.schemes.prop import Prop
from services.payouts.share_log.log_needs import (
    DIFFICULTY_MARGIN,
    MAX_CHECKPOINTS,
    Checkpoint,
    Standing,
    Windows,
    next_checkpoint,
    round_needs,
    thinned,
)
from tests.unit.payouts_samples import START_MS, block_hash, candidate

PROP_ONLY = SchemeHistory(by_group={OWN: ((0, Prop()),)})
NOTHING_KNOWN = Windows([], 0)


def mark(sequence: int) -> Mark:
    return Mark(block_hash(sequence), sequence, START_MS)


def first_needed(standing: Standing, history: SchemeHistory = PROP_ONLY, **unsettled: Round) -> int:
    return min(need.sequence for need in round_needs(standing, history, unsettled, NOTHING_KNOWN))


def test_a_running_round_is_needed_from_its_mark_and_without_one_from_the_beginning() -> None:
    assert first_needed(Standing(90, START_MS, {OWN: mark(40)}, {OWN: 5})) == 40
    assert first_needed(Standing(90, START_MS, {}, {OWN: 5})) == 0
    assert first_needed(Standing(90, START_MS)) == 90


def test_a_mark_is_needed_before_its_round_has_shares() -> None:
    """Without it, a scheme could not tell where the round begins."""
    assert first_needed(Standing(90, START_MS, {OWN: mark(40)})) == 40


def test_a_group_without_ports_is_needed_only_while_it_has_shares() -> None:
    began = {OWN: mark(40), "solo": mark(3)}
    history = SchemeHistory(by_group={OWN: ((0, Prop()),), "solo": ((0, Prop()),)})
    in_use = SchemeHistory(Groups({3334: ((0, "solo"),)}), history.by_group)

    assert first_needed(Standing(90, START_MS, began, {"solo": 1}), history) == 3
    assert first_needed(Standing(90, START_MS, began), history) == 40
    assert first_needed(Standing(90, START_MS, began), in_use) == 3


def test_found_and_unsettled_rounds_are_needed() -> None:
    found = Standing(90, START_MS, {OWN: mark(40)}, {OWN: 1}, [(candidate(1), mark(30))])

    assert first_needed(found) == 0  # a candidate of the first versions does not know where it is
    assert first_needed(Standing(90, START_MS, {OWN: mark(40)}), a=Round(Prop(), began=mark(20))) == 20
    assert first_needed(Standing(90, START_MS, {OWN: mark(40)}), a=Round(Prop())) == 0


def checkpoints(works: list[int]) -> list[Checkpoint]:
    return [
        Checkpoint(10 * number, START_MS + number * 1000, {OWN: str(work * ONE)}, {})
        for number, work in enumerate(works, 1)
    ]


def test_a_window_of_work_reaches_back_to_a_place_before_which_enough_lies() -> None:
    places = checkpoints([0, 10, 20, 30, 40, 50])
    window = Pplns(1_000_000)  # of difficulty 5, with the margin: 20

    assert DIFFICULTY_MARGIN == 4
    assert Windows(places, 5).reach(window, OWN, 60, START_MS) == 41
    assert Windows(places, 5).reach(window, OWN, 40, START_MS, 5) == 21
    assert Windows(places, 20).reach(window, OWN, 60, START_MS) == 0
    assert Windows(places, 0).reach(window, OWN, 60, START_MS) == 0
    assert Windows(places, 5).reach(window, "solo", 60, START_MS) == 0


def test_a_window_of_time_reaches_back_to_a_place_that_is_older() -> None:
    places = checkpoints([0] * 2000)
    reach = Windows(places, 0).reach(Pplnt(100), OWN, 20_000, START_MS + 2_000_000)

    assert reach == 10 * (2000 - 100 - 600 - 1) + 1  # the window, the slack of clocks, and a place before


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30))
def test_checkpoints_never_count_more_work_than_there_was(steps: list[tuple[int, bool]]) -> None:
    place, total, running, began = None, 0, 0, 0
    history: list[tuple[int, int]] = []
    for number, (work, ends) in enumerate(steps, 1):
        total, running = total + work, running + work
        if ends:
            running, began = 0, number
        marks = {OWN: mark(began)} if began else {}
        place = next_checkpoint(place, Standing(number, START_MS, marks, {OWN: running}))
        history.append((total, int(place.work[OWN])))
    for index, (total_then, counted_then) in enumerate(history):
        for total_now, counted_now in history[index:]:
            assert 0 <= counted_now - counted_then <= total_now - total_then


def test_checkpoints_that_lie_before_the_log_go_but_for_the_last() -> None:
    places = checkpoints([0, 1, 2, 3])

    assert [place.sequence for place in thinned(places, 0)] == [10, 20, 30, 40]
    assert [place.sequence for place in thinned(places, 25)] == [20, 30, 40]
    assert [place.sequence for place in thinned(places, 900)] == [40]
    many = checkpoints([0] * (MAX_CHECKPOINTS + 1))
    kept = thinned(many, 0)
    assert len(kept) <= MAX_CHECKPOINTS // 2 + 2
    assert (kept[0], kept[-1]) == (many[0], many[-1])
