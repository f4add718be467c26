from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import EncodingError
from services.stratum.job_registry import MAX_LIVE_JOBS, JobRegistry, LiveJob
from tests.stratum_work import HARD_BITS, REGTEST_BITS, coin, make_job


def registry(*job_ids: str) -> JobRegistry:
    jobs = JobRegistry(coin())
    for job_id in job_ids:
        jobs.add(make_job(job_id, clean=False))
    return jobs


def clean_flag(line: bytes) -> bool:
    flag: bool = json.loads(line)["params"][8]
    return flag


def test_there_is_no_job_before_the_first() -> None:
    jobs = registry()

    assert jobs.current is None
    assert (jobs.serial, jobs.oldest_serial) == (0, 0)
    assert jobs.get("1") is None


def test_jobs_of_one_block_stay_alive_beside_each_other() -> None:
    jobs = registry("1", "2", "3")

    assert jobs.current is jobs.get("3")
    assert all(jobs.get(job_id) for job_id in "123")
    assert (jobs.serial, jobs.oldest_serial) == (3, 1)


def test_a_clean_job_drops_all_earlier_ones() -> None:
    jobs = registry("1", "2")
    jobs.add(make_job("3", clean=True))

    assert jobs.get("1") is jobs.get("2") is None
    assert (jobs.serial, jobs.oldest_serial) == (3, 3)


def test_a_job_for_another_block_is_clean_even_if_the_one_that_said_so_was_missed() -> None:
    jobs = registry("1")
    live = jobs.add(make_job("7", block=2, clean=False))

    assert jobs.get("1") is None
    assert live
    assert clean_flag(live.notify)


def test_the_flag_of_a_refresh_is_false_for_those_who_hold_work_and_true_for_newcomers() -> None:
    jobs = registry("1")
    live = jobs.add(make_job("2", clean=False))

    assert live
    assert not clean_flag(live.notify)
    assert clean_flag(live.notify_clean)


def test_the_same_job_again_is_no_news() -> None:
    jobs = registry("1")
    before = jobs.current

    assert jobs.add(make_job("1")) is None
    assert jobs.current is before
    assert jobs.serial == 1


def test_a_job_id_that_comes_back_is_a_new_job_in_the_place_of_the_old_one() -> None:
    jobs = registry("1", "2")
    old = jobs.get("1")

    jobs.add(make_job("1", clean=False, ntime=1700000100))

    assert jobs.current is jobs.get("1")
    assert jobs.current is not old
    assert (jobs.serial, jobs.oldest_serial) == (3, 2)


def test_the_network_difficulty_is_the_current_jobs() -> None:
    jobs = JobRegistry(coin())
    assert jobs.network_difficulty == float("inf")
    jobs.add(make_job("1", bits=REGTEST_BITS))
    easy = jobs.network_difficulty
    jobs.add(make_job("2", block=2, bits=HARD_BITS))

    assert easy == pytest.approx(4.6565e-10, rel=1e-4)
    assert jobs.network_difficulty == pytest.approx(256)


def test_a_job_that_no_jobmaker_wrote_changes_nothing() -> None:
    jobs = registry("1")
    broken = msgspec.structs.replace(make_job("2"), coinb1_hex="zz")

    with pytest.raises(EncodingError):
        jobs.add(broken)
    assert jobs.current is jobs.get("1")


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=120))
def test_live_jobs_are_bounded_ordered_and_of_one_block(steps: list[tuple[int, bool]]) -> None:
    jobs, live = JobRegistry(coin()), dict[str, LiveJob]()
    for number, (block, clean) in enumerate(steps):
        before = jobs.current
        added = jobs.add(make_job(f"{number:x}", block=block, clean=clean))
        assert added
        if clean or before is None or before.prepared.prevhash_le != added.prepared.prevhash_le:
            live.clear()
        live[f"{number:x}"] = added

        expected = list(live.values())[-MAX_LIVE_JOBS:]
        assert jobs.oldest_serial == expected[0].serial
        assert [jobs.get(job.prepared.job.job_id) for job in expected] == expected
