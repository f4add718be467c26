"""The check in C says of a line what the definition in Python says, or nothing."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import powhash
from nompcore.algorithms import difficulty_multiplier
from nompcore.coin import Coin
from nompcore.messages import Job
from nompcore.share import VERSION_ROLLING_MASK, Accepted, BlockFound, Verdict, validate_share
from nompcore.target import DIFF1, MAX_TARGET, difficulty_from_target, target_from_nbits
from powhash import _native
from services.stratum.job_registry import JobRegistry
from services.stratum.outcome import GoodShare, SubmittedShare
from tests.bench.full_job import full_job
from tests.stratum_miner import COIN, RULES, WORKER, Miner, share
from tests.stratum_work import EASY, HARD_BITS, NTIME, REGTEST_BITS, make_job

EVERY_HASH = 2.0**-33
FAST = [name for name, algorithm in powhash.ALGORITHMS.items() if not algorithm.is_slow]


class Twins:
    """Two miners at the same place: the quick check reads the lines of one, and never those of the other."""

    def __init__(self, *jobs: Job, coin: Coin = COIN, **options: Any) -> None:
        self.quick, self.plain = Miner(**options), Miner(**options)
        for miner, is_quick in ((self.quick, True), (self.plain, False)):
            miner.jobs = JobRegistry(coin, quick=is_quick)
            miner.terms = dataclasses.replace(miner.terms, jobs=miner.jobs)
            for job in jobs:
                miner.jobs.add(job)
            miner.session = miner.new_session()
            miner.call("mining.configure", ["version-rolling"])
            miner.ready()
            miner.call("mining.authorize", f"{WORKER}2")

    def verdicts(self, line: bytes, now: float = NTIME) -> tuple[GoodShare | None, Verdict | None]:
        """What each says, None for nothing; an accepted share is noted by both."""
        assert self.plain.session.quick_share(line, now) is None
        good = self.quick.session.quick_share(line, now)
        submitted = self.plain.session.receive(line.removesuffix(b"\n"), 1.0)
        if not isinstance(submitted, SubmittedShare):
            assert good is None
            return None, None
        verdict = _validated(submitted, now)
        if good is not None:
            assert isinstance(verdict, Accepted)
            self._check_same(good, submitted, verdict)
        elif isinstance(verdict, Accepted):
            self.quick.session.work.seen.add(verdict.key)
        if isinstance(verdict, Accepted):
            submitted.seen.add(verdict.key)
        assert self.quick.session.work.seen == self.plain.session.work.seen
        return good, verdict

    def _check_same(self, good: GoodShare, submitted: SubmittedShare, verdict: Accepted) -> None:
        assert good.seen is self.quick.session.work.seen
        assert good.job is self.quick.jobs.get(submitted.job.prepared.job.job_id)
        assert (good.reply_id, good.worker, good.difficulty, good.key, good.share_difficulty) == (
            submitted.reply_id,
            submitted.worker,
            submitted.difficulty,
            verdict.key,
            verdict.share_difficulty,
        )


def _validated(submitted: SubmittedShare, now: float) -> Verdict:
    return validate_share(
        submitted.job.prepared,
        submitted.submission,
        target=submitted.target,
        now_seconds=now,
        seen=submitted.seen,
    )


def line(*params: str, request_id: Any = 4, **json_style: Any) -> bytes:
    call = {"id": request_id, "method": "mining.submit", "params": list(params)}
    return json.dumps(call, **json_style).encode() + b"\n"


HEX = st.integers(0, 0xFFFFFFFF).map(lambda number: f"{number:08x}")
ANY_TEXT = st.text(max_size=12)
MOSTLY = st.sampled_from([True, True, True, True, True, True, True, False])


def mostly(good: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What is good, and sometimes anything."""
    return MOSTLY.flatmap(lambda is_good: good if is_good else ANY_TEXT)


