"""The proof-of-work functions of scrypt's family.

The hash library's scrypt is the fastest. Without it OpenSSL's is used, which releases the GIL as well: both
run in threads. The `scrypt` package helps where Python's OpenSSL has none, or refuses an N.
"""

from __future__ import annotations

import hashlib

import scrypt as scrypt_package

import powhash
from nompcore.algorithms import PowHash, check_header, header_time
from nompcore.errors import CoinError, HashingError
from nompcore.n_schedules import NSchedule

_DIGEST_SIZE = 32
_MAX_SCRYPT_BYTES = 256 << 20  # of memory for one hash; more would let a coin file exhaust a host
_MAX_JANE_FACTOR = 22  # 1 GB for one hash, and eight seconds; YaCoin's chain comes to it in 2033


def scrypt_hash(header: bytes, n: int = 1024, r: int = 1) -> bytes:
    """scrypt with the header as password and salt and p = 1, as the scrypt coins use it."""
    return _scrypt(header, n, r)


def openssl_scrypt(header: bytes, n: int, r: int) -> bytes:
    """The same by OpenSSL, or by the `scrypt` package where OpenSSL cannot."""
    # RFC 7914 defines scrypt for N below 2^(16·r) only, and OpenSSL refuses the rest.
    if n >= 1 << 16 * r or not hasattr(hashlib, "scrypt"):
        return bytes(scrypt_package.hash(header, header, n, r, 1, _DIGEST_SIZE))
    # OpenSSL counts 128·r bytes for each of N+2 blocks and one more for the password block.
    memory = 128 * r * (n + 4)
    return hashlib.scrypt(header, salt=header, n=n, r=r, p=1, maxmem=memory, dklen=_DIGEST_SIZE)


_scrypt = powhash.scrypt if powhash.ALGORITHMS else openssl_scrypt


def scrypt_pow(n: int, r: int) -> PowHash:
    """scrypt with an N for ever. CoinError for parameters that cannot be hashed."""
    if n < 2 or n & (n - 1):
        raise CoinError(f"scrypt's N must be a power of two above 1, not {n}")
    if r < 1 or n >= 1 << 16 * r or 128 * n * r > _MAX_SCRYPT_BYTES:
        raise CoinError(f"scrypt with N={n}, r={r} is outside what this version mines")

    def hash_header(header: bytes) -> bytes:
        check_header(header)
        return _scrypt(header, n, r)

    return hash_header


def scrypt_n_pow(n_at: NSchedule) -> PowHash:
    """scrypt whose N depends on the header's time."""

    def hash_header(header: bytes) -> bytes:
        check_header(header)
        return _scrypt(header, n_at(header_time(header)), 1)

    return hash_header


def scrypt_jane_pow(factor_at: NSchedule) -> PowHash:
    """scrypt-jane, whose N depends on the header's time. Needs the hash library."""

    def hash_header(header: bytes) -> bytes:
        check_header(header)
        factor = factor_at(header_time(header))
        if factor > _MAX_JANE_FACTOR:
            raise HashingError(f"scrypt-jane's N factor is {factor} by now: more than a pool can hash")
        return powhash.scrypt_jane(header, factor)

    return hash_header
