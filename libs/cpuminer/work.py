"""From a job to a share: the coinbase, the merkle root and the header, and the search for a nonce. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from cpuminer.protocol import Job, ProtocolError, Solution, Subscribed
from nompcore.algorithms import PowHash, difficulty_multiplier
from nompcore.encoding import from_stratum_prevhash, hex_to_bytes
from nompcore.errors import EncodingError
from nompcore.hashing import pow_hash, sha256d
from nompcore.merkle import root_from_branch
from nompcore.target import target_from_difficulty, target_from_nbits

NONCES = 1 << 32


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A proof-of-work function and how its difficulty counts."""

    hash: PowHash
    multiplier: int

    def target(self, difficulty: float) -> int:
        """The target of a share difficulty."""
        return target_from_difficulty(difficulty, self.multiplier)


def algorithm(name: str) -> Algorithm:
    """That of a name; CoinError where this machine has none."""
    return Algorithm(pow_hash(name), difficulty_multiplier(name))


@dataclass(frozen=True, slots=True)
class Work:
    """A header without its nonce, and how the share is written that it leads to."""

    job_id: str
    extranonce2_hex: str
    ntime_hex: str
    header_prefix: bytes  # 76 bytes
    network_target: int

    def hash_int(self, nonce: int, hash_header: PowHash) -> int:
        """The number that is compared with targets."""
        return int.from_bytes(hash_header(self.header_prefix + struct.pack("<I", nonce)), "little")

    def solution(self, nonce: int) -> Solution:
        """The share of a nonce."""
        return Solution(self.job_id, self.extranonce2_hex, self.ntime_hex, f"{nonce:08x}")


def build_work(job: Job, session: Subscribed, extranonce2: int) -> Work:
    """Work on a job; another `extranonce2` gives another 2^32 headers. ProtocolError for an odd job."""
    size = session.extranonce2_size
    extranonce2_bytes = (extranonce2 % (1 << 8 * size)).to_bytes(size, "big")
    try:
        extranonce = session.extranonce1 + extranonce2_bytes
        coinbase = hex_to_bytes(job.coinb1_hex) + extranonce + hex_to_bytes(job.coinb2_hex)
        branch = [hex_to_bytes(step, 32) for step in job.merkle_branch_hex]
        nbits = int.from_bytes(hex_to_bytes(job.nbits_hex, 4), "big")
        prefix = b"".join(
            (
                hex_to_bytes(job.version_hex, 4)[::-1],
                from_stratum_prevhash(job.prevhash_hex),
                root_from_branch(sha256d(coinbase), branch),
                hex_to_bytes(job.ntime_hex, 4)[::-1],
                struct.pack("<I", nbits),
            )
        )
        return Work(job.job_id, extranonce2_bytes.hex(), job.ntime_hex, prefix, target_from_nbits(nbits))
    except EncodingError as error:
        raise ProtocolError(f"job {job.job_id} cannot be mined: {error}") from error


def search(work: Work, hash_header: PowHash, target: int, nonces: Iterable[int]) -> int | None:
    """The first nonce whose hash is at or below the target. Costs one hash for each nonce."""
    for nonce in nonces:
        if work.hash_int(nonce, hash_header) <= target:
            return nonce
    return None
