"""Jobs from a hand-made template, and shares that really meet them, for tests of stratum."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from pathlib import Path

import json5

from nompcore.address import encode_base58check, encode_segwit
from nompcore.coin import Coin, parse_coin
from nompcore.errors import RejectReason
from nompcore.job import build_job, prepare_job
from nompcore.messages import Job
from nompcore.share import Rejected, Submission, check_shape
from nompcore.target import DIFF1, MAX_TARGET
from nompcore.template import parse_template

ROOT = Path(__file__).resolve().parents[1]
POOL = "btc"

ADDRESS = encode_base58check(111, bytes(range(20)))
SEGWIT_ADDRESS = encode_segwit("bcrt", 0, bytes(range(20)))
MAIN_ADDRESS = encode_base58check(0, bytes(range(20)))  # of another network

NTIME = 1700000000

EASY = 2.0**-28
"""A share difficulty that each sixteenth hash meets."""

HARD_BITS = "1c00ffff"
"""A block at each 2^40th hash: no test finds one by accident."""

REGTEST_BITS = "207fffff"
"""A block at each second hash."""


@functools.cache
def coin(name: str = "bitcoin.json") -> Coin:
    """A shipped coin."""
    return parse_coin(name, json5.loads((ROOT / "coins" / name).read_text()))


def make_job(
    job_id: str = "1",
    *,
    block: int = 1,
    clean: bool = True,
    bits: str = HARD_BITS,
    ntime: int = NTIME,
    of: Coin | None = None,
    pool: str = POOL,
) -> Job:
    """A job for the block after the one whose hash ends in `block`."""
    mined = of or coin()
    template = parse_template(
        {
            "height": 100 + block,
            "version": 0x20000000,
            "previousblockhash": f"{block:064x}",
            "bits": bits,
            "curtime": ntime,
            "mintime": ntime,
            "coinbasevalue": 50 * 10**8,
            "transactions": [{"data": "00", "txid": "ab" * 32}, {"data": "00", "txid": "cd" * 32}],
        }
    )
    return build_job(
        template,
        pool=pool,
        coin=mined,
        job_id=job_id,
        template_id=f"template-{job_id}",
        pool_script=bytes(25),
        pool_tag="/nomp/",
        recipients=[],
        clean_jobs=clean,
        created_ms=ntime * 1000,
    )


@dataclass(frozen=True, slots=True)
class Solution:
    """What a miner would submit."""

    job_id: str
    extranonce2_hex: str
    ntime_hex: str
    nonce_hex: str
    hash_int: int

    def params(self, worker: str) -> list[str]:
        """As parameters of mining.submit."""
        return [worker, self.job_id, self.extranonce2_hex, self.ntime_hex, self.nonce_hex]


def target_of(difficulty: float, mined: Coin | None = None) -> int:
    """The highest hash of a difficulty."""
    numerator, denominator = difficulty.as_integer_ratio()
    return min(MAX_TARGET, DIFF1 * (mined or coin()).multiplier * denominator // numerator)


def solve(
    job: Job,
    extranonce1_hex: str,
    *,
    at_most: int = MAX_TARGET,
    above: int = -1,
    start: int = 0,
    of: Coin | None = None,
) -> Solution:
    """The first nonce from `start` whose hash is in (above, at_most]."""
    mined = of or coin()
    prepared = prepare_job(job, mined)
    ntime_hex = f"{job.ntime:08x}"
    for number in itertools.count(start):
        submission = Submission(
            bytes.fromhex(extranonce1_hex),
            f"{number >> 32:0{2 * job.extranonce2_size}x}",
            ntime_hex,
            f"{number & 0xFFFFFFFF:08x}",
        )
        share = check_shape(prepared, submission, now_seconds=job.ntime, seen=())
        assert not isinstance(share, Rejected), share
        hash_int = int.from_bytes(mined.pow_hash(share.header), "little")
        if above < hash_int <= at_most:
            return Solution(job.job_id, submission.extranonce2_hex, ntime_hex, submission.nonce_hex, hash_int)
    raise AssertionError("the nonces do not end")


ERRORS = {reason: [reason.number, reason.text, None] for reason in RejectReason}
"""What a miner reads when a share is refused."""
