"""A bigger pool's job as a job of ours: the same coinbase to the byte, whoever fills in the extranonces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.coinbase import CoinbaseSpec, ExtranonceSizes, build_coinbase
from nompcore.config.upstream import UPSTREAM_EXTRANONCES
from nompcore.errors import EncodingError
from nompcore.job import prepare_job
from nompcore.messages import Job
from nompcore.share import Accepted, ForUpstream, Rejected, Submission, validate_share
from nompcore.target import target_from_difficulty
from nompcore.upstream_job import (
    UpstreamNotify,
    UpstreamTerms,
    build_upstream_job,
    height_of,
    upstream_extranonce2,
)
from tests.stratum_work import NTIME, coin

NOTIFY = UpstreamNotify(
    job_id="bf",
    prevhash_hex="11" * 32,
    coinb1_hex=build_coinbase(CoinbaseSpec(900_001, 10**8, bytes(25))).coinb1.hex(),
    coinb2_hex="ab" * 30,
    merkle_branch_hex=("cd" * 32,),
    version=0x20000000,
    nbits_hex="1c00ffff",
    ntime=NTIME,
    clean_jobs=True,
)
TERMS = UpstreamTerms(b"\x01\x02\x03\x04", 8, difficulty=2.0**-30, version_mask=0x1FFFE000)

two_bytes = st.binary(min_size=2, max_size=2).map(bytes.hex)


def job_of(notify: UpstreamNotify = NOTIFY, terms: UpstreamTerms = TERMS) -> Job:
    return build_upstream_job(
        notify,
        terms,
        pool="btc",
        coin=coin(),
        job_id="1",
        extranonces=UPSTREAM_EXTRANONCES,
        clean_jobs=True,
        created_ms=0,
    )


@given(two_bytes, two_bytes, st.binary(max_size=16), st.integers(4, 32))
def test_both_pools_mean_the_same_coinbase(ours: str, miners: str, extranonce1: bytes, size: int) -> None:
    terms = UpstreamTerms(extranonce1, size)
    job = job_of(terms=terms)

    extranonce2_hex = upstream_extranonce2(terms, UPSTREAM_EXTRANONCES, ours, miners)

    assert len(extranonce2_hex) == 2 * size
    upstreams_view = NOTIFY.coinb1_hex + extranonce1.hex() + extranonce2_hex + NOTIFY.coinb2_hex
    assert job.coinb1_hex + ours + miners + job.coinb2_hex == upstreams_view


@pytest.mark.parametrize("size", range(4))
def test_too_little_room_is_no_job(size: int) -> None:
    with pytest.raises(EncodingError, match="4 are needed"):
        job_of(terms=UpstreamTerms(b"", size))


def test_the_job_says_what_stratum_has_to_know() -> None:
    job = job_of()

    assert job.height == 900_001
    assert (job.extranonce1_size, job.extranonce2_size) == (2, 2)
    assert int(job.forward_target_hex, 16) == target_from_difficulty(2.0**-30, coin().multiplier)
    assert int(job.network_target_hex, 16) == 0xFFFF << 8 * (0x1C - 3)
    assert job.version_mask_hex == "1fffe000"


@given(st.integers(1, (1 << 31) - 1))
def test_the_height_is_read_from_the_coinbase(height: int) -> None:
    assert height_of(build_coinbase(CoinbaseSpec(height, 0, b"")).coinb1) == height


@given(st.binary(max_size=80))
def test_a_strange_coinbase_has_no_height_and_does_no_harm(coinb1: bytes) -> None:
    assert height_of(coinb1) >= 0


@pytest.mark.parametrize(
    "change",
    [
        {"prevhash_hex": "11"},
        {"coinb1_hex": "zz"},
        {"merkle_branch_hex": ("ab",)},
        {"nbits_hex": "00000000"},
        {"nbits_hex": "1c00ff"},
    ],
)
def test_a_garbled_job_is_none(change: dict[str, object]) -> None:
    fields = {name: getattr(NOTIFY, name) for name in NOTIFY.__slots__}
    with pytest.raises(EncodingError):
        job_of(UpstreamNotify(**{**fields, **change}))


def test_a_share_for_upstream_is_told_from_a_mere_share_and_is_no_block_of_ours() -> None:
    """Every 4th hash meets the difficulty 2^-30 of sha256; the miner's own target takes all."""
    prepared = prepare_job(job_of(), coin())
    verdicts = [
        validate_share(
            prepared,
            Submission(b"\x00\x01", "0002", f"{NTIME:08x}", f"{nonce:08x}"),
            target=(1 << 256) - 1,
            now_seconds=NTIME,
            seen=(),
        )
        for nonce in range(64)
    ]

    forward = [one for one in verdicts if isinstance(one, ForUpstream)]
    assert all(one.hash_int <= prepared.forward_target and not one.is_block for one in forward)
    assert all(one.hash_int > prepared.forward_target for one in verdicts if isinstance(one, Accepted))
    assert 0 < len(forward) < 64
    assert {type(one) for one in verdicts} == {ForUpstream, Accepted}


def test_what_upstream_wants_is_taken_whatever_the_miners_target() -> None:
    prepared = prepare_job(job_of(), coin())
    submissions = [Submission(b"\x00\x01", "0002", f"{NTIME:08x}", f"{nonce:08x}") for nonce in range(64)]
    verdicts = [validate_share(prepared, one, target=0, now_seconds=NTIME, seen=()) for one in submissions]

    assert {type(one) for one in verdicts} == {ForUpstream, Rejected}


@given(st.integers(1, 4), st.integers(1, 4))
def test_smaller_extranonces_leave_the_coinbase_as_long_as_it_is(first: int, second: int) -> None:
    """A pool that falls back to its daemon keeps its sizes."""
    spec = CoinbaseSpec(900_001, 10**8, bytes(25), extranonces=ExtranonceSizes(first, second))
    ordinary, smaller = build_coinbase(CoinbaseSpec(900_001, 10**8, bytes(25))), build_coinbase(spec)

    assert smaller.coinb1 == ordinary.coinb1 + bytes(8 - first - second)
    assert smaller.coinb2 == ordinary.coinb2
