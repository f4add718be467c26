from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.target import DIFF1, MAX_TARGET, target_from_difficulty
from services.stratum.difficulty import Assignment, DifficultyTrack, TargetRules

PLAIN = TargetRules(1)


def test_without_variance_the_target_is_the_difficultys() -> None:
    assert PLAIN.target(1) == DIFF1
    assert TargetRules(65536).target(32) == target_from_difficulty(32, 65536)


@given(st.floats(0, 99.9), st.floats(1e-5, 1e9))
def test_a_share_counts_down_to_the_variance_below_its_difficulty(percent: float, difficulty: float) -> None:
    rules = TargetRules(1, percent)
    target = rules.target(difficulty)

    lowest = Fraction(difficulty) * (100 - Fraction(percent)) / 100
    assert target <= MAX_TARGET
    assert Fraction(DIFF1) / target >= lowest or target == 0
    if target < MAX_TARGET:
        assert target == target_from_difficulty(difficulty, 1) * 100 // (100 - Fraction(percent))


def test_a_variance_of_everything_accepts_everything() -> None:
    assert TargetRules(1, 100.0).target(1e6) == MAX_TARGET


def test_a_queued_difficulty_starts_with_the_next_job() -> None:
    track = DifficultyTrack(PLAIN, 32)
    assert track.start_job(1, 1) is None

    track.queue(64)

    assert track.announced == 32
    assert track.of_job(1).difficulty == 32
    assert track.start_job(2, 1) == 64
    assert track.announced == 64
    assert [track.of_job(serial).difficulty for serial in (1, 2, 3)] == [32, 64, 64]
    assert track.of_job(2).target == target_from_difficulty(64, 1)


def test_the_last_queued_difficulty_wins_and_one_that_changes_nothing_is_not_announced() -> None:
    track = DifficultyTrack(PLAIN, 32)
    track.queue(64)
    track.queue(32)

    assert track.start_job(2, 1) is None


def test_a_job_from_before_the_first_one_sent_is_judged_at_the_first_difficulty_known() -> None:
    track = DifficultyTrack(PLAIN, 32)
    track.queue(64)
    track.start_job(5, 5)

    assert track.of_job(1).difficulty == 64


def test_a_reissued_job_has_the_queued_difficulty_and_its_first_id_the_old_one() -> None:
    track = DifficultyTrack(PLAIN, 32)
    track.start_job(7, 7)
    track.queue(64)

    assert track.reissue(7) == Assignment(8, 64, target_from_difficulty(64, 1))
    assert track.announced == track.newest == 64
    assert [track.of_job(serial).difficulty for serial in (7, 8)] == [32, 64]
    assert track.start_job(8, 7) is None
    assert [track.of_job(serial).difficulty for serial in (7, 8, 9)] == [32, 64, 64]


def test_there_is_nothing_to_reissue_when_no_other_difficulty_is_queued() -> None:
    track = DifficultyTrack(PLAIN, 32)
    track.start_job(1, 1)
    assert track.reissue(1) is None

    track.queue(32)

    assert track.reissue(1) is None
    assert track.newest == 32
    assert track.start_job(2, 1) is None


def test_a_job_reissued_twice_leaves_the_later_difficulty_for_the_next_job() -> None:
    track = DifficultyTrack(PLAIN, 32)
    track.start_job(1, 1)
    for difficulty in (64, 128):
        track.queue(difficulty)
        reissued = track.reissue(1)
        assert reissued is not None
        assert reissued.difficulty == difficulty

    assert [track.of_job(serial).difficulty for serial in (1, 2)] == [32, 128]
    track.queue(256)
    assert track.start_job(2, 1) == 256
    assert [track.of_job(serial).difficulty for serial in (1, 2)] == [32, 256]


STEPS = st.tuples(st.sampled_from([1.0, 2.0, 4.0]), st.integers(1, 5), st.lists(st.sampled_from([1.0, 2.0])))


@given(st.lists(STEPS, max_size=60))
def test_every_live_job_keeps_its_difficulty_and_stale_ones_cost_nothing(
    steps: list[tuple[float, int, list[float]]],
) -> None:
    track, expected, oldest = DifficultyTrack(PLAIN, 1.0), {}, 1
    for serial, (difficulty, live, reissues) in enumerate(steps, 1):
        oldest = max(oldest, serial - live + 1)
        track.queue(difficulty)
        track.start_job(serial, oldest)
        expected[serial] = difficulty
        for again in reissues:
            track.queue(again)
            track.reissue(serial)
        for job in range(oldest, serial + 1):
            assert track.of_job(job).difficulty == expected[job]
        assert track.announced == (reissues[-1] if reissues else difficulty)
        assert len(track._assignments) <= serial - oldest + 2


@pytest.mark.parametrize("difficulty", [1e-9, 8.0, 1e12])
def test_an_assignment_holds_the_difficulty_as_it_is_credited(difficulty: float) -> None:
    assert DifficultyTrack(PLAIN, difficulty).of_job(1).difficulty == difficulty
