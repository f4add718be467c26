"""The keys of a connection's work, handed to the connection that goes on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nompcore.share import KEY_BYTES
from services.stratum.job_registry import JobRegistry
from services.stratum.miner_work import MAX_PARKED_KEYS, MinerWork
from tests.stratum_work import coin, make_job

JOB_IDS = ("1", "1f", "199a0c3f2d17e")


def registry(*job_ids: str) -> JobRegistry:
    jobs = JobRegistry(coin())
    for job_id in job_ids:
        jobs.add(make_job(job_id, clean=False))
    return jobs


def key(job_id: str, number: int) -> bytes:
    return job_id.encode() + number.to_bytes(KEY_BYTES, "big")


@given(
    st.sets(st.tuples(st.sampled_from(JOB_IDS), st.integers(0, 2**128 - 1)), max_size=40), st.integers(0, 60)
)
def test_what_is_parked_comes_back_whole(work: set[tuple[str, int]], reissues: int) -> None:
    jobs = registry(*JOB_IDS)
    before, after = MinerWork(jobs), MinerWork(jobs)
    before.seen.update(key(job_id, number) for job_id, number in work)

    parked = before.parked_keys()
    assert parked is not None
    after.take_over(parked, reissues)

    assert after.seen == before.seen
    assert after.reissues == reissues
    assert {name: len(keys) for name, keys in (after.parked_keys() or {}).items()} == {
        name: len(keys) for name, keys in parked.items()
    }


def test_keys_of_stale_jobs_are_left_behind() -> None:
    jobs = registry("1", "2")
    work = MinerWork(jobs)
    work.seen.update({key("1", 1), key("2", 2), key("gone", 3)})

    assert work.parked_keys() == {"1": key("", 1).hex(), "2": key("", 2).hex()}
    jobs.add(make_job("3", block=2))
    assert work.parked_keys() == {}


def test_too_many_keys_are_none_and_those_of_stale_jobs_do_not_count() -> None:
    work = MinerWork(registry("1", "2"))
    work.seen.update(key("1", number) for number in range(MAX_PARKED_KEYS - 1))
    work.seen.update(key("gone", number) for number in range(MAX_PARKED_KEYS))
    work.seen.add(key("2", 0))
    assert work.parked_keys() is not None

    work.seen.add(key("2", 1))

    assert work.parked_keys() is None


def test_keys_are_forgotten_with_their_block() -> None:
    jobs = registry("1")
    work = MinerWork(jobs)
    assert jobs.current
    work.sent(jobs.current)
    work.seen.add(key("1", 1))
    refreshed = jobs.add(make_job("2", clean=False))
    assert refreshed
    work.sent(refreshed)
    assert work.seen == {key("1", 1)}

    clean = jobs.add(make_job("3", block=2))
    assert clean
    work.sent(clean)

    assert work.seen == set()


def test_keys_that_were_taken_over_outlive_the_first_job_sent() -> None:
    jobs = registry("1")
    work = MinerWork(jobs)
    work.take_over({"1": key("", 7).hex()}, 0)
    assert jobs.current

    work.sent(jobs.current)

    assert work.seen == {key("1", 7)}
    assert work.has_newest
