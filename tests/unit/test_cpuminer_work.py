"""The miner's hashes are those that the pool and the coin daemon count, at the pace that was asked for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpuminer.pace import Pace, Throttle
from cpuminer.protocol import Job, ProtocolError, Subscribed
from cpuminer.report import Report
from cpuminer.work import algorithm, build_work, search
from nompcore.encoding import display
from nompcore.hashing import sha256d
from tests.unit.chain_samples import RegtestBlock, regtest_blocks

SESSION = Subscribed("", b"\x00\x00\x00\x01", 4)


def job_of(sample: RegtestBlock) -> Job:
    job = sample.job
    return Job(
        job.job_id,
        job.prevhash_hex,
        job.coinb1_hex,
        job.coinb2_hex,
        job.merkle_branch_hex,
        f"{job.version & 0xFFFFFFFF:08x}",
        job.nbits_hex,
        sample.submission.ntime_hex,
        True,
    )


@pytest.mark.parametrize("sample", regtest_blocks(), ids=lambda sample: sample.label)
def test_the_header_is_that_of_the_block_which_litecoind_accepted(sample: RegtestBlock) -> None:
    extranonce2 = int(sample.submission.extranonce2_hex, 16)
    nonce = int(sample.submission.nonce_hex, 16)

    work = build_work(job_of(sample), Subscribed("", sample.submission.extranonce1, 4), extranonce2)

    header = work.header_prefix + nonce.to_bytes(4, "little")
    assert display(sha256d(header)) == sample.block_hash_display
    assert work.solution(nonce).nonce_hex == sample.submission.nonce_hex
    assert work.solution(nonce).extranonce2_hex == sample.submission.extranonce2_hex
    assert work.hash_int(nonce, algorithm("scrypt").hash) <= work.network_target


def test_the_search_finds_the_first_nonce_and_only_within_its_range() -> None:
    work = build_work(job_of(regtest_blocks()[0]), SESSION, 0)
    hash_header = algorithm("sha256").hash
    hashes = [work.hash_int(nonce, hash_header) for nonce in range(50)]
    best = hashes.index(min(hashes))

    assert search(work, hash_header, min(hashes), range(50)) == best
    assert search(work, hash_header, min(hashes), range(best)) is None
    assert search(work, hash_header, min(hashes) - 1, range(50)) is None


def test_another_extranonce2_is_other_work_until_it_wraps_around() -> None:
    job = job_of(regtest_blocks()[0])

    works = [build_work(job, SESSION, number) for number in (0, 1, 2**32)]

    assert works[0].header_prefix != works[1].header_prefix
    assert works[0] == works[2]


@pytest.mark.parametrize(
    ("field", "value"),
    [("coinb1_hex", "zz"), ("prevhash_hex", "00"), ("nbits_hex", "00000000"), ("merkle_branch_hex", ["00"])],
)
def test_a_job_that_cannot_be_mined_is_found_out(field: str, value: object) -> None:
    job = job_of(regtest_blocks()[0])
    fields = {name: getattr(job, name) for name in job.__struct_fields__}

    with pytest.raises(ProtocolError):
        build_work(Job(**{**fields, field: value}), SESSION, 0)


def test_scrypt_counts_65536_times_easier() -> None:
    assert algorithm("scrypt").target(1.0) == 65536 * algorithm("sha256").target(1.0)


TIMES = st.floats(0, 1_000, allow_nan=False)
PACES = st.builds(Pace, st.floats(0.1, 100), st.floats(0, 100), st.floats(0.1, 100))


@given(PACES, st.tuples(TIMES, TIMES, TIMES).map(sorted))
def test_what_is_due_does_not_depend_on_how_time_is_cut(pace: Pace, times: list[float]) -> None:
    start, middle, end = times

    whole = pace.due(start, end)

    assert whole >= 0
    assert pace.due(start, middle) + pace.due(middle, end) == pytest.approx(whole)


def test_a_sprint_comes_before_the_steady_pace() -> None:
    pace = Pace(hashes_per_second=1, sprint_seconds=10, sprint_hashes_per_second=5)

    assert pace.due(0, 10) == 50
    assert pace.due(8, 12) == 12
    assert pace.due(10, 20) == 10
    assert (pace.rate(9.9), pace.rate(10)) == (5, 1)


class Clock:
    """Time that moves when it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@given(PACES, st.lists(st.floats(0, 1), max_size=60))
def test_a_throttle_never_hands_out_more_than_is_due(pace: Pace, steps: list[float]) -> None:
    clock = Clock()
    throttle = Throttle(pace, clock)
    taken = throttle.take(10_000)

    for step in steps:
        clock.now += step
        taken += throttle.take(10_000)

    assert taken <= pace.due(0, sum(steps)) + 1e-6


def test_a_throttle_hands_out_what_is_due_over_time() -> None:
    clock = Clock()
    throttle = Throttle(Pace(hashes_per_second=4), clock)
    taken = throttle.take(100)

    for _ in range(400):
        clock.now += 0.125
        taken += throttle.take(100)

    assert taken == 200


def test_after_a_long_pause_only_a_second_is_made_up_for() -> None:
    clock = Clock()
    throttle = Throttle(Pace(hashes_per_second=4), clock)
    throttle.take(100)

    clock.now += 3_600

    assert throttle.take(100) == 4


def test_hashes_that_were_given_back_are_handed_out_again() -> None:
    clock = Clock()
    throttle = Throttle(Pace(hashes_per_second=4), clock)
    throttle.take(100)
    clock.now += 1
    assert throttle.take(100) == 4

    throttle.give_back(3)

    assert throttle.take(100) == 3


def test_without_a_pace_there_is_no_limit() -> None:
    assert Throttle(Pace(), Clock()).take(200) == 200


def test_events_are_told_in_plain_lines_and_as_json() -> None:
    plain: list[str] = []
    coded: list[str] = []

    for report in (Report(plain.append), Report(coded.append, as_json=True)):
        report.share_accepted("5f", is_block=True)
        report.share_rejected("5f", "21 job not found")
        report.event("difficulty", difficulty=0.5)

    assert plain == [
        "share accepted job=5f block=yes total=1\n",
        'share rejected job=5f reason="21 job not found" total=1\n',
        "difficulty difficulty=0.5\n",
    ]
    assert [json.loads(line) for line in coded] == [
        {"event": "share accepted", "job": "5f", "block": True, "total": 1},
        {"event": "share rejected", "job": "5f", "reason": "21 job not found", "total": 1},
        {"event": "difficulty", "difficulty": 0.5},
    ]
