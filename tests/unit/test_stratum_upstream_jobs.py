"""A session at a pool with an upstream pool: its sizes, its version mask, and the check in C."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nompcore.config.upstream import UPSTREAM_EXTRANONCES
from nompcore.errors import EncodingError, RejectReason
from nompcore.messages import Job
from nompcore.share import Accepted, ForUpstream, Rejected, validate_share
from services.stratum.extranonce import ExtranonceAllocator, upstream_layout
from services.stratum.job_registry import JobRegistry
from services.stratum.outcome import SubmittedShare
from tests.stratum_miner import COIN, WORKER, Miner
from tests.stratum_work import EASY, NTIME, make_job

FORWARD = f"{1 << 251:064x}"
"""Each 32nd hash goes upstream; a share at `EASY` is each 16th."""

hex_digits = st.text("0123456789abcdefABCDEF", min_size=4, max_size=4)


def upstream_job(job_id: str = "1", mask: int = 0x1FFFE000, *, clean: bool = True) -> Job:
    sizes = {"extranonce1_size": 2, "extranonce2_size": 2}
    job = make_job(job_id, clean=clean)
    return _replaced(job, forward_target_hex=FORWARD, version_mask_hex=f"{mask:08x}", **sizes)


def _replaced(job: Job, **changes: Any) -> Job:
    return Job(**{**{name: getattr(job, name) for name in job.__struct_fields__}, **changes})


class UpstreamMiner(Miner):
    """A miner whose pool gives two bytes and two."""

    def __init__(self, *jobs: Job, quick: bool = True) -> None:
        super().__init__()
        self.jobs = JobRegistry(COIN, quick=quick, extranonces=UPSTREAM_EXTRANONCES)
        for job in jobs:
            self.jobs.add(job)
        self.allocator = ExtranonceAllocator(0x0A, upstream_layout("btc"))
        self.terms = dataclasses.replace(self.terms, jobs=self.jobs)
        self.session = self.new_session()


def test_a_miner_is_told_the_sizes() -> None:
    reply, *_ = UpstreamMiner(upstream_job()).call("mining.subscribe")

    assert reply["result"][1:] == ["0a00", 2]


def test_nobody_comes_back_for_a_short_extranonce1() -> None:
    miner = UpstreamMiner(upstream_job()).ready()
    (subscription, *_), *_ = miner.call("mining.subscribe")[0]["result"]

    assert miner.session.parked() is None
    (reply, *_) = miner.reconnect().call("mining.subscribe", "agent", subscription[1])
    assert reply["result"][1] == "0a01"


def test_no_miner_keeps_a_share_that_upstream_pays() -> None:
    """A port of difficulty 1 is cut down to the upstream pool's."""
    miner = Miner(difficulty=1.0)
    miner.jobs.add(_replaced(make_job(), forward_target_hex=FORWARD))

    lines = miner.call("mining.subscribe")

    (difficulty,) = (line["params"][0] for line in lines if line.get("method") == "mining.set_difficulty")
    assert difficulty == miner.jobs.network_difficulty < 1e-8


def test_the_mask_follows_the_upstream_pool_before_the_job() -> None:
    miner = UpstreamMiner()
    miner.call("mining.configure", ["version-rolling"], {"version-rolling.mask": "1fffe000"})
    miner.ready()
    assert miner.session.version_mask == 0x1FFFE000

    narrowed = miner.broadcast(upstream_job("1", 0x00FFE000))
    same = miner.broadcast(upstream_job("2", 0x00FFE000))
    none = miner.broadcast(upstream_job("3", 0))
    widened = miner.broadcast(upstream_job("4", 0x1FFFE000))

    masks = [[one["params"][0] for one in lines if one["method"] == "mining.set_version_mask"] for lines in (
        narrowed, same, none, widened
    )]  # fmt: skip
    assert masks == [["00ffe000"], [], ["00000000"], ["1fffe000"]]
    assert [line["method"] for line in widened] == ["mining.set_version_mask", "mining.notify"]


def test_a_job_with_other_sizes_is_refused() -> None:
    """The last one of before the pool had an upstream pool."""
    miner = UpstreamMiner()
    with pytest.raises(EncodingError, match="other sizes"):
        miner.jobs.add(make_job())
    assert miner.jobs.current is None


@settings(max_examples=300)
@given(hex_digits, st.integers(0, 400))
def test_the_check_in_c_says_of_short_extranonces_what_python_says(extranonce2_hex: str, nonce: int) -> None:
    quick, plain = UpstreamMiner(upstream_job()).ready(), UpstreamMiner(upstream_job(), quick=False).ready()
    params = [WORKER, "1", extranonce2_hex, f"{NTIME:08x}", f"{nonce:08x}"]
    line = json.dumps({"id": 1, "method": "mining.submit", "params": params}).encode() + b"\n"

    good = quick.session.quick_share(line, NTIME)
    submitted = plain.session.receive(line.rstrip(), 1.0)

    assert isinstance(submitted, SubmittedShare)
    verdict = validate_share(
        submitted.job.prepared, submitted.submission, target=submitted.target, now_seconds=NTIME, seen=()
    )
    assert isinstance(verdict, (Accepted, ForUpstream, Rejected))
    if isinstance(verdict, Accepted):
        assert good is not None
        assert (good.key, good.share_difficulty, good.difficulty) == (
            verdict.key,
            verdict.share_difficulty,
            EASY,
        )
    else:
        assert good is None


def test_a_share_counts_once_for_jobs_of_the_same_work() -> None:
    """An upstream pool that gives a job again: ours has another id, and what is hashed is the same."""
    miner = UpstreamMiner(upstream_job("1")).ready()
    submitted = [WORKER, "1", "0000", f"{NTIME + 1:08x}"]
    nonces = (f"{number:08x}" for number in range(400))
    lines = (_submission(*submitted, nonce_hex) for nonce_hex in nonces)
    good = next(line for line in lines if miner.session.quick_share(line, NTIME) is not None)

    again = _replaced(upstream_job("2"), same_work_as="1", ntime=NTIME + 1)
    miner.broadcast(again)

    line = good.replace(b'"1"', b'"2"')
    assert miner.session.quick_share(line, NTIME) is None
    outcome = miner.session.receive(line.rstrip(), 1.0)
    assert isinstance(outcome, SubmittedShare)
    verdict = validate_share(
        outcome.job.prepared, outcome.submission, target=outcome.target, now_seconds=NTIME, seen=outcome.seen
    )
    assert verdict == Rejected(RejectReason.DUPLICATE)


def _submission(*params: str) -> bytes:
    return json.dumps({"id": 1, "method": "mining.submit", "params": params}).encode() + b"\n"


def test_the_check_in_c_takes_no_extranonce2_of_another_size() -> None:
    miner = UpstreamMiner(upstream_job()).ready()
    for extranonce2_hex in ("", "00", "000000", "00000000"):
        params = [WORKER, "1", extranonce2_hex, f"{NTIME:08x}", "00000000"]
        line = json.dumps({"id": 1, "method": "mining.submit", "params": params}).encode() + b"\n"
        assert miner.session.quick_share(line, NTIME) is None
