"""A job that an upstream pool gives again is new work for an honest miner, and the old one for all others."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.jobmaker.upstream.repeats import MAX_AHEAD_SECONDS, MAX_GIVEN, Repeats
from tests.stratum_work import NTIME, make_job


def test_new_work_is_told_as_it_is() -> None:
    repeats = Repeats()
    jobs = [make_job("1"), make_job("2", ntime=NTIME + 5), make_job("3", block=2)]

    assert [repeats.told(job) for job in jobs] == jobs


def test_the_same_work_begins_later_and_names_the_first_job() -> None:
    repeats = Repeats()
    repeats.told(make_job("1"))

    told = [repeats.told(make_job(job_id, clean=False)) for job_id in ("2", "3")]

    assert [(one.same_work_as, one.ntime - NTIME) for one in told] == [("1", 1), ("1", 2)]


def test_what_is_not_hashed_makes_no_other_work() -> None:
    repeats = Repeats()
    job = make_job("1")
    repeats.told(job)

    harder = msgspec.structs.replace(job, job_id="2", forward_target_hex="01", version_mask_hex="00000000")

    assert repeats.told(harder).ntime == job.ntime + 1


@given(st.lists(st.integers(0, 2 * MAX_GIVEN), max_size=4 * MAX_GIVEN))
def test_a_storm_of_jobs_is_neither_remembered_for_ever_nor_far_ahead(ntimes: list[int]) -> None:
    repeats = Repeats()
    recent: list[int] = []
    for number, ntime in enumerate(ntimes):
        told = repeats.told(make_job(str(number), ntime=NTIME + ntime))
        ahead = told.ntime - NTIME - ntime
        assert ahead <= MAX_AHEAD_SECONDS
        assert (ahead > 0) == (told.same_work_as != "") == (ntime in recent)
        recent = [*(one for one in recent if one != ntime), ntime][-MAX_GIVEN:]
