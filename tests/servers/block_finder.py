"""What stratum would publish when a miner finds a block: the share is really ground and validated."""

from __future__ import annotations

import time

from nompcore.coin import Coin
from nompcore.job import PreparedJob, prepare_job
from nompcore.messages import BlockFound, Job
from nompcore.share import BlockFound as BlockVerdict
from nompcore.share import Submission, validate_share

MAX_HASHES = 10_000
"""Regtest's target is met by every second hash."""


def find_block(job: Job, coin: Coin, *, extranonce1: bytes = b"\x00\x00\x00\x01") -> BlockFound:
    """A block candidate of the job. Different `extranonce1` give different blocks."""
    return found_message(job, _grind(prepare_job(job, coin), extranonce1))


def found_message(job: Job, verdict: BlockVerdict) -> BlockFound:
    """The message about a verdict."""
    return BlockFound(
        pool=job.pool,
        job_id=job.job_id,
        template_id=job.template_id,
        height=job.height,
        block_hash_display=verdict.block_hash_display,
        header_hex=verdict.header.hex(),
        coinbase_hex=verdict.coinbase.hex(),
        worker="miner.rig1",
        address="miner",
        difficulty=1.0,
        reward_sats=job.reward_sats,
        time_ms=time.time_ns() // 1_000_000,
        replica="stratum-test",
    )


def _grind(prepared: PreparedJob, extranonce1: bytes) -> BlockVerdict:
    for nonce in range(MAX_HASHES):
        submission = Submission(extranonce1, "00000000", f"{prepared.ntime:08x}", f"{nonce:08x}")
        verdict = validate_share(
            prepared, submission, target=prepared.network_target, now_seconds=time.time(), seen=()
        )
        if isinstance(verdict, BlockVerdict):
            return verdict
    raise AssertionError("no block: is this a regtest job?")