PARAMS = st.tuples(
    mostly(st.sampled_from([WORKER, f"{WORKER}2"])),
    mostly(st.sampled_from(["1", "2"])),
    mostly(HEX | HEX.map(str.upper)),
    mostly(st.integers(NTIME - 1, NTIME + 7201).map(lambda ntime: f"{ntime:08x}") | st.just(f"{NTIME:08x}")),
    mostly(HEX),
) | st.tuples(
    st.just(WORKER),
    st.just("2"),
    st.just("00000000"),
    st.just(f"{NTIME:08x}"),
    HEX,
    mostly(st.integers(0, 0xFFFF).map(lambda bits: f"{bits << 13:08x}")),
)
IDS = st.integers() | st.text(max_size=70) | st.none() | st.floats(allow_nan=False) | st.lists(st.none())
STYLES = st.fixed_dictionaries(
    {"separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :  ")]), "sort_keys": st.booleans()}
)
LINES = st.builds(
    lambda params, request_id, style: line(*params, request_id=request_id, **style), PARAMS, IDS, STYLES
)
JOBS = (make_job("1", clean=True), make_job("2", clean=False))


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A line with a few bytes replaced, put in or left out."""
    data = bytearray(draw(LINES))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        piece = draw(
            st.binary(max_size=2) | st.sampled_from([b'"', b"\\", b",", b"}", b"\n", b" ", b"[", b"0"])
        )
        data[start : start + draw(st.integers(0, 2))] = piece
    return bytes(data).removesuffix(b"\n") + b"\n"


@pytest.mark.parametrize("version_mask", [0, VERSION_ROLLING_MASK])
@given(lines=st.lists(changed(), max_size=6), difficulty=st.sampled_from([EVERY_HASH, EASY, 1e6]))
def test_it_accepts_what_the_definition_accepts_and_nothing_else(
    version_mask: int, lines: list[bytes], difficulty: float
) -> None:
    twins = Twins(*JOBS, difficulty=difficulty, version_mask=version_mask)
    for text in lines:
        if b"\n" in text[:-1]:
            assert twins.quick.session.quick_share(text, NTIME) is None
        else:
            twins.verdicts(text)


@given(PARAMS, st.integers(0, 10**15) | st.sampled_from(["", "a", "share 7"]), STYLES)
def test_no_good_share_that_a_miner_writes_is_left_to_the_definition(
    params: tuple[str, ...], request_id: int | str, style: dict[str, Any]
) -> None:
    good, verdict = Twins(*JOBS, difficulty=EVERY_HASH).verdicts(
        line(*params, request_id=request_id, **style)
    )

    assert (good is not None) == isinstance(verdict, Accepted)


@pytest.mark.parametrize(
    "text",
    [
        '{"params": ["%s"], "id": 7, "method": "mining.submit"}',  # cgminer and its children
        '{"id":7,"jsonrpc":"2.0","method":"mining.submit","params":["%s"]}',  # left to the definition
        '{"method": "mining.submit", "params": ["%s"], "id":7}\r',  # cpuminer and its children
    ],
)
def test_it_reads_the_lines_of_the_miners_there_are(text: str) -> None:
    params = '", "'.join([WORKER, "1", "00000000", f"{NTIME:08x}", "00000001"])
    good, verdict = Twins(*JOBS, difficulty=EVERY_HASH).verdicts((text % params).encode() + b"\n")

    assert isinstance(verdict, Accepted)
    assert (good is None) == ("jsonrpc" in text)


def test_a_repetition_is_not_accepted_again_by_either() -> None:
    twins, solution = Twins(*JOBS), share(JOBS[0])
    first, _ = twins.verdicts(line(*solution.params(WORKER)))
    again, _ = twins.verdicts(line(*solution.params(WORKER)))

    assert first is not None
    assert again is None


@given(HEX)
def test_a_block_is_left_to_the_definition(nonce: str) -> None:
    job = make_job("1", bits=REGTEST_BITS)
    good, verdict = Twins(job, difficulty=EVERY_HASH).verdicts(
        line(WORKER, "1", "00000000", f"{NTIME:08x}", nonce)
    )

    assert (good is None) == isinstance(verdict, BlockFound)


def test_a_job_that_is_gone_is_stale_for_both_and_lets_its_memory_go() -> None:
    twins, solution = Twins(JOBS[0]), share(JOBS[0])
    for miner in (twins.quick, twins.plain):
        miner.broadcast(make_job("3", block=2))

    assert twins.verdicts(line(*solution.params(WORKER))) == (None, None)
    assert list(twins.quick.jobs.quick) == ["3"]


def test_a_share_of_an_earlier_difficulty_is_left_to_the_definition() -> None:
    twins, solution = Twins(JOBS[0], vardiff=RULES), share(JOBS[0])
    for miner in (twins.quick, twins.plain):
        miner.call("mining.suggest_difficulty", 64.0)

    good, verdict = twins.verdicts(line(*solution.params(WORKER)))

    assert good is None
    assert isinstance(verdict, Accepted)


@pytest.mark.parametrize("name", FAST)
def test_it_hashes_as_the_coin_does(name: str) -> None:
    coin = dataclasses.replace(
        COIN,
        algorithm=name,
        multiplier=difficulty_multiplier(name),
        pow_hash=powhash.hasher(name),
        library_algorithm=name,
        hashes_coinbase_once=name.startswith("keccak"),
    )
    twins = Twins(full_job(1), coin=coin, difficulty=EVERY_HASH)

    good, _ = twins.verdicts(line(WORKER, "1", "00000000", f"{NTIME:08x}", "00000000"))

    assert good is not None


@pytest.mark.parametrize("name", [*sorted(set(powhash.ALGORITHMS) - set(FAST)), ""])
def test_a_job_whose_hashes_belong_into_a_thread_is_not_for_it(name: str) -> None:
    jobs = JobRegistry(dataclasses.replace(COIN, library_algorithm=name))
    jobs.add(JOBS[0])

    assert jobs.quick == {}


HASHES = st.integers(0, MAX_TARGET) | st.integers(0, 256).map(lambda bits: (1 << bits) - 1)
NEAR_TIES = st.integers(1 << 53, (1 << 54) - 1).map(lambda quotient: DIFF1 // (quotient | 1))


@given(HASHES | NEAR_TIES | st.just(target_from_nbits(int(HARD_BITS, 16))), st.integers(1, (1 << 48) - 1))
def test_the_difficulty_that_a_hash_reached_is_rounded_as_python_does(number: int, multiplier: int) -> None:
    for factor in (1, 65536, multiplier):
        reached = _native.share_difficulty(number.to_bytes(32, "little"), factor)

        assert reached == difficulty_from_target(number, factor)
