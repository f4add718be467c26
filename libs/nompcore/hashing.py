"""sha256, sha256d and the proof-of-work function of every algorithm.

sha256 and scrypt are in the standard library. All others, and these two faster, are in `powhash`, which a C
compiler makes. `self_test` guards against a build that hashes wrongly: such builds exist, and they refuse
every honest share without an error.
"""

from __future__ import annotations

import hashlib

import powhash
from nompcore.algorithms import (
    KECCAK,
    SCRYPT,
    SCRYPT_JANE,
    SCRYPT_N,
    SCRYPT_OG,
    SHA256,
    PowHash,
    check_header,
    require_known,
)
from nompcore.errors import CoinError, HashingError
from nompcore.known_answers import ANSWERS, COUNTING
from nompcore.n_schedules import VERTCOINS_TIMES, NSchedule, n_by_formula, n_by_table
from nompcore.scrypt_pow import scrypt_jane_pow, scrypt_n_pow, scrypt_pow

_FIXED_N = {SCRYPT: 1024, SCRYPT_OG: 64}
_WITHOUT_LIBRARY = (SHA256, SCRYPT, SCRYPT_OG, SCRYPT_N)


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def sha256d(data: bytes) -> bytes:
    """SHA-256 of SHA-256: transaction ids, merkle nodes, block ids."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def pow_hash(
    algorithm: str,
    n: int | None = None,
    r: int = 1,
    *,
    schedule: NSchedule | None = None,
    hashes_time_too: bool = False,
) -> PowHash:
    """The proof-of-work function of a coin. CoinError if this machine has none.

    `n` and `r` matter to scrypt and scrypt-og, `schedule` to scrypt-n and scrypt-jane, `hashes_time_too` to
    keccak: its coins with NOMP's `normalHashing` hash the header with its time behind it, big-endian, twice.
    """
    require_minable(algorithm)
    if algorithm in _FIXED_N:
        return scrypt_pow(_FIXED_N[algorithm] if n is None else n, r)
    if algorithm == SCRYPT_N:
        return scrypt_n_pow(schedule or n_by_table(VERTCOINS_TIMES))
    if algorithm == SCRYPT_JANE:
        return scrypt_jane_pow(schedule or n_by_formula())
    if algorithm not in powhash.ALGORITHMS:
        return _sha256_pow
    return _keccak_with_time() if algorithm == KECCAK and hashes_time_too else _library_pow(algorithm)


def require_minable(algorithm: str) -> None:
    """CoinError for an algorithm that is unknown, or that this machine's hash library has not."""
    require_known(algorithm)
    wanted = SCRYPT if algorithm == SCRYPT_JANE else algorithm
    if algorithm in _WITHOUT_LIBRARY or wanted in powhash.ALGORITHMS:
        return
    why = f"is not there ({powhash.WHY_NOT})" if powhash.WHY_NOT else "is an old one"
    raise CoinError(
        f"algorithm {algorithm!r} needs the hash library, which {why}: make it with `make powhash` or "
        "`python -m powhash.build`, for which gcc and python3-dev must be installed"
    )


def hashes_slowly(algorithm: str) -> bool:
    """Whether a hash takes over some 20 microseconds: an event loop should leave it to a thread, where it
    runs without the GIL."""
    if algorithm in powhash.ALGORITHMS:
        return powhash.ALGORITHMS[algorithm].is_slow
    return algorithm != SHA256


def library_algorithm(algorithm: str, n: int | None, r: int | None, *, hashes_time_too: bool) -> str:
    """The name by which the hash library knows what `pow_hash` of the same gives; "" where it does not."""
    is_changed = (n, r) != (None, None) or (algorithm == KECCAK and hashes_time_too)
    return "" if is_changed or algorithm not in powhash.ALGORITHMS else algorithm


def _library_pow(algorithm: str) -> PowHash:
    digest = powhash.hasher(algorithm)

    def hash_header(header: bytes) -> bytes:
        check_header(header)
        return digest(header)

    return hash_header


def _keccak_with_time() -> PowHash:
    digest = powhash.hasher(KECCAK)

    def hash_header(header: bytes) -> bytes:
        check_header(header)
        return digest(digest(header + header[71:67:-1]))

    return hash_header


def _sha256_pow(header: bytes) -> bytes:
    check_header(header)
    return sha256d(header)


def self_test(algorithm: str) -> None:
    """Hash the known header; HashingError if this machine gives another digest, CoinError if it has none."""
    digest = pow_hash(algorithm)(COUNTING).hex()
    if digest != ANSWERS[algorithm]:
        raise HashingError(f"{algorithm} hashes wrongly on this machine: {digest}, not {ANSWERS[algorithm]}")
