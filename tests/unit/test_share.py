from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nompcore.coin import Coin
from nompcore.encoding import display
from nompcore.errors import RejectReason
from nompcore.hashing import sha256d
from nompcore.job import PreparedJob, prepare_job
from nompcore.messages import Job
from nompcore.share import (
    MAX_NTIME_AHEAD_SECONDS,
    VERSION_ROLLING_MASK,
    Accepted,
    BlockFound,
    Rejected,
    ShareHeader,
    Submission,
    Verdict,
    check_shape,
    validate_share,
)
from nompcore.target import DIFF1, MAX_TARGET
from tests.unit.chain_samples import coin

BITCOIN = coin("bitcoin.json")
NTIME = 1700000000
EXTRANONCE1 = bytes.fromhex("f0000001")
VERSION = 0x20000000


def job(network_target: int = 0, mined: Coin = BITCOIN) -> PreparedJob:
    return prepare_job(
        Job(
            pool="btc",
            job_id="1",
            template_id="t",
            height=500000,
            prevhash_hex="ab" * 32,
            coinb1_hex="01" * 40,
            coinb2_hex="02" * 60,
            merkle_branch_hex=["03" * 32, "04" * 32],
            version=VERSION,
            nbits_hex="1d00ffff",
            ntime=NTIME,
            network_target_hex=f"{network_target:064x}",
            clean_jobs=True,
            reward_sats=5_000_000_000,
            created_ms=0,
        ),
        mined,
    )


JOB = job()


def submission(nonce: int = 0, **changes: Any) -> Submission:
    fields = {"extranonce2_hex": "00000000", "ntime_hex": f"{NTIME:08x}", "nonce_hex": f"{nonce:08x}"}
    return Submission(EXTRANONCE1, **{**fields, **changes})


def verdict(
    submitted: Submission,
    *,
    target: int = MAX_TARGET,
    now_seconds: float = NTIME,
    seen: frozenset[bytes] = frozenset(),
    on: PreparedJob = JOB,
) -> Verdict:
    return validate_share(on, submitted, target=target, now_seconds=now_seconds, seen=seen)


def hash_int_of(submitted: Submission, on: PreparedJob = JOB) -> int:
    accepted = verdict(submitted, on=on)
    assert isinstance(accepted, Accepted)
    return accepted.hash_int


def header_of(submitted: Submission) -> bytes:
    share = check_shape(JOB, submitted, now_seconds=NTIME, seen=())
    assert isinstance(share, ShareHeader)
    return share.header


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"extranonce2_hex": ""}, RejectReason.EXTRANONCE2_SIZE),
        ({"extranonce2_hex": "0000000000"}, RejectReason.EXTRANONCE2_SIZE),
        ({"ntime_hex": "6553f1"}, RejectReason.NTIME_SIZE),
        ({"nonce_hex": "000000000"}, RejectReason.NONCE_SIZE),
        ({"extranonce2_hex": "0000000g"}, RejectReason.MALFORMED),
        ({"extranonce2_hex": "00 00 00"}, RejectReason.MALFORMED),
        ({"nonce_hex": "0x000000"}, RejectReason.MALFORMED),
        ({"nonce_hex": "-0000001"}, RejectReason.MALFORMED),
        ({"nonce_hex": "\uff11" * 8}, RejectReason.MALFORMED),
        ({"nonce_hex": "0000000\n"}, RejectReason.MALFORMED),
        ({"version_bits_hex": "2000"}, RejectReason.MALFORMED),
        ({"version_bits_hex": "0000200z"}, RejectReason.MALFORMED),
        ({"ntime_hex": f"{NTIME - 1:08x}"}, RejectReason.NTIME_OUT_OF_RANGE),
        ({"ntime_hex": f"{NTIME + 7201:08x}"}, RejectReason.NTIME_OUT_OF_RANGE),
        ({"version_bits_hex": "00002000"}, RejectReason.VERSION_MASK),
        ({"version_bits_hex": "20000000", "version_mask": VERSION_ROLLING_MASK}, RejectReason.VERSION_MASK),
    ],
)
def test_a_bad_submission_is_refused_for_its_reason(changes: dict[str, Any], reason: RejectReason) -> None:
    assert verdict(submission(**changes)) == Rejected(reason)


@pytest.mark.parametrize("ntime", [NTIME, NTIME + 1, NTIME + MAX_NTIME_AHEAD_SECONDS])
def test_the_whole_range_of_ntime_is_taken(ntime: int) -> None:
    assert isinstance(verdict(submission(ntime_hex=f"{ntime:08x}")), Accepted)


def test_a_hash_at_the_target_is_accepted_and_one_above_it_is_not() -> None:
    hash_int = hash_int_of(submission(7))

    assert isinstance(verdict(submission(7), target=hash_int), Accepted)
    assert verdict(submission(7), target=hash_int - 1) == Rejected(RejectReason.LOW_DIFFICULTY)


def test_a_hash_at_the_network_target_is_a_block_and_one_above_it_is_not() -> None:
    hash_int = hash_int_of(submission(7))

    assert isinstance(verdict(submission(7), on=job(hash_int)), BlockFound)
    assert isinstance(verdict(submission(7), on=job(hash_int - 1)), Accepted)


def test_a_block_is_found_whatever_the_miners_own_target() -> None:
    assert isinstance(verdict(submission(), target=0, on=job(MAX_TARGET)), BlockFound)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(0, MAX_TARGET), st.integers(0, MAX_TARGET))
