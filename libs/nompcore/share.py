"""The verdict about a submitted share: a value, never an exception.

Cheap checks come before the hash, and the duplicate check only looks up: the caller records a verdict's `key`
when it accepts, so junk costs neither a second hash nor memory. `validate_share` does all at once; a caller
that hashes in a thread runs `check_shape`, then the coin's `pow_hash` there, then `judge`.
Whether the job is known and current is for the caller, who has the jobs.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from nompcore.block import header_bytes
from nompcore.encoding import display
from nompcore.errors import RejectReason
from nompcore.job import PreparedJob
from nompcore.merkle import root_from_branch
from nompcore.target import difficulty_from_target

MAX_NTIME_AHEAD_SECONDS = 7200
"""Bitcoin's nodes refuse a block whose time is more than two hours ahead of theirs."""

VERSION_ROLLING_MASK = 0x1FFFE000
"""Header version bits that miners may use as nonce (BIP320); a session negotiates a part of them (BIP310)."""

KEY_BYTES = 16
"""What a share's key has beside the job's id: extranonce2, ntime, nonce, version, four bytes each."""

_FIELD_BYTES = 4
_DIGITS = 2 * _FIELD_BYTES


@dataclass(frozen=True, slots=True)
class Submission:
    """What a miner sent, as text, and what its session knows."""

    extranonce1: bytes
    extranonce2_hex: str
    ntime_hex: str
    nonce_hex: str
    version_bits_hex: str | None = None
    version_mask: int = 0  # negotiated; 0 means that the version is not rolled


@dataclass(frozen=True, slots=True)
class ShareHeader:
    """A share that passed the cheap checks: hash `header` and `judge` the digest."""

    header: bytes
    coinbase: bytes  # without witness
    key: bytes  # the job's id, then `KEY_BYTES` more: equal for equal work with the same extranonce1


@dataclass(frozen=True, slots=True)
class Accepted:
    """A good share. `hash_int` lets the caller decide exactly which of two difficulties it reached."""

    key: bytes
    hash_int: int
    share_difficulty: float


@dataclass(frozen=True, slots=True)
class BlockFound:
    """A good share that meets the network target, whatever the miner's own target."""

    key: bytes
    hash_int: int
    share_difficulty: float
    header: bytes
    coinbase: bytes  # without witness
    block_hash_display: str


@dataclass(frozen=True, slots=True)
class ForUpstream:
    """A good share of an upstream pool's job that pays there too, whatever the miner's own target.

    Whether it is a block is the upstream pool's to say and to gain: here it is a share.
    """

    key: bytes
    hash_int: int
    share_difficulty: float
    block_hash_display: str
    is_block: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """A share that is not credited."""

    reason: RejectReason


Verdict = Accepted | BlockFound | ForUpstream | Rejected


def validate_share(
    job: PreparedJob, submission: Submission, *, target: int, now_seconds: float, seen: Container[bytes]
) -> Verdict:
    """The verdict, with the hash done here and now. `seen` holds the keys accepted with this extranonce1."""
    share = check_shape(job, submission, now_seconds=now_seconds, seen=seen)
    if isinstance(share, Rejected):
        return share
    return judge(job, share, job.coin.pow_hash(share.header), target=target)


def check_shape(
    job: PreparedJob, submission: Submission, *, now_seconds: float, seen: Container[bytes]
) -> ShareHeader | Rejected:
    """Everything but the proof of work: sizes, hex, ntime, version bits, duplicates; then the header."""
    fields = _decode(submission, job.extranonce2_size)
    if isinstance(fields, RejectReason):
        return Rejected(fields)
    ntime = int.from_bytes(fields[4:8], "big")
    if not job.ntime <= ntime <= now_seconds + MAX_NTIME_AHEAD_SECONDS:
        return Rejected(RejectReason.NTIME_OUT_OF_RANGE)
    mask = submission.version_mask
    bits = int.from_bytes(fields[12:], "big") if len(fields) > 12 else job.version & mask
    if bits & ~mask:
        return Rejected(RejectReason.VERSION_MASK)
    version = job.version & ~mask | bits
    key = job.key_prefix + fields[:12] + version.to_bytes(4, "big")
    if key in seen:
        return Rejected(RejectReason.DUPLICATE)
    extranonce2 = fields[_FIELD_BYTES - job.extranonce2_size : _FIELD_BYTES]
    coinbase = job.coinb1 + submission.extranonce1 + extranonce2 + job.coinb2
    root = root_from_branch(job.coin.hash_coinbase(coinbase), job.branch_le)
    nonce = int.from_bytes(fields[8:12], "big")
    return ShareHeader(header_bytes(version, job.prevhash_le, root, ntime, job.nbits, nonce), coinbase, key)


def judge(job: PreparedJob, share: ShareHeader, pow_digest: bytes, *, target: int) -> Verdict:
    """The verdict about a share whose header has this proof-of-work hash. Integers decide."""
    hash_int = int.from_bytes(pow_digest, "little")
    deserves_attention = hash_int <= job.attention_target
    if not deserves_attention and hash_int > target:
        return Rejected(RejectReason.LOW_DIFFICULTY)
    share_difficulty = difficulty_from_target(hash_int, job.coin.multiplier)
    if not deserves_attention:
        return Accepted(share.key, hash_int, share_difficulty)
    block_hash_display = display(job.coin.block_id(share.header, pow_digest))
    if job.forward_target:
        is_block = hash_int <= job.network_target
        return ForUpstream(share.key, hash_int, share_difficulty, block_hash_display, is_block)
    return BlockFound(share.key, hash_int, share_difficulty, share.header, share.coinbase, block_hash_display)


def _decode(submission: Submission, extranonce2_size: int) -> bytes | RejectReason:
    """extranonce2 ‖ ntime ‖ nonce [‖ version bits], four bytes each as the miner wrote them: big-endian.

    A shorter extranonce2 has zeros before it.
    """
    extranonce2, ntime, nonce = submission.extranonce2_hex, submission.ntime_hex, submission.nonce_hex
    version_bits = submission.version_bits_hex or ""
    if len(extranonce2) != 2 * extranonce2_size:
        return RejectReason.EXTRANONCE2_SIZE
    if len(ntime) != _DIGITS:
        return RejectReason.NTIME_SIZE
    if len(nonce) != _DIGITS:
        return RejectReason.NONCE_SIZE
    if len(version_bits) not in (0, _DIGITS):
        return RejectReason.MALFORMED
    text = extranonce2.rjust(_DIGITS, "0") + ntime + nonce + version_bits
    try:
        fields = bytes.fromhex(text)
    except ValueError:
        return RejectReason.MALFORMED
    # fromhex skips white space: fewer bytes than digits means that there was some.
    return fields if 2 * len(fields) == len(text) else RejectReason.MALFORMED
