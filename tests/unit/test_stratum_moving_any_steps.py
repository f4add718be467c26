"""Whatever a switch, its pools and a miner do: every live share is credited once, to its job's pool."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nompcore.errors import RejectReason
from nompcore.messages import Job
from tests.stratum_miner import again
from tests.stratum_traveller import Traveller, credited, share
from tests.stratum_work import NTIME

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.sampled_from(["btc", "bch"])),
        st.tuples(st.just("job"), st.sampled_from(["btc", "bch"])),
        st.tuples(st.just("block"), st.sampled_from(["btc", "bch"])),
        st.tuples(st.just("share"), st.integers(0, 30)),
        st.tuples(st.just("old share"), st.integers(0, 30)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_happens_every_live_share_is_credited_once_to_its_pool(steps: list[tuple[str, Any]]) -> None:
    miner = Traveller()
    blocks = {"btc": 1, "bch": 1}
    held = [miner.job("btc", "btc-0")]  # as the miner knows them, in the order of their coming
    miner.job("bch", "bch-0")
    miner.ready()
    here, names = "btc", 0
    counted: set[tuple[str, str, str, str]] = set()
    for kind, what in steps:
        if kind in ("share", "old share"):
            job = held[what % len(held)] if kind == "old share" else held[-1]
            solution = share(job, start=(what // len(held)) * 100 if kind == "share" else 0)
            key = (job.job_id, solution.ntime_hex, solution.extranonce2_hex, solution.nonce_hex)
            is_live = job.prevhash_hex == _block(miner, job.pool)
            if not is_live:
                assert miner.verdict(solution) is RejectReason.STALE
            elif key in counted:
                assert miner.verdict(solution) is RejectReason.DUPLICATE
            else:
                assert miner.verdict(solution) == credited(job.pool)
                counted.add(key)
            continue
        if kind == "move":
            here, lines = what, miner.move(what) if what != here else []
        else:
            names += 1
            blocks[what] += kind == "block"
            miner.job(what, f"{what}-{names}", block=blocks[what], clean=kind == "block", ntime=NTIME + names)
            lines = miner.heard()
        held += [_as_heard(miner, here, one) for one in lines if one["method"] == "mining.notify"]


def _block(miner: Traveller, pool: str) -> str:
    current = miner.jobs[pool].current
    assert current is not None
    return current.prepared.job.prevhash_hex


def _as_heard(miner: Traveller, pool: str, notification: Any) -> Job:
    current = miner.jobs[pool].current
    assert current is not None
    return again(current.prepared.job, notification)
