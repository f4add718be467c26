"""A job of a bigger pool → a Job for our miners, and a share of theirs → what that pool wants to see.

    upstream pool's view   coinb1 ‖ extranonce1 ‖ extranonce2                                     ‖ coinb2
                                                  └ zeros ‖ our extranonce1 ‖ our extranonce2 ┘
    our miners' view       coinb1'                         ‖  extranonce1     ‖ extranonce2       ‖ coinb2

Its extranonce1 becomes a part of our coinb1, so another one of it is just another job, and no miner has to
connect again.
"""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.coin import Coin
from nompcore.coinbase import ExtranonceSizes
from nompcore.encoding import HASH_SIZE, hex_to_bytes
from nompcore.errors import EncodingError
from nompcore.messages import Job
from nompcore.target import target_from_difficulty, target_from_nbits

_NULL_OUTPOINT = bytes(HASH_SIZE) + b"\xff\xff\xff\xff"
_LARGEST_PUSH = 4  # bytes of a height
_OP_1, _OP_16 = 0x51, 0x60

MAX_COINBASE_BYTES = 16_000
"""Of an upstream pool's job: hundreds of outputs, and half of what may wait to be sent to a miner."""

MAX_BRANCH_STEPS = 32
"""As many as four billion transactions have."""


@dataclass(frozen=True, slots=True)
class UpstreamNotify:
    """mining.notify, as it came."""

    job_id: str
    prevhash_hex: str
    coinb1_hex: str
    coinb2_hex: str
    merkle_branch_hex: tuple[str, ...]
    version: int
    nbits_hex: str
    ntime: int
    clean_jobs: bool


@dataclass(frozen=True, slots=True)
class UpstreamTerms:
    """What an upstream pool's session says beside its jobs; a difficulty counts for the jobs after it."""

    extranonce1: bytes
    extranonce2_size: int
    difficulty: float = 1.0
    version_mask: int = 0


def build_upstream_job(
    notify: UpstreamNotify,
    terms: UpstreamTerms,
    *,
    pool: str,
    coin: Coin,
    job_id: str,
    extranonces: ExtranonceSizes,
    clean_jobs: bool,
    created_ms: int,
) -> Job:
    """The job for our miners. EncodingError where it is garbled or leaves too little room for us."""
    _require_modest(notify)
    coinb1 = hex_to_bytes(notify.coinb1_hex) + terms.extranonce1 + _padding(terms, extranonces)
    # Never 0, however difficult: that would be a job of our own, and its best shares blocks of ours.
    forward_target = max(1, target_from_difficulty(terms.difficulty, coin.multiplier))
    return Job(
        pool=pool,
        job_id=job_id,
        template_id="",  # its transactions are the upstream pool's
        height=height_of(coinb1),
        prevhash_hex=hex_to_bytes(notify.prevhash_hex, HASH_SIZE).hex(),
        coinb1_hex=coinb1.hex(),
        coinb2_hex=hex_to_bytes(notify.coinb2_hex).hex(),
        merkle_branch_hex=[hex_to_bytes(step, HASH_SIZE).hex() for step in notify.merkle_branch_hex],
        version=notify.version,
        nbits_hex=hex_to_bytes(notify.nbits_hex, 4).hex(),
        ntime=notify.ntime,
        network_target_hex=f"{target_from_nbits(int(notify.nbits_hex, 16)):064x}",
        clean_jobs=clean_jobs,
        reward_sats=0,  # the block pays the upstream pool
        created_ms=created_ms,
        extranonce1_size=extranonces.extranonce1,
        extranonce2_size=extranonces.extranonce2,
        forward_target_hex=f"{forward_target:064x}",
        version_mask_hex=f"{terms.version_mask:08x}",
    )


def upstream_extranonce2(
    terms: UpstreamTerms, extranonces: ExtranonceSizes, extranonce1_hex: str, extranonce2_hex: str
) -> str:
    """The extranonce2 that the upstream pool is to be told, from a miner's two."""
    return _padding(terms, extranonces).hex() + extranonce1_hex + extranonce2_hex


def height_of(coinb1: bytes) -> int:
    """The height that a coinbase begins its script with (BIP 34); 0 where it does not."""
    outpoint = coinb1.find(_NULL_OUTPOINT)
    script = coinb1[outpoint + len(_NULL_OUTPOINT) + 1 :] if outpoint >= 0 else b""  # one byte for its length
    if not script:
        return 0
    if _OP_1 <= script[0] <= _OP_16:
        return script[0] - _OP_1 + 1
    size = script[0]
    return (
        int.from_bytes(script[1 : 1 + size], "little") if size <= min(_LARGEST_PUSH, len(script) - 1) else 0
    )


def _require_modest(notify: UpstreamNotify) -> None:
    """What every miner is to be sent must fit between it and us."""
    coinbase_bytes = (len(notify.coinb1_hex) + len(notify.coinb2_hex)) // 2
    if coinbase_bytes > MAX_COINBASE_BYTES or len(notify.merkle_branch_hex) > MAX_BRANCH_STEPS:
        raise EncodingError(
            f"the upstream pool's job has {coinbase_bytes} bytes of coinbase"
            f" and {len(notify.merkle_branch_hex)} steps to the merkle root"
        )


def _padding(terms: UpstreamTerms, extranonces: ExtranonceSizes) -> bytes:
    spare = terms.extranonce2_size - extranonces.total
    if spare < 0:
        raise EncodingError(
            f"the upstream pool leaves {terms.extranonce2_size} bytes of extranonce2,"
            f" {extranonces.total} are needed"
        )
    return bytes(spare)