def test_an_easier_target_never_turns_acceptance_into_refusal(nonce: int, one: int, other: int) -> None:
    hard, easy = sorted((one, other))

    if isinstance(verdict(submission(nonce), target=hard), Accepted):
        assert isinstance(verdict(submission(nonce), target=easy), Accepted)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_difficulty_reached_is_that_of_the_hash(nonce: int) -> None:
    accepted = verdict(submission(nonce))

    assert isinstance(accepted, Accepted)
    assert accepted.share_difficulty == DIFF1 / accepted.hash_int


def test_the_same_work_is_a_duplicate_in_either_case_of_hex() -> None:
    first = verdict(submission(0xABCDEF, extranonce2_hex="0000000a"))
    assert isinstance(first, Accepted)

    again = submission(0xABCDEF, extranonce2_hex="0000000A", nonce_hex="00ABCDEF")

    assert verdict(again, seen=frozenset({first.key})) == Rejected(RejectReason.DUPLICATE)


def test_a_duplicate_is_told_before_its_hash_is_judged() -> None:
    first = verdict(submission())
    assert isinstance(first, Accepted)

    assert verdict(submission(), target=0, seen=frozenset({first.key})) == Rejected(RejectReason.DUPLICATE)


@pytest.mark.parametrize(
    "changes",
    [
        {"extranonce2_hex": "00000001"},
        {"ntime_hex": f"{NTIME + 1:08x}"},
        {"nonce_hex": "00000001"},
        {"version_bits_hex": "00002000", "version_mask": VERSION_ROLLING_MASK},
    ],
    ids=str,
)
def test_other_work_has_another_key_and_another_hash(changes: dict[str, Any]) -> None:
    one, other = verdict(submission()), verdict(submission(**changes))

    assert isinstance(one, Accepted)
    assert isinstance(other, Accepted)
    assert one.key != other.key
    assert one.hash_int != other.hash_int


def test_two_connections_with_the_same_nonce_do_different_work() -> None:
    one = verdict(submission())
    other = verdict(dataclasses.replace(submission(), extranonce1=b"\0\0\0\2"))

    assert isinstance(one, Accepted)
    assert isinstance(other, Accepted)
    assert one.hash_int != other.hash_int


def test_rolled_version_bits_replace_those_of_the_mask_only() -> None:
    rolled = submission(version_bits_hex="00ffe000", version_mask=VERSION_ROLLING_MASK)

    assert header_of(rolled)[:4] == (VERSION & ~VERSION_ROLLING_MASK | 0x00FFE000).to_bytes(4, "little")


def test_a_miner_that_may_roll_the_version_need_not() -> None:
    assert header_of(submission(version_mask=VERSION_ROLLING_MASK)) == header_of(submission())


def test_naming_the_jobs_own_version_bits_is_the_same_work() -> None:
    own = VERSION & VERSION_ROLLING_MASK
    plain = verdict(submission(version_mask=VERSION_ROLLING_MASK))
    named = verdict(submission(version_bits_hex=f"{own:08x}", version_mask=VERSION_ROLLING_MASK))

    assert named == plain


def test_the_header_holds_ntime_and_nonce_as_submitted_reversed() -> None:
    header = header_of(submission(0x01020304))

    assert header[68:72] == NTIME.to_bytes(4, "little")
    assert header[72:76] == bytes.fromhex("1d00ffff")[::-1]
    assert header[76:80].hex() == "04030201"


def test_a_scrypt_share_is_judged_by_scrypt_and_named_by_sha256d() -> None:
    litecoin = coin("litecoin.json")
    found = verdict(submission(), on=job(MAX_TARGET, litecoin))

    assert isinstance(found, BlockFound)
    assert found.hash_int == int.from_bytes(litecoin.pow_hash(found.header), "little")
    assert found.share_difficulty == DIFF1 * 65536 / found.hash_int
    assert found.block_hash_display == display(sha256d(found.header))


def test_a_coin_whose_block_id_is_its_work_names_the_block_by_it() -> None:
    by_work = dataclasses.replace(coin("litecoin.json"), block_id_is_pow=True)
    found = verdict(submission(), on=job(MAX_TARGET, by_work))

    assert isinstance(found, BlockFound)
    assert int(found.block_hash_display, 16) == found.hash_int


def test_a_coin_that_hashes_its_coinbase_once_gets_another_merkle_root() -> None:
    once = dataclasses.replace(BITCOIN, hashes_coinbase_once=True)

    assert hash_int_of(submission(), job(mined=once)) != hash_int_of(submission())


@settings(max_examples=200)
@given(
    st.binary(min_size=4, max_size=4),
    st.text(max_size=9),
    st.text(max_size=9),
    st.text(max_size=9),
    st.none() | st.text(max_size=9),
    st.integers(0, 2**32 - 1),
)
def test_any_text_gets_a_verdict(
    extranonce1: bytes, extranonce2: str, ntime: str, nonce: str, bits: str | None, mask: int
) -> None:
    submitted = Submission(extranonce1, extranonce2, ntime, nonce, bits, mask)

    assert isinstance(verdict(submitted), Accepted | Rejected)


@settings(max_examples=200)
@given(*[st.text("0123456789abcdefABCDEF \n", min_size=8, max_size=8)] * 3)
def test_eight_characters_that_are_not_all_hex_digits_are_never_hashed(
    extranonce2: str, ntime: str, nonce: str
) -> None:
    if any(character.isspace() for character in extranonce2 + ntime + nonce):
        assert verdict(Submission(EXTRANONCE1, extranonce2, ntime, nonce)) == Rejected(RejectReason.MALFORMED)
