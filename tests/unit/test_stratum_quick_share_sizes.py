"""Extranonces of any size: the check in C hashes the coinbase that Python hashes."""

from __future__ import annotations

import dataclasses
import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from nompcore.coinbase import ExtranonceSizes
from nompcore.share import Accepted, validate_share
from services.stratum.job_registry import JobRegistry
from services.stratum.outcome import SubmittedShare
from tests.stratum_miner import COIN, WORKER, Miner
from tests.stratum_work import NTIME, make_job

EVERY_HASH = 2.0**-33


class SizedMiner(Miner):
    """A miner at a pool of such extranonces."""

    def __init__(self, sizes: ExtranonceSizes, extranonce1: bytes, *, quick: bool) -> None:
        super().__init__(difficulty=EVERY_HASH)
        job = msgspec.structs.replace(
            make_job(), extranonce1_size=sizes.extranonce1, extranonce2_size=sizes.extranonce2
        )
        self.jobs = JobRegistry(COIN, quick=quick, extranonces=sizes)
        self.jobs.add(job)
        self.terms = dataclasses.replace(self.terms, jobs=self.jobs, take_extranonce1=extranonce1.hex)
        self.session = self.new_session()
        self.ready()


@settings(max_examples=200)
@given(
    st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=4), st.binary(min_size=4, max_size=4)
)
def test_both_say_the_same_of_extranonces_of_any_size(
    extranonce1: bytes, extranonce2: bytes, nonce: bytes
) -> None:
    sizes = ExtranonceSizes(len(extranonce1), len(extranonce2))
    twins = [SizedMiner(sizes, extranonce1, quick=quick) for quick in (True, False)]
    params = [WORKER, "1", extranonce2.hex(), f"{NTIME:08x}", nonce.hex()]
    line = json.dumps({"id": 1, "method": "mining.submit", "params": params}).encode() + b"\n"

    good = twins[0].session.quick_share(line, NTIME)
    submitted = twins[1].session.receive(line.rstrip(), 1.0)

    assert isinstance(submitted, SubmittedShare)
    verdict = validate_share(
        submitted.job.prepared, submitted.submission, target=submitted.target, now_seconds=NTIME, seen=()
    )
    assert isinstance(verdict, Accepted)
    assert good is not None
    assert (good.key, good.share_difficulty) == (verdict.key, verdict.share_difficulty)
