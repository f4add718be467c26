"""sha256, sha256d and the proof-of-work functions of the algorithms this version mines.

`hashlib.scrypt` is the fastest scrypt at hand and releases the GIL, so it can run in threads. A Python whose
OpenSSL has no scrypt uses the `scrypt` package. `self_test` guards against a build that hashes wrongly: such
builds exist, and they refuse every honest share without an error.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable

import scrypt as scrypt_package

from nompcore.errors import CoinError, EncodingError, HashingError

PowHash = Callable[[bytes], bytes]
"""80-byte header → 32-byte digest, whose little-endian number is compared with the target. EncodingError
for any other length."""

HEADER_SIZE = 80
_DIGEST_SIZE = 32
_MAX_SCRYPT_BYTES = 256 << 20  # of memory for one hash; more would let a coin file exhaust a host

SHA256, SCRYPT = "sha256", "scrypt"
SCRYPT_N, SCRYPT_JANE = "scrypt-n", "scrypt-jane"

_MULTIPLIERS = {SHA256: 1, SCRYPT: 65536}
"""Difficulty 1 is 2^32 / multiplier expected hashes (spec 3.1): miners divide a scrypt target by 65536."""

# fmt: off
_NOT_MINED = (
    "scrypt-og", SCRYPT_JANE, SCRYPT_N, "sha1", "c11", "x11", "x13", "x15", "x16r", "x16rv2", "nist5",
    "quark", "qubit", "keccak", "blake", "neoscrypt", "skein", "groestl", "groestlmyriad", "fugue",
    "shavite3", "hefty1", "lyra2re", "lyra2rev2", "lyra2rev3", "yescrypt",
)
# fmt: on
"""Other algorithms of NOMP (spec 3.1) and of living coins, known by name so that coin files can use them."""


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def sha256d(data: bytes) -> bytes:
    """SHA-256 of SHA-256: transaction ids, merkle nodes, block ids."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _package_scrypt(header: bytes, n: int, r: int) -> bytes:
    return bytes(scrypt_package.hash(header, header, n, r, 1, _DIGEST_SIZE))


def _openssl_scrypt(header: bytes, n: int, r: int) -> bytes:
    # OpenSSL counts 128·r bytes for each of N+2 blocks and one more for the password block.
    memory = 128 * r * (n + 4)
    return hashlib.scrypt(header, salt=header, n=n, r=r, p=1, maxmem=memory, dklen=_DIGEST_SIZE)


_scrypt = _openssl_scrypt if hasattr(hashlib, "scrypt") else _package_scrypt


def scrypt_hash(header: bytes, n: int = 1024, r: int = 1) -> bytes:
    """scrypt with the header as password and salt and p = 1, as the scrypt coins use it."""
    return _scrypt(header, n, r)


def require_known(algorithm: str) -> None:
    """CoinError for a name that no coin file may use, with the nearest one that it may."""
    known = [*_MULTIPLIERS, *_NOT_MINED]
    if algorithm in known:
        return
    nearest = difflib.get_close_matches(algorithm, known, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"known are {', '.join(known)}"
    raise CoinError(f"unknown algorithm {algorithm!r}, {hint}")


def difficulty_multiplier(algorithm: str) -> int:
    """How many times easier than Bitcoin's difficulty 1 this algorithm's is; CoinError if it is not mined."""
    require_known(algorithm)
    if algorithm not in _MULTIPLIERS:
        mined = " and ".join(_MULTIPLIERS)
        raise CoinError(f"algorithm {algorithm!r} is known, but this version mines {mined} only")
    return _MULTIPLIERS[algorithm]


def pow_hash(algorithm: str, n: int = 1024, r: int = 1) -> PowHash:
    """The proof-of-work function of a coin; `n` and `r` matter to scrypt only. CoinError if impossible."""
    difficulty_multiplier(algorithm)
    if algorithm == SHA256:
        return _sha256_pow
    if n < 2 or n & (n - 1):
        raise CoinError(f"scrypt's N must be a power of two above 1, not {n}")
    # RFC 7914 defines scrypt for N below 2^(16·r) only, and OpenSSL refuses the rest.
    if r < 1 or n >= 1 << 16 * r or 128 * n * r > _MAX_SCRYPT_BYTES:
        raise CoinError(f"scrypt with N={n}, r={r} is outside what this version mines")

    def scrypt_pow(header: bytes) -> bytes:
        _check_header(header)
        return _scrypt(header, n, r)

    return scrypt_pow


def _sha256_pow(header: bytes) -> bytes:
    _check_header(header)
    return sha256d(header)


def _check_header(header: bytes) -> None:
    if len(header) != HEADER_SIZE:
        raise EncodingError(f"a block header has {HEADER_SIZE} bytes, not {len(header)}")


_TEST_HEADER = b"The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the "
_TEST_DIGESTS: dict[str, dict[int, str]] = {
    SHA256: {1: "4564a4ec40892a354413b3d40e00bb4472a11e641388909608ecee1baddd046e"},
    SCRYPT: {
        64: "06d3daa1fa48b4a6b5ee16351ea0b0174f72796437b8356cee285c989adbc0b3",
        1024: "d9804930db728627dae130a48717ddf7adc56c9e9e8f7b5c340a488410f1e04b",
        2048: "5b7a729bdcccd849c61770fd018e354f8216ebbeee4d708f89416374176f45f5",
    },
}
"""Digests of `_TEST_HEADER` by algorithm and N (spec 3.4)."""


def self_test(algorithm: str) -> None:
    """Hash the known vectors of an algorithm; HashingError if this machine gives another digest."""
    difficulty_multiplier(algorithm)
    for n, expected in _TEST_DIGESTS[algorithm].items():
        digest = pow_hash(algorithm, n)(_TEST_HEADER).hex()
        if digest != expected:
            raise HashingError(f"{algorithm} hashes wrongly on this machine: {digest} instead of {expected}")
